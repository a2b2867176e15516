/* text: a byte buffer that grows up to a maximum; all answers and canonical forms are written into one.
 * Owner: whoever embeds it; text_fini frees.
 * Invariants: len <= cap <= max; after a failure (memory, max) `failed` stays true and further appends do nothing.
 */
#ifndef FAKEDDB_TEXT_H
#define FAKEDDB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/span.h"

struct text {
    char *p;
    size_t len, cap, max;
    bool failed;
};

void text_init(struct text *t, size_t max);
void text_fini(struct text *t);

/* Empty it and clear `failed`; the memory is kept unless it is larger than keep_max. */
void text_clear(struct text *t, size_t keep_max);

/* Room for n more bytes at t->p + t->len, or NULL (then failed). The caller adds what it wrote to len. */
char *text_room(struct text *t, size_t n);

void text_put(struct text *t, const void *bytes, size_t n);
void text_puts(struct text *t, const char *s);
void text_putf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A JSON string with quotes; escapes as few characters as JSON allows. The bytes are valid UTF-8. */
void text_put_string(struct text *t, const void *bytes, size_t n);

/* Standard base64 with padding, without quotes. */
void text_put_base64(struct text *t, const uint8_t *bytes, size_t n);

static inline struct span text_span(const struct text *t)
{
    return span_of(t->p, t->len);
}

#endif
