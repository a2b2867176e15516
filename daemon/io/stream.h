/* stream: one client's socket: bytes in, bytes out, hang-up.
 * Owner: the set of streams, embedded in the loop, from stream_open to stream_close.
 * Happy path: readable -> recv into the engine's own room -> engine_received; EFFECT_WRITE -> send until the socket is
 * full, then when it is writable. Failure modes: the end of input -> engine_conn_eof; a hang-up (poll) or a failed
 * send -> engine_conn_hangup, after which what the peer had sent is still read to its end.
 * Invariants: at most one read of READ_MAX a wake-up; a hang-up is told once; nothing level-triggered stays armed
 * that nobody acts on: a hang-up is no longer watched once seen, and with reading off after it nothing is polled.
 * Source: closing a Unix socket with unread input raises EPOLLERR (ECONNRESET) at the peer, which libuv answers by
 * stopping the poll; reading SO_ERROR clears it, and what was sent before is then read as usual.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/base/hmap.h"
#include "daemon/base/list.h"
#include "daemon/engine/engine.h"
#include "daemon/io/loop_turn.h"
#include "proto/must_use.h"

/* All streams of one loop; all zero but for `turn`: empty. */
struct stream_set {
    struct loop_turn *turn;
    struct hmap by_id; /* the connection's id */
    struct list_head all;
};

struct stream {
    uv_poll_t poll;
    struct stream_set *set;
    struct list_node node;
    struct hmap_node by_id;
    uint64_t id;
    int fd;
    int polled;       /* the uv events asked for, 0: stopped */
    bool reading;     /* the engine wants input */
    bool full;        /* the socket took no more */
    bool eof;         /* no input will follow */
    bool hung_up;     /* the peer is gone */
    bool half_closed; /* the peer shut its sending side down, or an error was seen: a hang-up cannot be watched any
    more */
    bool failed;      /* an error was cleared once */
    bool closing;
};

/* Take over a connected, non-blocking descriptor. On failure it is closed: DDBS_E_BUSY, DDBS_E_OUT_OF_MEMORY or
   DDBS_E_INTERNAL. */
int stream_open(struct stream_set *set, int fd, struct peer peer) MUST_USE;

/* NULL if there is none; the functions below take NULL as a stream that is gone. */
struct stream *stream_find(const struct stream_set *set, uint64_t id);

/* Send what the engine has, as far as the socket takes it. */
void stream_flush(struct stream *s);

/* Read, or do not. */
void stream_reading(struct stream *s, bool on);

/* Close the descriptor now; the memory goes when the loop has turned. */
void stream_close(struct stream *s);

/* Close every stream and free the table of ids; the set may not be used again. */
void stream_set_close(struct stream_set *set);

#endif
