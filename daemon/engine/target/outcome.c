#include "daemon/engine/target/outcome.h"

#include <assert.h>

#include "daemon/config/config.h"
#include "daemon/dynamo/job.h"
#include "daemon/engine/record/failure_log.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/settle.h"
#include "daemon/engine/target/batch.h"
#include "daemon/engine/target/pause.h"
#include "daemon/engine/target/schema.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/backoff.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/limiter.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

/* Back off a record, by how often it failed in this way before. */
static void requeue(struct engine *e, struct record *r, uint8_t *attempts, uint32_t base_ms,
                    const struct job_result *result)
{
    assert(r->state == RECORD_IN_FLIGHT);
    r->maybe_written |= result->maybe_written;
    uint64_t delay = 1 + backoff_delay_ms(&e->rng, base_ms, *attempts, result->retry_after_ms);
    if (*attempts < UINT8_MAX)
        ++*attempts;
    settle_requeue(e, r, delay);
}

/* Return every record of the batch to the front of its queue, without backoff. */
static void requeue_at_once(struct engine *e, struct batch *b, const struct job_result *result)
{
    for (uint32_t i = b->job.count; i > 0; i--) {
        b->records[i - 1]->maybe_written |= result->maybe_written;
        settle_requeue(e, b->records[i - 1], 0);
    }
}

static void on_done(struct engine *e, struct batch *b, const struct job_result *result)
{
    struct target *t = b->target;
    uint32_t unprocessed = 0;
    for (uint32_t i = 0; i < b->job.count; i++)
        unprocessed += result->unprocessed[i];
    uint32_t base = unprocessed == b->job.count ? BACKOFF_THROTTLED_MS : BACKOFF_TRANSIENT_MS;
    if (unprocessed > 0)
        t->backoff_reason = REASON_THROTTLED;
    for (uint32_t i = 0; i < b->job.count; i++) {
        struct record *r = b->records[i];
        if (!result->unprocessed[i]) {
            settle_record(e, r, LEDGER_WRITTEN, DDBS_OK, "");
            continue;
        }
        requeue(e, r, &r->throttles, base, result);
    }
    if (unprocessed == b->job.count)
        limiter_on_throttle(&t->limiter, &e->rng, b->ticket, 0, e->now.mono_ms);
    else
        limiter_on_success(&t->limiter, b->ticket, unprocessed == 0 ? LIMITER_TOOK_ALL : LIMITER_TOOK_SOME,
                           e->now.mono_ms);
}

static void on_throttled(struct engine *e, struct batch *b, const struct job_result *result)
{
    for (uint32_t i = 0; i < b->job.count; i++)
        requeue(e, b->records[i], &b->records[i]->throttles, BACKOFF_THROTTLED_MS, result);
    b->target->backoff_reason = REASON_THROTTLED;
    limiter_on_throttle(&b->target->limiter, &e->rng, b->ticket, result->retry_after_ms, e->now.mono_ms);
}

/* P5: one item is to blame. Each is sent again alone, so that only the bad one fails. */
static void on_invalid(struct engine *e, struct batch *b, const struct job_result *result)
{
    limiter_on_success(&b->target->limiter, b->ticket, LIMITER_TOOK_UNKNOWN, e->now.mono_ms);
    if (b->job.count == 1) {
        settle_record(e, b->records[0], LEDGER_FAILED, DDBS_E_REJECTED, result->text);
        return;
    }
    for (uint32_t i = 0; i < b->job.count; i++)
        b->records[i]->alone = true;
    requeue_at_once(e, b, result);
}

/* E2: read the schema again, unless it was read just now or comes from the configuration: then the item itself is
 * wrong. */
static void on_key_schema(struct engine *e, struct batch *b, const struct job_result *result)
{
    struct target *t = b->target;
    bool fresh = t->config->key_schema.count > 0 || e->now.mono_ms - t->described_ms < SCHEMA_TRUST_MS;
    if (fresh) {
        on_invalid(e, b, result);
        return;
    }
    requeue_at_once(e, b, result);
    schema_describe_again(e, t);
}

static void on_transient(struct engine *e, struct batch *b, const struct job_result *result)
{
    for (uint32_t i = 0; i < b->job.count; i++)
        requeue(e, b->records[i], &b->records[i]->failures, BACKOFF_TRANSIENT_MS, result);
    enum reason reason = job_result_silent(result) ? REASON_ENDPOINT_DOWN : REASON_BACKOFF;
    b->target->backoff_reason = reason;
    limiter_on_unanswered(&b->target->limiter, &e->rng, b->ticket, reason, result->retry_after_ms, e->now.mono_ms);
}

