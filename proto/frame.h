/* frame: the length prefix, and the limits that are checked before any of the body is kept (PROTOCOL F1, F2).
 * Owner: none, values only. Pure.
 */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "proto/be.h"
#include "proto/must_use.h"
#include "proto/span.h"

enum {
    FRAME_HEADER = 4,                             /* u32 big-endian length of the body */
    FRAME_PEEK = FRAME_HEADER + 2,                /* length, array marker, type: enough for frame_peek */
    FRAME_SMALL_MAX = 4 * 1024,                   /* body of every client frame but HELLO and WRITE */
    FRAME_HELLO_MAX = 16 * 1024,                  /* body of HELLO */
    FRAME_BUFFERED_MAX = 64 * 1024,               /* a longer WRITE carries exactly one record (F2) */
    FRAME_WRITE_MAX = 2 * 1024 * 1024 + 4 * 1024, /* body of WRITE: the default max_frame */
    FRAME_DAEMON_MAX = 64 * 1024,                 /* body of every daemon frame */
};

struct frame_head {
    uint32_t body; /* bytes after the header */
    uint8_t type;  /* enum msg_type, not validated */
};

/* Parse the first bytes of a frame. Returns DDBS_OK; 1 if it needs more bytes (up to FRAME_PEEK);
 * DDBS_E_PROTOCOL_ERROR, as early as the bytes show it, if the body is shorter than 2 bytes, is not a msgpack array of
 * 1..15 elements (fixarray), or its first element is not a positive fixint. The caller checks the limits
 * (frame_client_max, FRAME_DAEMON_MAX). */
int frame_peek(struct span input, struct frame_head *ret_head) MUST_USE;

/* The largest allowed body of a client frame of this type; 0 if clients do not send this type. */
uint32_t frame_client_max(uint8_t type, uint32_t write_max);

/* Store the 4-byte header for a body of this length. */
static inline void frame_put_header(uint8_t out[FRAME_HEADER], uint32_t body)
{
    be_store32(out, body);
}

#endif
