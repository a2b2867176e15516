/* core: the protocol state machine of one writer of one table, without I/O (PROTOCOL M, C, S, R). core_input parses
 * what comes in, core_output builds what goes out.
 * Owner: the shell (client/c/shell.c) or the simulator, which embeds it. Events go in with the time, effects are
 * pulled: no socket, no clock, no entropy, no callback. The only resource it uses is memory, bounded by the
 * configuration.
 * Invariants: a record is kept until it is first reported as settled (S2). Seqs are consecutive from 1. Nothing is sent
 * beyond the credit. After CORE_FAILED or CORE_ENDED nothing is sent and core_wants_connect is false.
 *
 *   WAITING --core_connected--> GREETING --WELCOME--> OPEN --BYE sent--> ENDED
 *      ^  (wants_connect)           |                   |
 *      +-------- core_eof ----------+-------------------+        any --non-retryable error, timeout--> FAILED
 *
 * The shell's loop, after every event and no later than core_deadline:
 *   while core_wants_connect: connect, then core_connected or core_connect_failed;
 *   while core_output returns spans: send them, core_output_sent;
 *   read what the socket holds: core_input_bytes; at end of file, and only then: core_eof;
 *   if core_wants_close: close the socket, core_eof;
 *   core_tick (after reading, so that an answer that has arrived wins over a deadline).
 * A failed send does not end the connection: the shell stops sending, reads the socket to its end, then calls core_eof
 * (R1).
 */
#ifndef CLIENT_CORE_H
#define CLIENT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/c/failure_list.h"
#include "client/c/store.h"
#include "proto/frame.h"
#include "proto/msg.h"
#include "proto/must_use.h"
#include "proto/span.h"
#include "proto/window.h"

enum {
    CORE_AGAIN = 1,              /* core_put, core_flush: no room now; run the shell's loop, then try again */
    CORE_TOKENS_MAX = 64,        /* C8 */
    CORE_FILL_BYTES = 32 * 1024, /* pending bytes that are sent without lingering */
    CORE_LINGER_MS = 5,          /* this and the next four: defaults */
    CORE_FAILURES_MAX = 1000,
    CORE_CONNECT_MS = 60 * 1000,
    CORE_RECONNECT_MS = 300 * 1000,
    CORE_MEMORY_MAX = 16 * 1024 * 1024,
    CORE_MEMORY_MIN = 64 * 1024, /* smaller settings are raised to this */
    CORE_ABORT_ANSWER_MS = 5000, /* S7 */
    CORE_LOSSES_MAX = 10,        /* R4 */
    CORE_BACKOFF_MS = 50,        /* full jitter: a delay is uniform in 0..min(CORE_BACKOFF_CAP_MS, this << attempts) */
    CORE_BACKOFF_CAP_MS = 2000,
    CORE_GRACE_MS = 1000,  /* the least time that a new connection has for its WELCOME */
    CORE_DENIED_MS = 2000, /* how long to retry if permission to open the socket is denied */
    CORE_ERRMSG = 512,
};

struct core_config {
    struct span table;                  /* a name or an ARN, 1..MSG_TABLE_MAX bytes */
    struct span client;                 /* name and version of the library, 1..MSG_CLIENT_MAX bytes */
    struct span tags;                   /* raw msgpack map of at most 1 KiB; n == 0: none */
    uint8_t session[MSG_SESSION_BYTES]; /* random, unique to this writer */
    uint64_t pid;
    uint64_t seed;         /* of the jitter */
    bool discard;          /* on_eof: the daemon drops what is not in flight if the connection ends without BYE */
    uint64_t max_window;   /* bytes; 0: the daemon's setting */
    size_t memory_max;     /* bytes for unsettled records; 0: CORE_MEMORY_MAX; an empty store takes any one record */
    uint32_t failures_max; /* kept at a time; 0: CORE_FAILURES_MAX */
    uint32_t connect_timeout_ms;   /* until the first WELCOME; 0: one attempt */
    uint32_t reconnect_timeout_ms; /* later: until the next WELCOME; 0: one attempt */
    uint32_t linger_ms;            /* how long a record may wait for more to be sent with it; 0: not at all */
};

enum core_state { CORE_WAITING, CORE_GREETING, CORE_OPEN, CORE_ENDED, CORE_FAILED };

