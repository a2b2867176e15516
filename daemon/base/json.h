/* json: append-only JSON writer into memory that grows up to a maximum. It adds commas and escapes.
 * Owner: json_writer owns its text (len bytes, no NUL) until json_writer_fini. Pure except for memory.
 * Invariants: the text never exceeds max. After a failure (no memory, or max reached) further calls do nothing and
 * json_writer_ok is false.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"

struct json_writer {
    char *text;
    size_t len, cap, max;
    bool failed;
    bool comma; /* the next value needs a comma before it */
};

void json_writer_init(struct json_writer *w, size_t max);
void json_writer_fini(struct json_writer *w);
bool json_writer_ok(const struct json_writer *w) MUST_USE;

/* Containers. `name` is the member's name inside an object, NULL inside an array and at the top level. */
void json_open_object(struct json_writer *w, const char *name);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w, const char *name);
void json_close_array(struct json_writer *w);

/* Values; `name` as above. json_put_text takes n bytes that need not be valid UTF-8 (invalid bytes become U+FFFD). */
void json_put_text(struct json_writer *w, const char *name, const void *text, size_t n);
void json_put_cstr(struct json_writer *w, const char *name, const char *text);
void json_put_u64(struct json_writer *w, const char *name, uint64_t v);
void json_put_i64(struct json_writer *w, const char *name, int64_t v);
void json_put_bool(struct json_writer *w, const char *name, bool v);

#endif
