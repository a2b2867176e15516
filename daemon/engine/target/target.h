/* target: one table at one endpoint: its schema, records, queue, limiter and pause.
 * Owner: the engine; kept while it is in use, and then, for its schema, until the place is needed.
 *
 *   UNKNOWN --a record waits--> DESCRIBING --schema--> OPEN --key refusal--> SETTLING --nothing in flight--> DESCRIBING
 *   DESCRIBING, OPEN, SETTLING --table error--> PAUSED --probe succeeded--> OPEN, or UNKNOWN if the schema is void
 *
 * Invariants: keys and ready queues are filled only while the schema is known; in_flight counts write jobs.
 */
#ifndef ENGINE_TARGET_TARGET_H
#define ENGINE_TARGET_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/config/config.h"
#include "daemon/dynamo/job.h"
#include "daemon/engine/record/queue.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/value/limiter.h"
#include "daemon/engine/work/timer.h"
#include "proto/err.h"
#include "proto/must_use.h"
#include "proto/reason.h"

struct engine;

enum target_state { TARGET_UNKNOWN, TARGET_DESCRIBING, TARGET_OPEN, TARGET_SETTLING, TARGET_PAUSED };

struct pause {
    int code; /* DDBS_E_*: what records fail with after the timeout */
    enum reason reason;
    uint64_t since_ms;
    uint64_t probe_ms; /* next probe */
    uint32_t probes;   /* so far */
    bool probing;      /* a probe is with a lane */
    bool timed_out;    /* table_error_timeout passed: a failed probe fails the waiting records */
    uint64_t version;  /* changes with the code or text */
    uint64_t left_ms;  /* since when it has neither clients nor records; 0: it has some */
    char text[JOB_TEXT];
};

struct target {
    struct hmap_node by_name;
    struct list_node in_engine;
    struct list_node in_describe;  /* engine->describe_queue */
    struct list_node in_slot_wait; /* engine->slot_waiters: waits for a slot of [aws] max_in_flight */
    bool has_slot;                 /* a slot is reserved for it in this round of the turn */
    char name[MSG_TABLE_MAX + 1];
    const struct table_config *config;
    struct queue queue;
    enum target_state state;
    uint64_t described_ms;              /* when the schema was last confirmed */
    struct list_head describe_requests; /* requests that wait for the schema */
    struct list_node in_described;      /* engine->described: these requests are answered in this turn */
    enum reason backoff_reason;         /* of the last request that put records into backoff */
    struct list_head batches;           /* write batches without an answer, oldest first */
    uint32_t in_flight;
    bool body_wait; /* a batch found no room in the body pool */
    struct limiter limiter;
    struct pause pause;
    struct timer timer;
    uint64_t requests;
};

/* The target of a session. */
static inline struct target *target_of(const struct session *s)
{
    return CONTAINER_OF(s->queue, struct target, queue);
}

/* True if DynamoDB could have a table of this name: 3..255 of a-z A-Z 0-9 _ - . , or an ARN. */
bool target_name_ok(struct span name);

/* The target of a table name, created if needed. DDBS_OK, DDBS_E_OUT_OF_MEMORY, or DDBS_E_BUSY: too many tables. */
int target_get(struct engine *e, struct span name, struct target **ret) MUST_USE;

void target_free(struct engine *e, struct target *t);

/* Queue it for run_targets in this turn. */
void target_touch(struct engine *e, struct target *t);

/* The same for all targets whose ready records linger: a connection waits for their memory. */
void target_touch_lingering(struct engine *e);

/* The schema was read, or the table is paused: the requests that wait for it are answered in this turn. */
void target_note_described(struct engine *e, struct target *t);

/* Slots of [aws] max_in_flight that are neither in use nor reserved. */
uint64_t target_slots_free(const struct engine *e);

/* Return the slot that is reserved for the target, if there is one. */
void target_give_slot(struct engine *e, struct target *t);

#endif
