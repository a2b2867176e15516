/* core: one writer of one table, sans I/O: what a client knows, sends next, waits for (PROTOCOL M, C, S, R). What comes
 * in is read in core_input, what goes out is made in core_output.
 * Owner: the shell (client/shell.c) or the simulator, which embeds it. Events go in with the time, effects are pulled:
 * no socket, no clock, no entropy, no callback. The only resource it takes is memory, bounded by the configuration.
 * Invariants: a record is kept until its first mention as settled (S2); seqs are consecutive from 1; nothing is sent
 * beyond the credit; after CORE_FAILED or CORE_ENDED nothing is sent and no connection is wanted.
 *
 *   WAITING --core_connected--> GREETING --WELCOME--> OPEN --BYE sent--> ENDED
 *      ^  (wants_connect)           |                   |
 *      +-------- core_eof ----------+-------------------+        any --error that is not retryable, time out--> FAILED
 *
 * The shell's loop, after every event and at least when core_deadline passes:
 *   while core_wants_connect: connect, then core_connected or core_connect_failed;
 *   while core_output gives spans: send, core_output_sent;
 *   read what is there: core_input_bytes; at its end, and only then: core_eof;
 *   if core_wants_close: close the socket, core_eof;
 *   core_tick (after the reading, so that an answer that is there wins over a deadline).
 * A failed send is not the end: the shell stops sending, reads the socket to its end, then says core_eof (R1).
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
    CORE_AGAIN = 1,              /* core_put, core_flush: no room now; let the loop run, then ask again */
    CORE_TOKENS_MAX = 64,        /* C8 */
    CORE_FILL_BYTES = 32 * 1024, /* pending bytes that are sent without waiting for company */
    CORE_LINGER_MS = 5,          /* defaults */
    CORE_FAILURES_MAX = 1000,
    CORE_CONNECT_MS = 60 * 1000,
    CORE_RECONNECT_MS = 300 * 1000,
    CORE_MEMORY_MAX = 16 * 1024 * 1024,
    CORE_MEMORY_MIN = 64 * 1024, /* smaller settings are raised to this */
    CORE_ABORT_ANSWER_MS = 5000, /* S7 */
    CORE_LOSSES_MAX = 10,        /* R4 */
    CORE_BACKOFF_MS = 50,        /* delays are drawn from 0..min(CAP, this << attempts) */
    CORE_BACKOFF_CAP_MS = 2000,
    CORE_GRACE_MS = 1000,  /* a connection that was made gets this long for its WELCOME at least */
    CORE_DENIED_MS = 2000, /* a socket that may not be opened is tried again for this long */
    CORE_ERRMSG = 512,
};

struct core_config {
    struct span table;                  /* a name or an ARN, 1..MSG_TABLE_MAX bytes */
    struct span client;                 /* name and version of the library, at most MSG_CLIENT_MAX bytes */
    struct span tags;                   /* raw msgpack map of at most 1 KiB; n == 0: none */
    uint8_t session[MSG_SESSION_BYTES]; /* random, drawn for this writer alone */
    uint64_t pid;
    uint64_t seed;         /* of the jitter */
    bool discard;          /* on_eof: drop what is not written when the connection ends without a flush */
    uint64_t max_window;   /* bytes; 0: the daemon's */
    size_t memory_max;     /* bytes for unsettled records; 0: CORE_MEMORY_MAX; an empty store takes any one record */
    uint32_t failures_max; /* kept at a time; 0: CORE_FAILURES_MAX */
    uint32_t connect_timeout_ms;   /* to the first WELCOME; 0: one attempt */
    uint32_t reconnect_timeout_ms; /* without a WELCOME, later */
    uint32_t linger_ms;            /* how long a record may wait for company; 0: none */
};

enum core_state { CORE_WAITING, CORE_GREETING, CORE_OPEN, CORE_ENDED, CORE_FAILED };

