/* engine_impl: what the parts of the engine share. Only daemon/core includes it.
 * Owner: engine.c makes and frees it. Invariants: see engine_check.c, which re-derives them.
 */
#ifndef CORE_ENGINE_IMPL_H
#define CORE_ENGINE_IMPL_H

#include "daemon/base/rng.h"
#include "daemon/core/batch.h"
#include "daemon/core/conn.h"
#include "daemon/core/session.h"
#include "daemon/core/target.h"

enum {
    ENGINE_TARGETS_MAX = 1024,
    ENGINE_DESCRIBES_MAX = 2,
    ENGINE_OPERATOR_PLACES = 16,
    ENGINE_LOG_MAX = 64,
    ENGINE_LOG_TEXT = 768,
    HELLO_TIMEOUT_MS = 5000,
    FRAME_TIMEOUT_MS = 10000,
    LAST_WORDS_TIMEOUT_MS = 5000,
    ACK_STALL_SHORT_MS = 5000,     /* while the record pool is short */
    DESCRIBE_TRUST_MS = 10 * 1000, /* a key refusal this soon after a DescribeTable is the item's fault */
    NO_MEMORY_RETRY_MS = 50,
    NOTICE_PERIOD_MS = 1000,
    PAUSE_KEPT_MS = 60 * 1000, /* without clients; tasks that come one after another find it */
    ANSWER_LATE_MS = 1000,     /* a request without an answer for so long is why its table's records wait */
    SESSIONS_DETACHED_MAX = 8192,
};

enum drain_phase { DRAIN_NO, DRAIN_HANDOVER, DRAIN_IN_FLIGHT, DRAIN_LAST_WORDS, DRAIN_LEFT, DRAIN_DONE };

struct log_line {
    enum log_level level;
    char text[ENGINE_LOG_TEXT];
};

struct engine {
    struct engine_params params;
    const struct config *config;
    struct moment now;
    struct moment started;
    struct rng rng;
    uint64_t hash_seed;
    struct heap timers;
    struct pool pools[POOL_COUNT];
    struct tenant lobby;
    struct conn *serving;            /* the connection whose turn it is at a gate with waiters */
    struct list_head waiting_shares; /* shares with waiting connections */

    struct conn **conns; /* by slot */
    size_t conn_places;
    struct list_head conn_list;
    uint64_t next_conn;
    struct list_head dirty_conns, out_ready, read_changes, ending, closing;

    struct hmap sessions;
    struct list_head session_list, over_sessions;
    uint64_t detached; /* mapped sessions without a connection */
    uint64_t books;    /* bytes of the record pool that remembered failures take */

    struct hmap targets;
    struct list_head target_list, dirty_targets, describe_queue, slot_waiters;
    uint32_t describes;  /* in flight */
    uint64_t slots_kept; /* targets that has_slot is set for */

    struct list_head starting, running; /* batches: to be pulled, with a lane */
    struct list_head questions;         /* requests that no verb has looked at */
    struct list_head flushes;           /* host-wide flush requests that wait */
    struct list_head described;         /* targets whose schema was asked for, and is answered */
    uint64_t next_serial, next_job;
    uint64_t pause_editions;  /* so far */
    uint64_t books_forgotten; /* sessions with records that were unmapped */
    struct ledger ledger;
    uint64_t retries, requests, stale_events, unreported;

    enum drain_phase drain;
    struct timer drain_timer;
    struct timer notice_timer;
    bool notice_wanted;      /* a writer has a reason to wait that is no queued record */
    struct list_head untold; /* targets with failures that the journal has not heard of */
    bool stopped_due;

    struct log_line log[ENGINE_LOG_MAX];
    uint32_t log_first, log_count;
    uint64_t log_lost;
    uint8_t scratch[CONN_BUFFER];
};

/* ---- log.c ---- */

/* Note a line for the journal; lost (and counted) if nobody pulls. */
void engine_log(struct engine *e, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with text="..." at its end: a sentence that may come from anywhere. */
void engine_log_said(struct engine *e, enum log_level level, struct span said, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The oldest line, valid until the next call of the engine. False: there is none. */
bool log_next(struct engine *e, enum log_level *ret_level, const char **ret_text);

/* ---- settle.c ---- */

/* A record without outcome gets one: books, memory, window, key chain, connection. It is freed. `text` says why it
 * failed. */
void record_settle(struct engine *e, struct record *r, enum ledger_state outcome, int code, const char *text);

/* A record that never was: it failed on arrival. Books, failures and connection as record_settle. */
void record_fail_arrival(struct engine *e, struct session *s, uint64_t seq, int code, const char *text);

/* Remember a failure in the session's book and for its connection; `charged` bytes of the record pool are held for it
 * already. */
void session_note_failure(struct engine *e, struct session *s, const struct msg_failure *f, uint64_t charged);

/* A record comes back from a lane unwritten: queue it again after `delay_ms`, or withdraw it if nobody wants it any
 * more. */
void record_requeue(struct engine *e, struct record *r, uint64_t delay_ms);

/* Withdraw every record up to `upto` that is not in flight: settled as aborted. */
void settle_withdraw(struct engine *e, struct session *s, uint64_t upto);

/* Move a record between queued and in flight in all books. */
void record_count(struct engine *e, struct record *r, enum ledger_state from, enum ledger_state to);

/* ---- drain.c ---- */

void drain_step(struct engine *e);
void drain_on_timer(struct engine *e);

/* ---- notice.c ---- */

void notice_on_timer(struct engine *e);
void notice_arm(struct engine *e);
void notice_encode(struct engine *e, struct conn *c, struct mp_writer *w);
enum reason conn_reason(const struct engine *e, const struct conn *c);

#endif
