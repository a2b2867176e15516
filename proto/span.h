/* span: a borrowed range of bytes.
 * Owner: whoever owns the bytes; a span never frees. Pure, inline.
 */
#ifndef PROTO_SPAN_H
#define PROTO_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *p;
    size_t n;
};

static inline struct span span_of(const void *p, size_t n)
{
    return (struct span){.p = (const uint8_t *)p, .n = n};
}

/* The bytes from offset `at` on; at <= s.n. */
static inline struct span span_from(struct span s, size_t at)
{
    return (struct span){.p = s.p + at, .n = s.n - at};
}

static inline int span_equal(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

#endif
