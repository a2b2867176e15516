/* mp_write: appends msgpack tokens in the shortest form to caller-provided memory; only measures once it is full.
 * Owner: the caller's stack and memory. Pure.
 * Invariant: `need` counts every byte requested; bytes are stored only while need <= cap. So need > cap means "too
 * small, `need` bytes are required", and nothing past cap was written.
 */
#ifndef PROTO_MP_WRITE_H
#define PROTO_MP_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/must_use.h"
#include "proto/span.h"

struct mp_writer {
    uint8_t *out; /* may be NULL with cap 0, to measure only */
    size_t cap;
    size_t need;
};

static inline struct mp_writer mp_write_open(void *out, size_t cap)
{
    return (struct mp_writer){.out = (uint8_t *)out, .cap = cap, .need = 0};
}

static inline MUST_USE bool mp_write_fits(const struct mp_writer *w)
{
    return w->need <= w->cap;
}

/* Lengths are at most UINT32_MAX (asserted). mp_write_double always takes nine bytes, also for values that a float32
 * could hold exactly: the width decides which decimal a reader derives (0.1f or 0.1). */
void mp_write_nil(struct mp_writer *w);
void mp_write_bool(struct mp_writer *w, bool v);
void mp_write_uint(struct mp_writer *w, uint64_t v);
void mp_write_int(struct mp_writer *w, int64_t v);
void mp_write_double(struct mp_writer *w, double v);
void mp_write_str(struct mp_writer *w, const char *s, size_t n);
void mp_write_cstr(struct mp_writer *w, const char *s);
void mp_write_bin(struct mp_writer *w, const void *p, size_t n);
void mp_write_array(struct mp_writer *w, uint32_t count);
void mp_write_map(struct mp_writer *w, uint32_t pairs);
void mp_write_ext(struct mp_writer *w, int8_t type, const void *p, size_t n);
/* Append bytes that are already msgpack. */
void mp_write_raw(struct mp_writer *w, const void *p, size_t n);

#endif