/* Records, since core_init. put = written + failed + superseded + aborted + unsettled. */
struct core_counts {
    uint64_t put;
    uint64_t written;
    uint64_t failed; /* without the aborted ones */
    uint64_t superseded;
    uint64_t aborted;
    uint64_t aborted_maybe; /* of the aborted: those that may be written all the same */
    uint64_t unsettled;
};

/* Bytes on their way out: control frames and a WRITE head, the records, control frames. */
struct core_out {
    uint8_t before[2048];
    uint8_t after[2048];
    size_t before_bytes;
    size_t after_bytes;
    struct span records;
    size_t done; /* sent of the whole */
    bool bye;    /* BYE is in here */
};

struct core_token {
    uint64_t upto; /* the token's number too */
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
    uint8_t *input; /* the head of a frame that is not complete yet; FRAME_HEADER + FRAME_DAEMON_MAX bytes */
    size_t input_bytes;

    /* this connection */
    struct window window;
    uint64_t epoch;
    uint64_t connection; /* the daemon's number for it */
    size_t frame_max;
    uint64_t record_max; /* cost of one record; 0: not known yet */
    uint64_t opened_ms;  /* connected, then welcomed */
    bool linked;         /* there is a socket */
    bool hello_sent;
    bool spoke;           /* something followed HELLO */
    bool goaway;          /* no more WRITE here */
    bool broken;          /* nothing more is sent here, the shell is to close */
    uint64_t blocked_seq; /* the record that BLOCKED was sent for; 0: none waits */
    bool progress;        /* a record settled */
    bool gave_up;         /* closed by us for the ABORT's sake */

    /* the way to the next one */
    bool welcomed;      /* ever */
    uint64_t lost_upto; /* records up to here went to a daemon that is gone, with its book: they may be written */
    uint64_t lost_ms;   /* since when there is no WELCOME */
    uint64_t retry_ms;  /* no attempt before */
    uint64_t denied_ms; /* since when the socket may not be opened; 0: it may, or was not tried */
    bool retry_due;     /* retry_ms has come */
    uint32_t attempts;  /* since the last progress */
    uint32_t losses;    /* connections in a row without progress */

    uint64_t due_seq;                          /* records up to here are to be sent now */
    uint64_t oldest_ms;                        /* when the oldest record that is not due was put */
    size_t pending_bytes;                      /* put and not due */
    struct core_token tokens[CORE_TOKENS_MAX]; /* upto ascending */
    uint32_t token_count;

    uint64_t abort_upto; /* 0: no ABORT open; while one is, no WRITE and no FLUSH goes out (S5) */
    bool abort_sent;     /* on this connection */
    bool abort_first;    /* it was this connection's first frame after HELLO */
    uint64_t abort_ms;   /* when it was asked for, or the connection opened */

    bool bye_wanted;
    int error;
    char errmsg[CORE_ERRMSG];
    char reason[MSG_NAME_MAX + 1]; /* last NOTICE; empty: nothing waits */
    char notice[MSG_TEXT_MAX + 1];
    int connect_code; /* why the last attempt, or the last connection, ended; 0: nobody said */
    char connect_error[CORE_ERRMSG];
};

/* DDBS_OK; DDBS_E_INVALID_ARGUMENT (table or client name empty or too long, tags too long); DDBS_E_OUT_OF_MEMORY. The
 * config is not kept. Afterwards core_wants_connect is true. core_fini may follow a failed core_init, and a zeroed
 * struct. */
int core_init(struct client_core *c, const struct core_config *config, uint64_t now_ms) MUST_USE;
void core_fini(struct client_core *c);

/* ---- events of the transport ---- */

/* A socket is connected, after core_wants_connect. */
void core_connected(struct client_core *c, uint64_t now_ms);

/* The attempt failed: code DDBS_E_NOT_REACHABLE or DDBS_E_NOT_PERMITTED, and a sentence with the path tried. */
void core_connect_failed(struct client_core *c, uint64_t now_ms, int code, const char *text);

