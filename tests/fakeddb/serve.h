/* serve: from a complete request to the bytes of its answer, and what happens to the connection.
 * Owner: the server; owns the late writes that have not been applied yet.
 * Order: method and target, then fakeddb's own operations, then the signature, then faults before, then the operation,
 * then faults after.
 */
#ifndef FAKEDDB_SERVE_H
#define FAKEDDB_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/fakeddb/fake.h"
#include "tests/fakeddb/http.h"
#include "tests/fakeddb/timer.h"

enum verdict_kind { VERDICT_ANSWER, VERDICT_HANG, VERDICT_RESET };

struct verdict {
    enum verdict_kind kind;
    bool close;        /* after the answer */
    uint64_t delay_ms; /* before the answer */
    uint64_t request;  /* its number */
};

struct serve {
    struct fake *fake;
    struct text answer; /* JSON of the current answer */
    struct timer_list late;
    int nlate;
    uint64_t late_bytes;
    uint64_t now_ms; /* since the start; the server sets both before each call */
    int64_t now_s;   /* of the real clock */
    uint64_t id_dice;
};

void serve_init(struct serve *s, struct fake *f, uint64_t seed);
void serve_fini(struct serve *s);

/* Answer a request: head and body into `out` (emptied first). */
void serve_request(struct serve *s, const struct http_request *r, struct text *out, struct verdict *ret);

/* An answer without an operation (413 and the like); the connection must be closed after it. */
void serve_refuse(struct serve *s, int status, struct text *out);

/* Do what is due: apply late writes, perform script steps. serve_due_ms: the next time, UINT64_MAX if none. */
void serve_tick(struct serve *s);
uint64_t serve_due_ms(const struct serve *s);

#endif
