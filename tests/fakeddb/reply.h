/* reply: error answers with the service's messages.
 * Owner: none.
 */
#ifndef FAKEDDB_REPLY_H
#define FAKEDDB_REPLY_H

#include "tests/fakeddb/fake.h"

/* Answer an error; discards what was written before. `type` without prefix: the right prefix is added. */
void reply_error(struct call *c, int status, const char *type, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Answer the validation or serialization error of values. True if there was one. */
bool reply_value_error(struct call *c, const struct value_error *err);

/* The throttling answer configured in the settings. */
void reply_throttle(struct call *c);

/* Why writes were refused: each reason and table once. */
enum { THROTTLES_MAX = 8 };

struct throttle {
    const char *error, *reason, *table;
};

struct throttles {
    int n;
    struct throttle why[THROTTLES_MAX];
};

void throttles_add(struct throttles *list, struct throttle why);

/* The throttling answer for these reasons, with the exception of the first; like reply_throttle if there are none. */
void reply_throttles(struct call *c, const struct throttles *list);

/* SerializationException for a body that is not JSON. */
void reply_bad_json(struct call *c);

#endif