/* The connection is gone and everything that it held was given to core_input_bytes. */
void core_eof(struct client_core *c, uint64_t now_ms);

/* Time has passed. */
void core_tick(struct client_core *c, uint64_t now_ms);

/* ---- events of the user ---- */

/* Keep and, in time, send a record. `item` is one msgpack map (not judged here). DDBS_OK with its seq; CORE_AGAIN:
 * memory_max is reached, nothing was kept; DDBS_E_ITEM_TOO_LARGE: more than the daemon takes, nothing was kept;
 * DDBS_E_OUT_OF_MEMORY; DDBS_E_CLOSED after core_bye; the terminal error's code. */
int core_put(struct client_core *c, uint64_t now_ms, uint8_t op, struct span item, uint64_t *ret_seq) MUST_USE;

/* Send what was put, without waiting for company. */
void core_push(struct client_core *c);

/* Ask for everything put so far to be settled. DDBS_OK with a token; CORE_AGAIN (CORE_TOKENS_MAX are open);
 * DDBS_E_CLOSED; the terminal error's code, unless everything is settled already. */
int core_flush(struct client_core *c, uint64_t *ret_token) MUST_USE;

/* True once every record up to the token has settled: written, superseded, or failed and counted. */
bool core_flush_done(const struct client_core *c, uint64_t token);

/* Withdraw every record put so far that is not written yet. What was never sent settles at once. DDBS_OK,
 * DDBS_E_CLOSED, or the terminal error's code. */
int core_abort(struct client_core *c, uint64_t now_ms) MUST_USE;
bool core_abort_done(const struct client_core *c);

/* End the session: deliver: send everything, then BYE, then wish to close; the state is CORE_ENDED once it is out. With
 * discard and records unsettled: close without BYE (S7). */
void core_bye(struct client_core *c);

/* ---- effects ---- */

/* True: make a connection now. */
bool core_wants_connect(const struct client_core *c);

/* True: read what is there without waiting, close the socket, then core_eof. */
bool core_wants_close(const struct client_core *c);

/* The time of the next core_tick that changes something; false: none needed. */
bool core_deadline(const struct client_core *c, uint64_t *ret_ms);

/* ---- what there is to know ---- */

/* A record that was not written, oldest first (withdrawn ones too, code DDBS_E_ABORTED); NULL: none. Give it to
 * failure_list_free. */
struct failed_record *core_failure_take(struct client_core *c) MUST_USE;

/* True while the record is neither written, superseded nor failed. */
static inline bool core_unsettled(const struct client_core *c, uint64_t seq)
{
    return store_find(&c->store, seq, NULL);
}

/* True while the socket has the head of a frame and not its end, for which the daemon waits only so long (C7). */
static inline bool core_half_sent(const struct client_core *c)
{
    return c->out.done > 0 && c->out.done < c->out.before_bytes + c->out.records.n + c->out.after_bytes;
}

/* True if something is to be sent, or settled, or a flush or an abort is open. */
bool core_busy(const struct client_core *c);

/* ---- for core_input and core_output alone ---- */

/* End this writer: no connection will be wanted again. The sentence gets the number of records not known to be
 * written. */
__attribute__((format(printf, 3, 4))) void core_fail(struct client_core *c, int code, const char *format, ...);

/* Settle first..last as written. Returns how many were not settled before. */
uint64_t core_settle_written(struct client_core *c, uint64_t first, uint64_t last);

/* Settle one record as failed. A mention of a settled one is harmless. */
void core_settle_failed(struct client_core *c, const struct msg_failure *failure);

/* Settle what is left of first..last as withdrawn. */
void core_settle_aborted(struct client_core *c, uint64_t first, uint64_t last, bool maybe_written);

/* Forget the tokens that are settled and not with the daemon. */
void core_tokens_trim(struct client_core *c);

#endif
