/* session: one writer over all its connections (PROTOCOL R2): its open records, recorded failures and ready records.
 * Owner: the engine; found by (uid, session id) while it is mapped.
 * Invariants: `open` holds every accepted record without an outcome, by seq; a seq <= last_seq that is not in `open` is
 * settled (or was never sent), so that `open`, last_seq and `failures` describe all outcomes. A session is in
 * queue->ring exactly while `ready` is not empty.
 */
#ifndef ENGINE_RECORD_SESSION_H
#define ENGINE_RECORD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/engine/record/record.h"
#include "daemon/engine/record/writer.h"
#include "daemon/engine/value/failures.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/timer.h"
#include "proto/msg.h"
#include "proto/must_use.h"

struct engine;
struct queue;

struct session {
    struct hmap_node by_id;
    bool mapped; /* in engine->sessions; an unmapped session only finishes its open records */
    struct list_node in_engine;
    struct list_node in_target;
    struct list_node in_detached; /* it has no connection, and is remembered */
    struct list_node in_over;     /* engine->over_sessions: the turn frees it */
    struct queue *queue;
    struct user_budget *user;
    struct writer *writer; /* NULL: not connected */
    uint32_t uid;
    int32_t pid;
    uint8_t id[MSG_SESSION_BYTES];
    char client[MSG_CLIENT_MAX + 1];
    bool discard;        /* on_eof */
    bool dropping;       /* records returned by a lane are withdrawn (discard after EOF, drain) */
    uint64_t abort_upto; /* records up to here that a lane returns are withdrawn; 0: none */
    uint64_t last_seq;   /* the highest accepted seq */
    uint64_t epoch;      /* sent in WELCOME; a new value tells the client that its outcomes were forgotten */
    struct list_head open;
    struct list_head ready;   /* READY records, next first */
    struct list_node in_ring; /* queue->ring */
    uint64_t deficit;         /* deficit round-robin: bytes it may still take in this round */
    struct ledger ledger;
    struct failures failures;
    struct timer expire;
};

/* The session of (uid, id), NULL if there is none. */
struct session *session_find(struct engine *e, uint32_t uid, const uint8_t id[MSG_SESSION_BYTES]);

/* A new, mapped session, which takes over `user`; queue_open_session gives it a queue. DDBS_OK, or
 * DDBS_E_OUT_OF_MEMORY, and the caller keeps `user`. */
int session_new(struct engine *e, uint32_t uid, const struct msg_hello *h, struct user_budget *user,
                struct session **ret) MUST_USE;

/* Everything up to here is settled: the seq below the first open record, else last_seq. */
uint64_t session_upto(const struct session *s);

/* Unmap it: no new connection finds it, its recorded failures are freed, and it ends when its open records have
 * settled. */
void session_unmap(struct engine *e, struct session *s);

/* The connection ended without BYE: keep the session for reconnect_timeout, and forget the oldest one beyond the
 * limit. */
void session_detach(struct engine *e, struct session *s);

/* It has a connection again, or is not remembered any more. */
void session_leave_detached(struct engine *e, struct session *s);

/* Have the turn free it if it is unmapped and has neither a connection nor open records. */
void session_note_over(struct engine *e, struct session *s);

/* Free a session that session_note_over has queued. */
void session_free(struct session *s);

/* True if a connected client can be notified of outcomes. */
static inline bool session_attended(const struct session *s)
{
    return s->writer != NULL && !s->writer->gone;
}

/* Forget the oldest detached session that has recorded failures, to free their memory. False: there is none. */
bool session_forget_oldest(struct engine *e);

/* reconnect_timeout is over. */
void session_on_expired(struct engine *e, struct session *s);

#endif
