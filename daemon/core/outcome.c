#include <assert.h>

#include "daemon/base/mutant.h"
#include "daemon/core/backoff.h"
#include "daemon/core/engine_impl.h"
#include "proto/err.h"

/* While the endpoint is in trouble one request in this time tries it again: soon enough to notice its return, cheap
 * enough to wait. */
enum { HOLD_CAP_MS = 1000, HOLD_THROTTLED_CAP_MS = 5000 };

/* Of requests that fail together two count: those that started before the last failure was known say nothing new. */
static void hold_on_failure(struct engine *e, const struct batch *b, enum reason reason, uint32_t hint_ms)
{
    struct hold *h = &b->target->hold;
    if (h->streak > 1 && b->streak < h->streak)
        return;
    bool throttled = reason == REASON_THROTTLED;
    uint32_t base = throttled ? BACKOFF_THROTTLED_MS : BACKOFF_TRANSIENT_MS;
    h->reason = reason;
    h->streak++;
    if (h->streak == 1)
        return; /* once is chance */
    uint64_t delay = backoff_delay_ms(&e->rng, base, h->streak - 2, hint_ms);
    uint64_t cap = throttled ? HOLD_THROTTLED_CAP_MS : HOLD_CAP_MS;
    h->until_ms = e->now.mono_ms + 1 + (delay < cap ? delay : cap);
}

static void hold_on_success(struct target *t)
{
    t->hold = (struct hold){0};
}

/* Every record of the batch goes back to wait by its own count of attempts. */
static void requeue_all(struct engine *e, struct batch *b, uint32_t base_ms, const struct job_result *result)
{
    for (uint32_t i = b->job.count; i > 0; i--) {
        struct record *r = b->records[i - 1];
        r->maybe_written |= result->maybe_written;
        uint64_t delay = base_ms == 0 ? 0 : 1 + backoff_delay_ms(&e->rng, base_ms, r->attempts, result->retry_after_ms);
        if (base_ms != 0 && r->attempts < UINT16_MAX)
            r->attempts++;
        record_requeue(e, r, delay);
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
        if (!result->unprocessed[i] || MUTANT(DROP_UNPROCESSED)) {
            record_settle(e, r, LEDGER_WRITTEN, DDBS_OK, "");
            continue;
        }
        uint64_t delay = 1 + backoff_delay_ms(&e->rng, base, r->attempts, 0);
        if (r->attempts < UINT16_MAX)
            r->attempts++;
        record_requeue(e, r, delay);
    }
    if (unprocessed == b->job.count)
        hold_on_failure(e, b, REASON_THROTTLED, 0);
    else
        hold_on_success(t);
}

/* P5: one item is to blame; alone it fails alone. */
static void on_invalid(struct engine *e, struct batch *b, const struct job_result *result)
{
    hold_on_success(b->target);
    if (b->job.count == 1 || MUTANT(BAD_ITEM_FAILS_BATCH)) {
        for (uint32_t i = 0; i < b->job.count; i++)
            record_settle(e, b->records[i], LEDGER_FAILED, DDBS_E_REJECTED, result->text);
        return;
    }
    for (uint32_t i = 0; i < b->job.count; i++)
        b->records[i]->alone = true;
    requeue_all(e, b, 0, result);
}

/* E2, unless the schema was read just now, or comes from the configuration: then the item itself does not fit. */
static void on_key_schema(struct engine *e, struct batch *b, const struct job_result *result)
{
    struct target *t = b->target;
    bool fresh = t->config->key_schema.count > 0 || e->now.mono_ms - t->described_ms < DESCRIBE_TRUST_MS;
    if (fresh) {
        on_invalid(e, b, result);
        return;
    }
    requeue_all(e, b, 0, result);
    target_describe_again(e, t);
}

static void on_transient(struct engine *e, struct batch *b, const struct job_result *result)
{
    if (MUTANT(RETRY_LOST)) {
        for (uint32_t i = 0; i < b->job.count; i++)
            record_settle(e, b->records[i], LEDGER_WRITTEN, DDBS_OK, "");
        return;
    }
    requeue_all(e, b, BACKOFF_TRANSIENT_MS, result);
    enum reason reason = job_result_silent(result) ? REASON_ENDPOINT_DOWN : REASON_BACKOFF;
    b->target->backoff_reason = reason;
    hold_on_failure(e, b, reason, result->retry_after_ms);
}

/* A paused target leaves its pause when a probe went through, and waits for the next one when it could not be judged.
 */
static void probe_on_done(struct engine *e, struct target *t, const struct job_result *result)
{
    t->pause.probing = false;
    if (t->state != TARGET_PAUSED)
        return;
    if (result->outcome == JOB_TRANSIENT || result->outcome == JOB_UNREACHABLE)
        t->pause.probe_ms = e->now.mono_ms + 1 + backoff_delay_ms(&e->rng, BACKOFF_THROTTLED_MS, t->pause.probes++, 0);
    else if (result->outcome == JOB_DONE || result->outcome == JOB_THROTTLED || result->outcome == JOB_INVALID ||
             result->outcome == JOB_KEY_SCHEMA)
        target_resume(e, t);
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

void batch_on_done(struct engine *e, struct batch *b, const struct job_result *result)
{
    struct target *t = b->target;
    assert(t->in_flight > 0);
    t->in_flight--;
    if (b->probe)
        probe_on_done(e, t, result);
    if (all_throttled(b, result))
        blame_throttled(e, t);
    else
        blame_throttled_over(e, t);
    switch (result->outcome) {
    case JOB_DONE:
        on_done(e, b, result);
        break;
    case JOB_THROTTLED:
        requeue_all(e, b, BACKOFF_THROTTLED_MS, result);
        t->backoff_reason = REASON_THROTTLED;
        hold_on_failure(e, b, REASON_THROTTLED, result->retry_after_ms);
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
        requeue_all(e, b, 0, result);
        target_pause(e, t, result);
        break;
    case JOB_TRANSIENT:
    case JOB_UNREACHABLE:
    case JOB_OUTCOME_COUNT_:
        on_transient(e, b, result);
        break;
    }
    target_touch(e, t);
}