/* Records, since core_init. put = written + failed + superseded + aborted + unsettled. */
struct core_counts {
    uint64_t put;
    uint64_t written;
    uint64_t failed; /* without aborted ones */
    uint64_t superseded;
    uint64_t aborted;
    uint64_t aborted_maybe; /* of the aborted ones, those that may have been written */
    uint64_t unsettled;
};

/* The output being sent: control frames and the head of a WRITE, then the records, then control frames. */
struct core_out {
    uint8_t before[2048];
    uint8_t after[2048];
    size_t before_bytes;
    size_t after_bytes;
    struct span records;
    size_t done; /* bytes sent, of all three parts */
    bool bye;    /* it contains BYE */
};

struct core_token {
    uint64_t upto; /* also serves as the token's number */
    bool sent;     /* on this connection */
};

struct client_core {
    enum core_state state;
    struct store store;
    struct failure_list failures;
    struct core_counts counts;
    struct core_out out;

    bool discard;
    uint32_t connect_timeout_ms;
    uint32_t reconnect_timeout_ms;
    uint32_t linger_ms;
    uint64_t random;
    uint8_t *hello; /* the whole frame, the same for every connection */
    size_t hello_bytes;
    uint8_t *input; /* the part of an incomplete frame received so far; FRAME_HEADER + FRAME_DAEMON_MAX bytes */
    size_t input_bytes;

    /* this connection */
    struct window window;
    uint64_t epoch;
    uint64_t connection; /* the daemon's number of this connection */
    size_t frame_max;
    uint64_t record_max; /* maximum cost of one record; 0: not known yet */
    uint64_t opened_ms;  /* when the socket was connected; from WELCOME on, when that came */
    bool linked;         /* there is a socket */
    bool hello_sent;
    bool spoke;           /* a frame was sent after HELLO */
    bool goaway;          /* GOAWAY came: no more WRITE on this connection */
    bool broken;          /* nothing more is sent, and the shell must close the socket */
    uint64_t blocked_seq; /* the record that BLOCKED was sent for; 0: none waits */
    bool progress;        /* a record settled on this connection */
    bool gave_up;         /* we closed it to send ABORT first on a new one */

    /* reconnecting */
    bool welcomed;      /* there was a WELCOME on any connection */
    uint64_t lost_upto; /* records up to here were sent to a daemon that lost its state: they may be written */
    uint64_t lost_ms;   /* since when there is no connection with a WELCOME */
    uint64_t retry_ms;  /* no attempt before this time */
    uint64_t denied_ms; /* since when permission to open the socket is denied; 0: it is not */
    bool retry_due;     /* retry_ms has passed */
    uint32_t attempts;  /* since the last progress */
    uint32_t losses;    /* connections in a row that were lost without progress */

    uint64_t due_seq;                          /* records up to here are sent without lingering */
    uint64_t oldest_ms;                        /* when the oldest record that is not due was put */
    size_t pending_bytes;                      /* of records that are not due */
    struct core_token tokens[CORE_TOKENS_MAX]; /* in ascending order of upto */
    uint32_t token_count;

    uint64_t abort_upto; /* 0: no ABORT is open; while one is, no WRITE and no FLUSH is sent (S5) */
    bool abort_sent;     /* on this connection */
    bool abort_first;    /* it was this connection's first frame after HELLO */
    uint64_t abort_ms;   /* when core_abort was called, or when this connection opened, whichever is later */

    bool bye_wanted;
    int error;
    char errmsg[CORE_ERRMSG];
    char reason[MSG_NAME_MAX + 1]; /* of the last NOTICE; empty: nothing waits */
    char notice[MSG_TEXT_MAX + 1];
    int connect_code; /* from a retryable ERROR on this connection, or the last one if there is none; 0: none */
    char connect_error[CORE_ERRMSG];
};

/* DDBS_OK; DDBS_E_INVALID_ARGUMENT (table or client name empty or too long, tags too long); DDBS_E_OUT_OF_MEMORY. The
 * config is not kept. Afterwards core_wants_connect is true. core_fini may follow a failed core_init, and a zeroed
 * struct. */
int core_init(struct client_core *c, const struct core_config *config, uint64_t now_ms) MUST_USE;
void core_fini(struct client_core *c);

