/* mp_read: the tokens that the inline part of mp_read_next does not handle, whole values, and typed reads.
 * Owner: the caller's stack. Pure, no allocation, no recursion.
 * Invariants: nothing at or after `end` is read; the cursor moves only on success, and then by at least one byte.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
#include "proto/mp_read.h"

#include <assert.h>

#include "proto/be.h"

/* Size of a token's head after its first byte, indexed by first byte - 0xc0. For str, bin and ext the head is the
 * length field and the ext type, without the payload. */
static const uint8_t mp_head[0x20] = {
    [0xc4 - 0xc0] = 1, [0xc5 - 0xc0] = 2, [0xc6 - 0xc0] = 4,                    /* bin */
    [0xc7 - 0xc0] = 2, [0xc8 - 0xc0] = 3, [0xc9 - 0xc0] = 5,                    /* ext */
    [0xca - 0xc0] = 4, [0xcb - 0xc0] = 8,                                       /* float */
    [0xcc - 0xc0] = 1, [0xcd - 0xc0] = 2, [0xce - 0xc0] = 4, [0xcf - 0xc0] = 8, /* uint */
    [0xd0 - 0xc0] = 1, [0xd1 - 0xc0] = 2, [0xd2 - 0xc0] = 4, [0xd3 - 0xc0] = 8, /* int */
    [0xd4 - 0xc0] = 1, [0xd5 - 0xc0] = 1, [0xd6 - 0xc0] = 1, [0xd7 - 0xc0] = 1, /* fixext */
    [0xd8 - 0xc0] = 1,                                                          /* fixext 16 */
    [0xd9 - 0xc0] = 1, [0xda - 0xc0] = 2, [0xdb - 0xc0] = 4,                    /* str */
    [0xdc - 0xc0] = 2, [0xdd - 0xc0] = 4,                                       /* array */
    [0xde - 0xc0] = 2, [0xdf - 0xc0] = 4,                                       /* map */
};

/* A big-endian number of 1, 2 or 4 bytes. */
static uint32_t mp_load(const uint8_t *p, unsigned bytes)
{
    if (bytes == 1)
        return p[0];
    return bytes == 2 ? be_load16(p) : be_load32(p);
}

static int mp_take_payload(struct mp_cursor *c, const uint8_t *at, uint32_t n, enum mp_type type, struct mp_token *t)
{
    if (n > (size_t)(c->end - at))
        return DDBS_E_PROTOCOL_ERROR;
    t->type = type;
    t->count = n;
    t->bytes = at;
    c->p = at + n;
    return DDBS_OK;
}

/* Fixext implies the length in the first byte, ext has a length field. In both, the type is the last byte of the head.
 */
static int mp_take_ext(struct mp_cursor *c, const uint8_t *at, unsigned head, uint32_t n, struct mp_token *t)
{
    const uint8_t *payload = at + head;
    int err = mp_take_payload(c, payload, n, MP_EXT, t);
    if (err == DDBS_OK)
        t->ext = (int8_t)payload[-1];
    return err;
}

static int mp_take_container(struct mp_cursor *c, const uint8_t *at, uint32_t n, enum mp_type type, struct mp_token *t)
{
    uint64_t elements = type == MP_MAP ? 2 * (uint64_t)n : n;
    if (elements > (uint64_t)(c->end - at))
        return DDBS_E_PROTOCOL_ERROR;
    t->type = type;
    t->count = n;
    c->p = at;
    return DDBS_OK;
}

static void mp_set_uint(struct mp_token *t, uint64_t v)
{
    t->type = MP_UINT;
    t->u64 = v;
}

static void mp_set_int(struct mp_token *t, int64_t v)
{
    t->type = v < 0 ? MP_INT : MP_UINT;
    t->i64 = v;
}

static void mp_set_float32(struct mp_token *t, const uint8_t *at)
{
    uint32_t bits = be_load32(at);
    float f;
    memcpy(&f, &bits, sizeof(f));
    t->type = MP_FLOAT;
    t->single = true;
    t->f64 = (double)f;
}

static void mp_set_float64(struct mp_token *t, const uint8_t *at)
{
    uint64_t bits = be_load64(at);
    t->type = MP_FLOAT;
    t->single = false;
    memcpy(&t->f64, &bits, sizeof(t->f64));
}

/* Tokens without a payload. The caller has checked that the head is complete. */
static int mp_take_scalar(struct mp_token *t, uint8_t first, const uint8_t *at)
{
    switch (first) {
    case 0xc0:
        t->type = MP_NIL;
        return DDBS_OK;
    case 0xc2:
    case 0xc3:
        t->type = MP_BOOL;
        t->truth = first == 0xc3;
        return DDBS_OK;
    case 0xca:
        mp_set_float32(t, at);
        return DDBS_OK;
    case 0xcb:
        mp_set_float64(t, at);
        return DDBS_OK;
    case 0xcc:
    case 0xcd:
    case 0xce:
        mp_set_uint(t, mp_load(at, 1u << (first - 0xcc)));
        return DDBS_OK;
    case 0xcf:
        mp_set_uint(t, be_load64(at));
        return DDBS_OK;
    case 0xd0:
        mp_set_int(t, (int8_t)at[0]);
        return DDBS_OK;
    case 0xd1:
        mp_set_int(t, (int16_t)be_load16(at));
        return DDBS_OK;
    case 0xd2:
        mp_set_int(t, (int32_t)be_load32(at));
        return DDBS_OK;
    case 0xd3:
        mp_set_int(t, (int64_t)be_load64(at));
        return DDBS_OK;
    default:
        return DDBS_E_PROTOCOL_ERROR; /* 0xc1, never used */
    }
}

