/* queue: the records of one table that have no outcome yet: which are ready, which wait behind another of their key,
 * and which back off.
 * Owner: embedded in a target; sessions point to it.
 * Invariants: `all` holds every record without outcome, in order of receipt; each of them is on exactly one scheduling
 * list (see record.h). `keys` and the ready records are filled only while the schema is known; `keys` holds the first
 * record of each key, and only that one may be ready or in flight. A session is in `ring` exactly while it has ready
 * records.
 */
#ifndef ENGINE_RECORD_QUEUE_H
#define ENGINE_RECORD_QUEUE_H

#include "daemon/engine/record/failure_log.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/value/budget.h"
#include "daemon/engine/value/ledger.h"
#include "proto/must_use.h"

struct engine;
struct session;
struct msg_hello;

struct queue {
    const char *name;          /* of the table */
    struct list_node in_dirty; /* engine->dirty_targets */
    struct budget budget;
    struct key_schema schema;
    bool schema_known;
    struct list_head sessions;
    struct list_head all;     /* records without outcome, in order of receipt */
    struct list_head unkeyed; /* UNKEYED records, in order of receipt */
    struct hmap keys;
    struct list_head ring; /* sessions with ready records */
    uint64_t ready_count;
    bool ready_early;         /* some ready records left their backoff early */
    uint64_t linger_until_ms; /* when the ready records stop lingering; set when ready_count rises from 0 */
    uint64_t linger_ms;       /* the table's setting */
    struct heap backoff;
    struct ledger ledger;
    uint64_t retries;
    struct failure_log failure_log;
};

/* Give the key table its first buckets, so that adding a record cannot fail later. False: no memory. */
bool queue_open(struct queue *q) MUST_USE;

/* Free what queue_open took; the queue is empty. */
void queue_close(struct queue *q);

/* A new session whose records go into this queue. DDBS_OK or DDBS_E_OUT_OF_MEMORY. */
int queue_open_session(struct engine *e, struct queue *q, uint32_t uid, const struct msg_hello *h,
                       struct session **ret) MUST_USE;

/* Accept a record: from here on it is its session's and this queue's, and counted. */
void queue_accept(struct engine *e, struct queue *q, struct record *r);

/* A record that was taken for a batch is sent: in flight from here on. */
void queue_send(struct engine *e, struct record *r);

/* Count a record's change of state in the ledgers of its session, its queue and the engine. */
void queue_move_ledgers(struct engine *e, const struct record *r, enum ledger_state from, enum ledger_state to);

/* Queue a newly accepted record, or one whose key was found by a new schema. */
void queue_add(struct engine *e, struct queue *q, struct record *r);

/* Take a record off its scheduling list and out of its key's chain; the next of its key becomes ready. */
void queue_remove(struct engine *e, struct queue *q, struct record *r);

/* Take a record off its scheduling list and let it wait for a new schema. */
void queue_unkey(struct engine *e, struct queue *q, struct record *r);

/* Make a keyed record READY: at the front of its session's queue, or at the end. */
void queue_make_ready(struct engine *e, struct queue *q, struct record *r, bool front);

/* Let a keyed record wait until `due_ms`. */
void queue_back_off(struct engine *e, struct queue *q, struct record *r, uint64_t due_ms);

/* Make the records ready whose backoff is over. */
void queue_release_due(struct engine *e, struct queue *q);

/* End backoffs early, the soonest first, until `count` records are ready. */
void queue_release_early(struct engine *e, struct queue *q, uint64_t count);

/* Take a READY record off its session's queue, for a batch. */
void queue_take_ready(struct queue *q, struct record *r);

/* Return a record that was picked for a batch to the front of its session's queue. It queues no work: the caller
 * decides when to retry. */
void queue_put_back(struct queue *q, struct record *r);

#endif
