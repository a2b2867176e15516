/* mp_write: writes tokens in their shortest form into the caller's memory.
 * Owner: the caller's stack and memory. Pure.
 * Invariant: a token is stored whole or not at all. After the first token that does not fit, nothing more is stored,
 * because `need` only grows.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
#include "proto/mp_write.h"

#include <assert.h>

#include "proto/be.h"

/* Reserve n bytes. NULL if they do not fit. */
static uint8_t *mp_write_claim(struct mp_writer *w, size_t n)
{
    size_t at = w->need;
    w->need = at + n;
    return w->need <= w->cap ? w->out + at : NULL;
}

static void mp_write_byte(struct mp_writer *w, uint8_t b)
{
    uint8_t *out = mp_write_claim(w, 1);
    if (out != NULL)
        out[0] = b;
}

/* The first byte, then a big-endian number. */
static void mp_write_head8(struct mp_writer *w, uint8_t first, uint8_t v)
{
    uint8_t *out = mp_write_claim(w, 2);
    if (out == NULL)
        return;
    out[0] = first;
    out[1] = v;
}

static void mp_write_head16(struct mp_writer *w, uint8_t first, uint16_t v)
{
    uint8_t *out = mp_write_claim(w, 3);
    if (out == NULL)
        return;
    out[0] = first;
    be_store16(out + 1, v);
}

static void mp_write_head32(struct mp_writer *w, uint8_t first, uint32_t v)
{
    uint8_t *out = mp_write_claim(w, 5);
    if (out == NULL)
        return;
    out[0] = first;
    be_store32(out + 1, v);
}

static void mp_write_head64(struct mp_writer *w, uint8_t first, uint64_t v)
{
    uint8_t *out = mp_write_claim(w, 9);
    if (out == NULL)
        return;
    out[0] = first;
    be_store64(out + 1, v);
}

void mp_write_raw(struct mp_writer *w, const void *p, size_t n)
{
    if (n == 0)
        return;
    uint8_t *out = mp_write_claim(w, n);
    if (out != NULL)
        memcpy(out, p, n);
}

void mp_write_nil(struct mp_writer *w)
{
    mp_write_byte(w, 0xc0);
}

void mp_write_bool(struct mp_writer *w, bool v)
{
    mp_write_byte(w, v ? 0xc3 : 0xc2);
}

void mp_write_uint(struct mp_writer *w, uint64_t v)
{
    if (v < 0x80)
        mp_write_byte(w, (uint8_t)v);
    else if (v <= UINT8_MAX)
        mp_write_head8(w, 0xcc, (uint8_t)v);
    else if (v <= UINT16_MAX)
        mp_write_head16(w, 0xcd, (uint16_t)v);
    else if (v <= UINT32_MAX)
        mp_write_head32(w, 0xce, (uint32_t)v);
    else
        mp_write_head64(w, 0xcf, v);
}

void mp_write_int(struct mp_writer *w, int64_t v)
{
    if (v >= 0)
        mp_write_uint(w, (uint64_t)v);
    else if (v >= -32)
        mp_write_byte(w, (uint8_t)v);
    else if (v >= INT8_MIN)
        mp_write_head8(w, 0xd0, (uint8_t)v);
    else if (v >= INT16_MIN)
        mp_write_head16(w, 0xd1, (uint16_t)v);
    else if (v >= INT32_MIN)
        mp_write_head32(w, 0xd2, (uint32_t)v);
    else
        mp_write_head64(w, 0xd3, (uint64_t)v);
}

void mp_write_double(struct mp_writer *w, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    mp_write_head64(w, 0xcb, bits);
}

void mp_write_str(struct mp_writer *w, const char *s, size_t n)
{
    assert(n <= UINT32_MAX);
    if (n < 32)
        mp_write_byte(w, (uint8_t)(0xa0 | n));
    else if (n <= UINT8_MAX)
        mp_write_head8(w, 0xd9, (uint8_t)n);
    else if (n <= UINT16_MAX)
        mp_write_head16(w, 0xda, (uint16_t)n);
    else
        mp_write_head32(w, 0xdb, (uint32_t)n);
    mp_write_raw(w, s, n);
}

void mp_write_cstr(struct mp_writer *w, const char *s)
{
    mp_write_str(w, s, strlen(s));
}

void mp_write_bin(struct mp_writer *w, const void *p, size_t n)
{
    assert(n <= UINT32_MAX);
    if (n <= UINT8_MAX)
        mp_write_head8(w, 0xc4, (uint8_t)n);
    else if (n <= UINT16_MAX)
        mp_write_head16(w, 0xc5, (uint16_t)n);
    else
        mp_write_head32(w, 0xc6, (uint32_t)n);
    mp_write_raw(w, p, n);
}

void mp_write_array(struct mp_writer *w, uint32_t count)
{
    if (count < 16)
        mp_write_byte(w, (uint8_t)(0x90 | count));
    else if (count <= UINT16_MAX)
        mp_write_head16(w, 0xdc, (uint16_t)count);
    else
        mp_write_head32(w, 0xdd, count);
}

void mp_write_map(struct mp_writer *w, uint32_t pairs)
{
    if (pairs < 16)
        mp_write_byte(w, (uint8_t)(0x80 | pairs));
    else if (pairs <= UINT16_MAX)
        mp_write_head16(w, 0xde, (uint16_t)pairs);
    else
        mp_write_head32(w, 0xdf, pairs);
}

void mp_write_ext(struct mp_writer *w, int8_t type, const void *p, size_t n)
{
    assert(n <= UINT32_MAX);
    if (n > 0 && n <= 16 && (n & (n - 1)) == 0)
        mp_write_byte(w, (uint8_t)(0xd4 + __builtin_ctz((unsigned)n)));
    else if (n <= UINT8_MAX)
        mp_write_head8(w, 0xc7, (uint8_t)n);
    else if (n <= UINT16_MAX)
        mp_write_head16(w, 0xc8, (uint16_t)n);
    else
        mp_write_head32(w, 0xc9, (uint32_t)n);
    mp_write_byte(w, (uint8_t)type);
    mp_write_raw(w, p, n);
}
