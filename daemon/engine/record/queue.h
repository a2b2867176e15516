/* queue: the records of one table that have no outcome yet: who waits behind whom, who is ready, who backs off.
 * Owner: embedded in a target; sessions point to it.
 * Invariants: `all` holds every record without outcome, by receipt; each of them is on exactly one scheduling list
 * (see record.h). `keys` and the ready records are filled only while the schema is known; `keys` holds the first record
 * of each key, and only that one may be ready or in flight. A session is in `ring` exactly while it has ready records.
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
    struct list_node in_dirty; /* the table is looked at in this turn */
    struct budget budget;
    struct key_schema schema;
    bool schema_known;
    struct list_head sessions;
    struct list_head all;     /* records without outcome, by receipt */
    struct list_head unkeyed; /* UNKEYED records, by receipt */
    struct hmap keys;
    struct list_head ring; /* sessions with ready records */
    uint64_t ready_count;
    bool ready_early;         /* among the ready records are some that left their backoff early */
    uint64_t linger_until_ms; /* for company, since ready_count last rose from 0 */
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

/* A new session, whose records go here. DDBS_OK or DDBS_E_OUT_OF_MEMORY. */
int queue_open_session(struct engine *e, struct queue *q, uint32_t uid, const struct msg_hello *h,
                       struct session **ret) MUST_USE;

/* Queue a record that was accepted, or whose key was found after the schema had changed. */
void queue_add(struct engine *e, struct queue *q, struct record *r);

/* Take a waiting record off its scheduling list and out of its key's chain. */
void queue_remove(struct engine *e, struct queue *q, struct record *r);

/* Take a record off its scheduling list and let it wait for a new schema. */
void queue_unkey(struct engine *e, struct queue *q, struct record *r);

/* Make a keyed record READY: at the front of its session's queue, or at the end. */
void queue_make_ready(struct engine *e, struct queue *q, struct record *r, bool front);

/* Let a keyed record wait until `due_ms`. */
void queue_back_off(struct engine *e, struct queue *q, struct record *r, uint64_t due_ms);

/* Make ready whose backoff is over. */
void queue_release_due(struct engine *e, struct queue *q);

/* Make ready up to `count` records before their backoff is over, the earliest first. */
void queue_release_early(struct engine *e, struct queue *q, uint64_t count);

/* Take a READY record off its session's queue, for a batch. */
void queue_take_ready(struct queue *q, struct record *r);

/* A record that was taken for a batch does not go: back to the front (no work is noted: the caller says when to try
 * again). */
void queue_put_back(struct queue *q, struct record *r);

#endif