/* ---- events of the transport ---- */

/* A socket was connected because core_wants_connect was true. */
void core_connected(struct client_core *c, uint64_t now_ms);

/* The attempt failed: `code` is DDBS_E_NOT_REACHABLE or DDBS_E_NOT_PERMITTED; `text` names the path and the error. */
void core_connect_failed(struct client_core *c, uint64_t now_ms, int code, const char *text);

/* The connection has ended, and everything received on it was passed to core_input_bytes. */
void core_eof(struct client_core *c, uint64_t now_ms);

/* Time has passed. */
void core_tick(struct client_core *c, uint64_t now_ms);

/* ---- events of the user ---- */

/* Store a record, to be sent once it is due. `item` is one msgpack map, not validated here. DDBS_OK with its seq;
 * otherwise nothing was stored: CORE_AGAIN (memory_max is reached), DDBS_E_ITEM_TOO_LARGE (larger than the daemon
 * accepts), DDBS_E_OUT_OF_MEMORY, DDBS_E_CLOSED after core_bye, or the terminal error's code. */
int core_put(struct client_core *c, uint64_t now_ms, uint8_t op, struct span item, uint64_t *ret_seq) MUST_USE;

/* Make every record put so far due, without further lingering. */
void core_push(struct client_core *c);

/* Start a flush of everything put so far. DDBS_OK with a token; CORE_AGAIN if CORE_TOKENS_MAX are open. If something is
 * unsettled: DDBS_E_CLOSED after the session's end, or the terminal error's code. */
int core_flush(struct client_core *c, uint64_t *ret_token) MUST_USE;

/* True once every record up to the token has settled: written, superseded, or failed and counted. */
bool core_flush_done(const struct client_core *c, uint64_t token);

/* Withdraw every record put so far that is not written yet. What was never sent settles at once. DDBS_OK,
 * DDBS_E_CLOSED, or the terminal error's code. */
int core_abort(struct client_core *c, uint64_t now_ms) MUST_USE;
bool core_abort_done(const struct client_core *c);

/* End the session. Normally: send everything, then BYE; then the state is CORE_ENDED and core_wants_close is true. With
 * `discard` and unsettled records: close without BYE (S7). */
void core_bye(struct client_core *c);

/* ---- effects ---- */

/* True: connect now. */
bool core_wants_connect(const struct client_core *c);

/* True: read what the socket holds without waiting, close it, then call core_eof. */
bool core_wants_close(const struct client_core *c);

/* The time of the next core_tick that changes something; false: none needed. */
bool core_deadline(const struct client_core *c, uint64_t *ret_ms);

/* ---- queries ---- */

/* Take the oldest failure, a withdrawn record (DDBS_E_ABORTED) included; NULL: none. The caller frees it with
 * failure_list_free. */
struct failed_record *core_failure_take(struct client_core *c) MUST_USE;

/* True if the record is not settled. */
static inline bool core_unsettled(const struct client_core *c, uint64_t seq)
{
    return store_find(&c->store, seq, NULL);
}

/* True while a frame is partly sent. The daemon waits only a limited time for the rest (C7). */
static inline bool core_half_sent(const struct client_core *c)
{
    return c->out.done > 0 && c->out.done < c->out.before_bytes + c->out.records.n + c->out.after_bytes;
}

/* True while output is pending, records are unsettled, or an abort is open. */
bool core_busy(const struct client_core *c);

/* ---- for core_input and core_output only ---- */

/* End this writer for good with a terminal error. The number of records not known to be written is appended to the
 * sentence. */
__attribute__((format(printf, 3, 4))) void core_fail(struct client_core *c, int code, const char *format, ...);

/* Settle first..last as written. Returns how many were not settled before. */
uint64_t core_settle_written(struct client_core *c, uint64_t first, uint64_t last);

/* Settle one record as failed. No effect if it is settled already. */
void core_settle_failed(struct client_core *c, const struct msg_failure *failure);

/* Settle the unsettled records of first..last as withdrawn. */
void core_settle_aborted(struct client_core *c, uint64_t first, uint64_t last, bool maybe_written);

/* Remove the tokens whose records are settled, unless the daemon still owes them an answer on this connection. */
void core_tokens_trim(struct client_core *c);

#endif