/* The result of a probe: if the table accepts requests the pause ends; if the result says nothing about the table, the
 * next probe is scheduled. */
static void probe_on_done(struct engine *e, struct target *t, const struct job_result *result)
{
    t->pause.probing = false;
    if (t->state != TARGET_PAUSED)
        return;
    if (result->outcome == JOB_TRANSIENT || result->outcome == JOB_UNREACHABLE)
        t->pause.probe_ms = e->now.mono_ms + 1 + backoff_delay_ms(&e->rng, BACKOFF_THROTTLED_MS, t->pause.probes++, 0);
    else if (result->outcome == JOB_DONE || result->outcome == JOB_THROTTLED || result->outcome == JOB_INVALID ||
             result->outcome == JOB_KEY_SCHEMA)
        pause_end(e, t);
}

static bool all_throttled(const struct batch *b, const struct job_result *result)
{
    if (result->outcome != JOB_DONE)
        return result->outcome == JOB_THROTTLED;
    for (uint32_t i = 0; i < b->job.count; i++)
        if (!result->unprocessed[i])
            return false;
    return true;
}

void outcome_apply(struct engine *e, struct batch *b, const struct job_result *result)
{
    struct target *t = b->target;
    assert(t->in_flight > 0);
    t->in_flight--;
    if (b->probe)
        probe_on_done(e, t, result);
    if (all_throttled(b, result))
        failure_log_throttled(e, &t->queue.failure_log, t->queue.ledger.queued);
    else
        failure_log_throttled_over(e, &t->queue.failure_log);
    switch (result->outcome) {
    case JOB_DONE:
        on_done(e, b, result);
        break;
    case JOB_THROTTLED:
        on_throttled(e, b, result);
        break;
    case JOB_INVALID:
        on_invalid(e, b, result);
        break;
    case JOB_KEY_SCHEMA:
        on_key_schema(e, b, result);
        break;
    case JOB_TABLE_NOT_FOUND:
    case JOB_ACCESS_DENIED:
    case JOB_CREDENTIALS:
    case JOB_TABLE_UNUSABLE:
        requeue_at_once(e, b, result);
        pause_begin(e, t, result);
        break;
    case JOB_TRANSIENT:
    case JOB_UNREACHABLE:
    case JOB_OUTCOME_COUNT_:
        on_transient(e, b, result);
        break;
    }
    target_touch(e, t);
}

/* The endpoint did not answer, or not now: retry later. */
static void describe_later(struct engine *e, struct target *t, const struct job_result *result)
{
    enum reason reason = job_result_silent(result)          ? REASON_ENDPOINT_DOWN
                         : result->outcome == JOB_THROTTLED ? REASON_THROTTLED
                                                            : REASON_BACKOFF;
    if (t->state == TARGET_PAUSED) {
        uint32_t base = reason == REASON_THROTTLED ? BACKOFF_THROTTLED_MS : BACKOFF_TRANSIENT_MS;
        t->pause.probe_ms = e->now.mono_ms + backoff_delay_ms(&e->rng, base, t->pause.probes++, 0);
        limiter_note_failure(&t->limiter, reason);
        return;
    }
    t->state = TARGET_UNKNOWN;
    limiter_on_describe_failed(&t->limiter, &e->rng, reason, result->retry_after_ms, e->now.mono_ms);
}

static void description_apply(struct engine *e, struct target *t, const struct job_result *result)
{
    target_touch(e, t);
    switch (result->outcome) {
    case JOB_DONE:
        if (result->table_active && result->schema.count > 0) {
            if (t->state == TARGET_PAUSED)
                pause_end(e, t);
            schema_take(e, t, &result->schema);
            return;
        }
        pause_begin(
            e, t, &(struct job_result){.outcome = JOB_TABLE_UNUSABLE, .text = "the table is being created or deleted"});
        return;
    case JOB_TABLE_NOT_FOUND:
    case JOB_ACCESS_DENIED:
    case JOB_CREDENTIALS:
    case JOB_TABLE_UNUSABLE:
        pause_begin(e, t, result);
        return;
    default:
        describe_later(e, t, result);
    }
}

void outcome_described(struct engine *e, struct target *t, const struct job_result *result)
{
    t->pause.probing = false;
    description_apply(e, t, result);
    target_note_described(e, t);
}
