/* conn: one client connection: its input, its output, its credit.
 * Owner: the engine; dies with EFFECT_CLOSE.
 *
 *   HELLO --HELLO with a table--> WRITER --BYE--> LEAVING
 *     |  \--HELLO without one---> CONTROL            |
 *     +------ ERROR from any state ----> CLOSING <---+ output sent
 * Invariants: `out` is filled only when it is empty, except for a final ERROR; input waits in `tail`, in a lent buffer
 * or in a reserved record, never elsewhere; limit - settled is at least WINDOW_MIN unless seqs ran too far ahead (S3).
 */
#ifndef ENGINE_CONN_CONN_H
#define ENGINE_CONN_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/engine/record/session.h"
#include "daemon/engine/record/writer.h"
#include "daemon/engine/value/event.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/timer.h"
#include "proto/frame.h"
#include "proto/msg.h"
#include "proto/must_use.h"
#include "proto/reason.h"

struct record;

enum {
    CONN_TOKENS_MAX = 64,
    CONN_REQUESTS_MAX = 4,
    CONN_BLOCKED_MAX = 64, /* BLOCKED without a WRITE between them */
    CONN_TAIL = 256,
    CONN_OUT = 1536,
    CONN_OUT_FRAMES = 1100, /* limit for other frames, so that an ERROR always fits */
    WINDOW_MIN = 64 * 1024,
    CONN_SPARE_PLACES = 64, /* slots for connections that are refused as busy */
    LAST_WORDS_TIMEOUT_MS = 5000,
};

enum conn_state { CONN_HELLO, CONN_WRITER, CONN_CONTROL, CONN_LEAVING, CONN_CLOSING };

enum conn_wait { WAIT_NOTHING, WAIT_RECORD, WAIT_LARGE, WAIT_BUFFER, WAIT_LONG };

struct token {
    uint64_t token, upto;
};

/* The WRITE frame that is being admitted, as offsets: the buffer may move. */
struct write_progress {
    uint32_t left;  /* records not yet admitted */
    uint32_t extra; /* unknown elements after them, to be ignored (F3) */
    uint64_t seq;   /* of the next one */
    size_t at;      /* offset of the next [op, item] in the input */
    size_t end;     /* offset of the end of the frame */
};

struct conn_input {
    uint8_t *buffer; /* lent from the input pool, NULL: none */
    size_t len, pos; /* valid bytes, and how many of them are processed */
    uint8_t tail[CONN_TAIL];
    size_t tail_len;
    struct write_progress write;
    struct record *large_record; /* a long WRITE is read directly into its record */
    uint32_t large_need, large_got;
    enum conn_wait wait;
    uint64_t wait_bytes;
    struct list_node in_waiting; /* user->waiting[] */
    uint64_t begun_ms;           /* when the incomplete frame began; 0: there is none */
    uint64_t last_seq;           /* the last seq on this connection */
    bool eof;                    /* no more bytes will come */
    bool peeked;                 /* the input was only peeked at and may stay in the socket */
    size_t left;                 /* peeked bytes that stay in the socket */
};

struct conn {
    uint64_t id;
    enum conn_state state;
    struct peer peer;
    struct session *session; /* WRITER, LEAVING */
    struct writer writer;
    struct user_budget *unbound_user; /* its uid's part of engine->unbound, which counts the connections */
    struct user_budget *user;         /* what its input is charged to: the session's, or unbound_user */
    struct list_node in_engine;
    struct list_node in_out;    /* EFFECT_WRITE is due */
    struct list_node in_read;   /* EFFECT_READ_* is due */
    struct list_node in_ending; /* it failed, sent BYE or ended: teardown_run releases what it holds */
    struct list_node in_close;  /* EFFECT_CLOSE is due */
    struct timer timer;
    uint64_t opened_ms, closing_ms;
    char client[MSG_CLIENT_MAX + 1];
    struct conn_input in;
    bool reading;     /* what the shell was last asked to do */
    bool hung_up;     /* nothing can be sent any more */
    bool bye;         /* the client sent BYE */
    bool ended;       /* it closes without further output, and ignores events */
    bool waits_write; /* EFFECT_WRITE was given, output not yet drained */
    bool welcome_due, goaway_due, abort_open;
    uint64_t abort_upto;
    uint64_t window_size;
    uint64_t window_max;
    bool grow_due;   /* BLOCKED arrived in this turn */
    uint8_t blocked; /* BLOCKED messages since the last WRITE */
    struct token tokens[CONN_TOKENS_MAX];
    struct list_head requests;
    enum reason reason, noticed_reason;
    uint64_t noticed_version; /* pause_version in the last NOTICE */
    uint64_t notice_at_ms;    /* no NOTICE before */
    bool notice_due;
    uint32_t out_len, out_pos;
    uint8_t out[CONN_OUT];
};

/* The connection of a session, which must have one. */
static inline struct conn *conn_of(const struct session *s)
{
    return CONTAINER_OF(s->writer, struct conn, writer);
}

_Static_assert(sizeof(struct conn) <= 4096, "C5: a connection has 4 KiB of its own");

/* A client connected: see engine_conn_open. */
int conn_open(struct engine *e, struct peer peer, uint64_t *ret_id) MUST_USE;

/* The connection of an id; NULL (and counted) if it is dead. */
struct conn *conn_find(struct engine *e, uint64_t id);

/* Mark it as failed: ERROR is its last frame, and the turn releases what it holds (teardown.h); accepted records stay.
 * No-op if it is closing already. */
void conn_fail(struct engine *e, struct conn *c, int code, const char *text) __attribute__((nonnull));
void conn_failf(struct engine *e, struct conn *c, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Mark it as ended: it closes in this turn, without further output. */
void conn_end(struct engine *e, struct conn *c);

/* Mark that its client sent BYE: it closes once its output is sent. */
void conn_leave(struct engine *e, struct conn *c);

/* Free it (after EFFECT_CLOSE was pulled, or at the engine's end). */
void conn_free(struct engine *e, struct conn *c);

/* Queue it for turn_conns in this turn. */
void conn_touch(struct engine *e, struct conn *c);

/* Queue EFFECT_READ_ON or EFFECT_READ_OFF if reading must change. */
void conn_update_reading(struct engine *e, struct conn *c);

/* Arm its one timer for the next timeout: HELLO, an incomplete frame, unread failures, unsent last output. */
void conn_arm_timer(struct engine *e, struct conn *c);
void conn_on_timer(struct engine *e, struct conn *c);

#endif
