/* json: append JSON text into memory that grows up to a maximum; commas and escapes are the writer's.
 * Owner: json_writer owns its text (len bytes, no NUL) until json_writer_fini. Pure but for mem.
 * Invariants: text never exceeds max; after a failure (memory, max) further calls do nothing and json_writer_ok is
 * false.
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
    bool comma; /* the next value needs one before it */
};

void json_writer_init(struct json_writer *w, size_t max);
void json_writer_fini(struct json_writer *w);
bool json_writer_ok(const struct json_writer *w) MUST_USE;

/* Containers. `name` is the member's name inside an object, NULL inside an array and at the top. */
void json_open_object(struct json_writer *w, const char *name);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w, const char *name);
void json_close_array(struct json_writer *w);

/* Values; `name` as above. json_put_text: n bytes that need not be valid UTF-8 (bad bytes become U+FFFD). */
void json_put_text(struct json_writer *w, const char *name, const void *text, size_t n);
void json_put_cstr(struct json_writer *w, const char *name, const char *text);
void json_put_u64(struct json_writer *w, const char *name, uint64_t v);
void json_put_i64(struct json_writer *w, const char *name, int64_t v);
void json_put_bool(struct json_writer *w, const char *name, bool v);

#endif
