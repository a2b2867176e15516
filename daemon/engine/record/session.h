/* session: one writer over all its connections (PROTOCOL R2): its open records, its book, its queue.
 * Owner: the engine; found by (uid, session id) while it is mapped.
 * Invariants: `open` holds every accepted record without an outcome, by seq; a seq <= last_seq that is not in `open` is
 * settled (or was never sent): open list, last_seq and failures are the whole book.  A session is in target->ring
 * exactly while `ready` is not empty.
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
    bool mapped; /* in engine->sessions; a session that is not can only run dry */
    struct list_node in_engine;
    struct list_node in_target;
    struct list_node in_over; /* nothing is left of it: the turn frees it */
    struct queue *queue;
    struct user_budget *user;
    struct writer *writer; /* NULL: no connection is there */
    uint32_t uid;
    int32_t pid;
    uint8_t id[MSG_SESSION_BYTES];
    char client[MSG_CLIENT_MAX + 1];
    bool discard;        /* on_eof */
    bool dropping;       /* records that come back are withdrawn (discard after EOF, drain) */
    uint64_t abort_upto; /* records up to here that come back are withdrawn; 0: none */
    uint64_t last_seq;   /* the highest accepted seq */
    uint64_t epoch;      /* WELCOME's: another one than before tells its client that its book is gone */
    struct list_head open;
    struct list_head ready;   /* READY records, next first */
    struct list_node in_ring; /* target->ring */
    uint64_t deficit;         /* deficit round-robin: bytes it may still take in this round */
    struct ledger ledger;
    struct failures failures;
    struct timer expire;
};

/* The session of (uid, id), NULL if there is none. */
struct session *session_find(struct engine *e, uint32_t uid, const uint8_t id[MSG_SESSION_BYTES]);

/* A new session, mapped; `user` is its own from now on, queue_open_session gives it a queue. DDBS_OK, or
 * DDBS_E_OUT_OF_MEMORY and the part is still the caller's. */
int session_new(struct engine *e, uint32_t uid, const struct msg_hello *h, struct user_budget *user,
                struct session **ret) MUST_USE;

/* Everything up to here is settled: the seq below the first open record, else last_seq. */
uint64_t session_upto(const struct session *s);

/* No new connection finds it any more; it runs dry and goes. */
void session_unmap(struct engine *e, struct session *s);

/* The connection is gone without BYE: remember the session for reconnect_timeout, and forget the oldest one beyond the
 * limit. */
void session_detach(struct engine *e, struct session *s);

/* Have the turn free it if it has neither connection nor open records nor a book to keep. */
void session_note_over(struct engine *e, struct session *s);

/* Free it; nothing is left of it. */
void session_free(struct session *s);

/* True if a client is connected that will hear of its records. */
static inline bool session_attended(const struct session *s)
{
    return s->writer != NULL && !s->writer->gone;
}

/* Forget the oldest book of a client that has left, to free the memory of its failures. False: there is none. */
bool session_forget_oldest(struct engine *e);

/* The timer `expire` is due. */
void session_on_expired(struct engine *e, struct session *s);

#endif
