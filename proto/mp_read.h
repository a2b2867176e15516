/* mp_read: a pull reader for msgpack in borrowed bytes. Allocates nothing and trusts no declared count.
 * Owner: the caller's stack. Pure.
 * Invariants: the cursor never leaves [p, end]; a container never claims more elements than bytes are left.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
#ifndef PROTO_MP_READ_H
#define PROTO_MP_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/must_use.h"
#include "proto/span.h"

enum { MP_DEPTH_MAX = 40 }; /* DynamoDB's 32 levels plus the message around them */

enum mp_type { MP_NIL, MP_BOOL, MP_UINT, MP_INT, MP_FLOAT, MP_STR, MP_BIN, MP_ARRAY, MP_MAP, MP_EXT };

struct mp_cursor {
    const uint8_t *p;
    const uint8_t *end;
};

/* One token. Only the fields of its type are set. MP_UINT: any integer >= 0. MP_INT: negative integers only. */
struct mp_token {
    enum mp_type type;
    uint32_t count; /* ARRAY: elements; MAP: pairs; STR, BIN, EXT: bytes */
    int8_t ext;     /* EXT: its type */
    bool single;    /* FLOAT: encoded as float32 (f64 holds the widened value) */
    union {
        uint64_t u64;
        int64_t i64;
        double f64;
        bool truth;
        const uint8_t *bytes; /* STR, BIN, EXT: payload inside the input */
    };
};

static inline struct mp_cursor mp_read_open(struct span s)
{
    return (struct mp_cursor){.p = s.p, .end = s.p + s.n};
}

/* The part of mp_read_next for a first byte of 0xc0 or above; input must not be empty. Do not call it directly. */
int mp_read_next_long(struct mp_cursor *c, struct mp_token *ret_token) MUST_USE;

/* The inline part of mp_read_next for a string of known length. Do not call it directly. */
static inline MUST_USE int mp_read_next_str(struct mp_cursor *c, struct mp_token *ret_token, uint32_t head, uint32_t n)
{
    if (head + n > (size_t)(c->end - c->p))
        return DDBS_E_PROTOCOL_ERROR;
    ret_token->type = MP_STR;
    ret_token->count = n;
    ret_token->bytes = c->p + head;
    c->p += head + n;
    return DDBS_OK;
}

/* Read the next token; a container's elements follow as separate tokens. DDBS_OK, or DDBS_E_PROTOCOL_ERROR with the
 * cursor unmoved: input ends inside the token, reserved byte 0xc1, or more elements are declared (a map pair counts
 * two) than bytes are left. The inline part handles what small records consist of: strings of up to 255 bytes, small
 * integers, small containers. */
static inline MUST_USE int mp_read_next(struct mp_cursor *c, struct mp_token *ret_token)
{
    size_t left = (size_t)(c->end - c->p);
    if (left == 0)
        return DDBS_E_PROTOCOL_ERROR;
    uint8_t b = *c->p;
    if (b >= 0xc0) {
        if (b == 0xd9 && left >= 2)
            return mp_read_next_str(c, ret_token, 2, c->p[1]);
        return mp_read_next_long(c, ret_token);
    }
    if (b >= 0xa0)
        return mp_read_next_str(c, ret_token, 1, b & 0x1fu);
    if (b < 0x80) {
        ret_token->type = MP_UINT;
        ret_token->u64 = b;
    } else {
        uint32_t n = b & 0x0fu;
        bool map = b < 0x90;
        if ((n << map) > left - 1)
            return DDBS_E_PROTOCOL_ERROR;
        ret_token->type = map ? MP_MAP : MP_ARRAY;
        ret_token->count = n;
    }
    c->p++;
    return DDBS_OK;
}

/* Skip one whole value, containers included. DDBS_OK, or DDBS_E_PROTOCOL_ERROR as for mp_read_next, or if containers
 * are nested deeper than MP_DEPTH_MAX (empty ones count). On error the cursor does not move. */
int mp_read_skip(struct mp_cursor *c) MUST_USE;

/* Read one value of an exact type. DDBS_E_PROTOCOL_ERROR, cursor unmoved, if it has another type. */
int mp_read_array(struct mp_cursor *c, uint32_t *ret_count) MUST_USE;
int mp_read_map(struct mp_cursor *c, uint32_t *ret_pairs) MUST_USE;
int mp_read_uint(struct mp_cursor *c, uint64_t *ret_value) MUST_USE;
int mp_read_bool(struct mp_cursor *c, bool *ret_value) MUST_USE;
int mp_read_str(struct mp_cursor *c, struct span *ret_text) MUST_USE;
int mp_read_bin(struct mp_cursor *c, struct span *ret_bytes) MUST_USE;

#endif
