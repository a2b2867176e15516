/* batch: a job with the records that it carries.
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
    struct key_schema schema; /* what job.schema points at: the target's may change meanwhile */
    struct record *records[JOB_ITEMS_MAX];
    uint64_t reserved; /* bytes of the body pool */
    bool probe;
    struct limiter_ticket ticket;
};

/* Build a batch of up to JOB_ITEMS_MAX ready records and reserve its memory; NULL if nothing is ready or there is no
 * room (then t->body_wait is set and the records are still ready). */
struct batch *batch_pick(struct engine *e, struct target *t) MUST_USE;

/* A DescribeTable job; NULL if there is no memory. */
struct batch *batch_describe(struct engine *e, struct target *t) MUST_USE;

/* Give the memory back and free it; its records have been taken care of. */
void batch_free(struct engine *e, struct batch *b);

#endif
