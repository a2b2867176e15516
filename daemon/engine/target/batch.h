/* batch: a job together with its records.
 * Owner: the engine, from start to completion; lent to a lane as its `job`.
 * Invariant: every record of a write batch is IN_FLIGHT and the head of its key's chain.
 */
#ifndef ENGINE_TARGET_BATCH_H
#define ENGINE_TARGET_BATCH_H

#include "daemon/dynamo/job.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/target/target.h"
#include "proto/must_use.h"

struct batch {
    struct job job;
    struct list_node node;      /* engine->starting or engine->running */
    struct list_node in_target; /* target->batches */
    uint64_t started_ms;
    struct target *target;
    struct key_schema schema; /* job.schema points here: a copy, because the target's may change meanwhile */
    struct record *records[JOB_ITEMS_MAX];
    uint64_t reserved; /* bytes of the body pool */
    bool probe;
    struct limiter_ticket ticket;
};

/* Build a batch of up to JOB_ITEMS_MAX ready records and reserve its memory. NULL: nothing is ready, or there is no
 * memory (then t->body_wait is set and the records stay ready). */
struct batch *batch_pick(struct engine *e, struct target *t) MUST_USE;

/* A DescribeTable job; NULL if memory ran out. */
struct batch *batch_describe(struct engine *e, struct target *t) MUST_USE;

/* Release its memory and free it; its records are settled or requeued already. */
void batch_free(struct engine *e, struct batch *b);

#endif
