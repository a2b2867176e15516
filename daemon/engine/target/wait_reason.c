#include "daemon/engine/target/wait_reason.h"

#include "daemon/engine/target/batch.h"
#include "daemon/engine/value/limiter.h"
#include "daemon/engine/work/state.h"

enum { ANSWER_LATE_MS = 1000 }; /* a request that is unanswered for this long is the reason */

/* True if the oldest request is late: nothing else is known until it is answered or times out. */
static bool answer_is_late(const struct engine *e, const struct target *t)
{
    if (list_empty(&t->batches))
        return false;
    return e->now.mono_ms - CONTAINER_OF(t->batches.first, struct batch, in_target)->started_ms >= ANSWER_LATE_MS;
}

enum reason wait_reason_of(const struct engine *e, const struct target *t)
{
    if (t->state == TARGET_PAUSED)
        return t->pause.reason;
    bool held_up = t->limiter.failures > (t->state == TARGET_UNKNOWN ? 0 : 1);
    if (t->state != TARGET_OPEN)
        return held_up ? t->limiter.reason : REASON_SCHEMA; /* why the schema could not be read */
    if (limiter_cools_down(&t->limiter, e->now.mono_ms) || t->limiter.failures > 1)
        return t->limiter.reason;
    if (t->body_wait)
        return REASON_MEMORY;
    if (t->in_flight >= limiter_in_flight_max(&t->limiter) || t->in_slot_wait.head != NULL || answer_is_late(e, t))
        return REASON_IN_FLIGHT;
    return t->queue.ready_count == 0 && t->queue.backoff.count > 0 ? t->backoff_reason : REASON_NONE;
}
