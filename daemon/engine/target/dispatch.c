#include "daemon/engine/target/dispatch.h"

#include <assert.h>

#include "daemon/dynamo/job.h"
#include "daemon/engine/record/queue.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/record/writer.h"
#include "daemon/engine/target/batch.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/limiter.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* If nothing is ready and there is headroom, records may leave their backoff early. */
static void release_early(struct engine *e, struct target *t)
{
    if (t->queue.ready_count == 0 && limiter_has_headroom(&t->limiter, t->in_flight, e->now.mono_ms))
        queue_release_early(e, &t->queue, JOB_ITEMS_MAX);
}

/* True if a client waits for ready records: in a flush, or for credit that nothing in flight will return. Each session
 * in the ring has a ready record, and less than a full batch is ready, so the loop is short. */
static bool client_waits(const struct target *t)
{
    assert(t->queue.ring.count < JOB_ITEMS_MAX);
    for (const struct list_node *n = t->queue.ring.first; n != NULL; n = n->next) {
        const struct session *s = CONTAINER_OF(n, struct session, in_ring);
        const struct writer *w = s->writer;
        if (session_attended(s) && (w->token_count > 0 || (w->wanted > 0 && s->ledger.in_flight == 0)))
            return true;
    }
    return false;
}

/* True if a batch must not linger any longer: it is full, somebody waits for it (in a flush, for credit, for memory),
 * the daemon drains, or the linger time is over. */
static bool batch_due(const struct engine *e, const struct target *t)
{
    return t->queue.ready_count >= JOB_ITEMS_MAX || client_waits(t) || !list_empty(&e->flushes) ||
           !list_empty(&e->waiting_users) || e->drain != DRAIN_NO || e->now.mono_ms >= t->queue.linger_until_ms;
}

static bool batch_start(struct engine *e, struct target *t, bool probe)
{
    assert(!work_starts_held(e) && t->queue.schema_known);
    bool early = t->queue.ready_early;
    struct batch *b = batch_pick(e, t);
    if (b == NULL)
        return false;
    b->probe = probe;
    b->ticket = limiter_start(&t->limiter, early);
    list_push_back(&e->starting, &b->node);
    e->requests++;
    t->requests++;
    return true;
}

/* When a target without memory for a body must retry on its own: only if no completion will wake it. A DescribeTable's
 * does not, as it releases no memory. */
static uint64_t body_retry_ms(const struct engine *e)
{
    return e->pools[POOL_BODY].used > 0 ? HEAP_NEVER : e->now.mono_ms + NO_MEMORY_RETRY_MS;
}

/* Take a slot of [aws] max_in_flight; if none is free, queue for one. */
static bool slot_take(struct engine *e, struct target *t)
{
    if (t->has_slot) {
        target_give_slot(e, t);
        return true;
    }
    if (target_slots_free(e) > 0)
        return true;
    if (t->in_slot_wait.head == NULL)
        list_push_back(&e->slot_waiters, &t->in_slot_wait);
    return false;
}

uint64_t dispatch_run(struct engine *e, struct target *t)
{
    queue_release_due(e, &t->queue);
    release_early(e, t);
    uint64_t backoff = heap_deadline(&t->queue.backoff);
    if (t->queue.ready_count == 0 || work_starts_held(e))
        return t->queue.ready_count == 0 ? backoff : HEAP_NEVER;
    while (t->queue.ready_count > 0) {
        if (!limiter_may_start(&t->limiter, t->in_flight, e->now.mono_ms))
            return limiter_retry_ms(&t->limiter, e->now.mono_ms);
        if (!batch_due(e, t))
            return earlier(t->queue.linger_until_ms, backoff);
        if (!slot_take(e, t))
            return backoff; /* a completion frees a slot */
        t->body_wait = false;
        if (!batch_start(e, t, false))
            return body_retry_ms(e);
        release_early(e, t);
    }
    return heap_deadline(&t->queue.backoff);
}

bool dispatch_probe(struct engine *e, struct target *t)
{
    queue_release_due(e, &t->queue);
    return t->queue.ready_count > 0 && batch_start(e, t, true);
}