int mp_read_next_long(struct mp_cursor *c, struct mp_token *ret_token)
{
    size_t left = (size_t)(c->end - c->p);
    assert(left > 0);
    uint8_t first = *c->p;
    const uint8_t *at = c->p + 1;
    if (first >= 0xe0) {
        mp_set_int(ret_token, (int8_t)first);
        c->p = at;
        return DDBS_OK;
    }
    assert(first >= 0xc0); /* smaller ones are handled inline */
    unsigned head = mp_head[first - 0xc0];
    if (head > left - 1)
        return DDBS_E_PROTOCOL_ERROR;

    if (first >= 0xd9 && first <= 0xdb)
        return mp_take_payload(c, at + head, mp_load(at, head), MP_STR, ret_token);
    if (first >= 0xdc)
        return mp_take_container(c, at + head, mp_load(at, head), first < 0xde ? MP_ARRAY : MP_MAP, ret_token);
    if (first >= 0xc4 && first <= 0xc6)
        return mp_take_payload(c, at + head, mp_load(at, head), MP_BIN, ret_token);
    if (first >= 0xd4 && first <= 0xd8)
        return mp_take_ext(c, at, head, 1u << (first - 0xd4), ret_token);
    if (first >= 0xc7 && first <= 0xc9)
        return mp_take_ext(c, at, head, mp_load(at, head - 1), ret_token);

    int err = mp_take_scalar(ret_token, first, at);
    if (err == DDBS_OK)
        c->p = at + head;
    return err;
}

int mp_read_skip(struct mp_cursor *c)
{
    struct mp_cursor at = *c;
    uint64_t open[MP_DEPTH_MAX + 1]; /* values left at each depth; open[0] is the requested value */
    unsigned depth = 0;
    open[0] = 1;
    for (;;) {
        struct mp_token t;
        int err = mp_read_next(&at, &t);
        if (err != DDBS_OK)
            return err;
        open[depth]--;
        if (t.type == MP_ARRAY || t.type == MP_MAP) {
            if (depth == MP_DEPTH_MAX)
                return DDBS_E_PROTOCOL_ERROR;
            open[++depth] = t.type == MP_MAP ? 2 * (uint64_t)t.count : t.count;
        }
        while (open[depth] == 0) {
            if (depth == 0) {
                *c = at;
                return DDBS_OK;
            }
            depth--;
        }
    }
}

/* Read the next token if it has this type. The cursor moves only on success. */
static int mp_read_type(struct mp_cursor *c, enum mp_type type, struct mp_token *ret_token)
{
    struct mp_cursor at = *c;
    int err = mp_read_next(&at, ret_token);
    if (err != DDBS_OK)
        return err;
    if (ret_token->type != type)
        return DDBS_E_PROTOCOL_ERROR;
    *c = at;
    return DDBS_OK;
}

int mp_read_array(struct mp_cursor *c, uint32_t *ret_count)
{
    struct mp_token t;
    int err = mp_read_type(c, MP_ARRAY, &t);
    if (err == DDBS_OK)
        *ret_count = t.count;
    return err;
}

int mp_read_map(struct mp_cursor *c, uint32_t *ret_pairs)
{
    struct mp_token t;
    int err = mp_read_type(c, MP_MAP, &t);
    if (err == DDBS_OK)
        *ret_pairs = t.count;
    return err;
}

int mp_read_uint(struct mp_cursor *c, uint64_t *ret_value)
{
    struct mp_token t;
    int err = mp_read_type(c, MP_UINT, &t);
    if (err == DDBS_OK)
        *ret_value = t.u64;
    return err;
}

int mp_read_bool(struct mp_cursor *c, bool *ret_value)
{
    struct mp_token t;
    int err = mp_read_type(c, MP_BOOL, &t);
    if (err == DDBS_OK)
        *ret_value = t.truth;
    return err;
}

int mp_read_str(struct mp_cursor *c, struct span *ret_text)
{
    struct mp_token t;
    int err = mp_read_type(c, MP_STR, &t);
    if (err == DDBS_OK)
        *ret_text = span_of(t.bytes, t.count);
    return err;
}

int mp_read_bin(struct mp_cursor *c, struct span *ret_bytes)
{
    struct mp_token t;
    int err = mp_read_type(c, MP_BIN, &t);
    if (err == DDBS_OK)
        *ret_bytes = span_of(t.bytes, t.count);
    return err;
}
