/* stream: one client's socket: input, output and hang-up.
 * Owner: the set of streams, embedded in the loop, from stream_open to stream_close.
 * Happy path: readable -> recv into the engine's buffer -> engine_received; EFFECT_WRITE -> send until the socket is
 * full, and go on when it is writable. Failure modes: end of input -> engine_conn_eof; a hang-up seen by poll or a
 * failed send -> engine_conn_hangup; what the peer sent before is still read to its end.
 * Invariants: at most one recv of READ_MAX per wake-up. A hang-up is reported once. No level-triggered event stays
 * armed that nobody acts on: a hang-up is not watched any more once seen, and after it nothing is polled while reading
 * is off.
 * Source: if a peer closes its Unix socket with unread input, ours reports EPOLLERR (ECONNRESET), and libuv stops the
 * poll. Reading SO_ERROR clears the error; input that was sent before can then be read as usual.
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

/* All streams of one loop. Empty: all members zero except `turn`. */
struct stream_set {
    struct loop_turn *turn;
    struct hmap by_id; /* by the connection's id */
    struct list_head all;
};

struct stream {
    uv_poll_t poll;
    struct stream_set *set;
    struct list_node node;
    struct hmap_node by_id;
    uint64_t id;
    int fd;
    int polled;       /* the uv events polled for; 0: stopped */
    bool reading;     /* the engine wants input */
    bool full;        /* the socket's send buffer is full */
    bool eof;         /* no input will follow */
    bool hung_up;     /* the peer is gone */
    bool half_closed; /* the peer shut down its sending side, so UV_DISCONNECT cannot be watched any more */
    bool failed;      /* a poll error was seen before */
    bool closing;
};

/* Take over a connected, non-blocking descriptor. DDBS_OK; DDBS_E_BUSY, DDBS_E_OUT_OF_MEMORY or DDBS_E_INTERNAL, and
 * then the descriptor is closed. */
int stream_open(struct stream_set *set, int fd, struct peer peer) MUST_USE;

/* The stream of a connection; NULL if it is gone. The functions below do nothing for NULL. */
struct stream *stream_find(const struct stream_set *set, uint64_t id);

/* Send the engine's output until the socket is full. */
void stream_flush(struct stream *s);

/* Turn reading on or off. */
void stream_reading(struct stream *s, bool on);

/* Close the descriptor now; the memory is freed when the loop has turned. */
void stream_close(struct stream *s);

/* Close every stream and free the table of ids. The set must not be used again. */
void stream_set_close(struct stream_set *set);

#endif
