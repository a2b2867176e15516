#include <assert.h>

#include "daemon/core/backoff.h"
#include "daemon/core/engine_impl.h"
#include "proto/err.h"

/* While the endpoint is in trouble one request in this time tries it again: soon enough to notice its return, cheap
 * enough to wait. */
enum { HOLD_CAP_MS = 500, HOLD_THROTTLED_MS = 100, HOLD_THROTTLED_CAP_MS = 2000 };

/* After trust that was wrong again and again, so many answers are not enough. */
enum { SPARE_DOUBTED_MAX = 8 };

/* Of requests that fail together two count: those that started before the last failure was known say nothing new. */
static void hold_on_failure(struct engine *e, const struct batch *b, enum reason reason, uint32_t hint_ms)
{
    struct hold *h = &b->target->hold;
    if (h->streak > 1 && b->streak < h->streak)
        return;
    bool throttled = reason == REASON_THROTTLED;
    if (h->streak > 1 && throttled != (h->reason == REASON_THROTTLED))
        h->streak = 1; /* another trouble, from its beginning */
    uint32_t base = throttled ? HOLD_THROTTLED_MS : BACKOFF_TRANSIENT_MS;
    h->reason = reason;
    h->streak++;
    if (h->streak == 1)
        return; /* once is chance */
    h->window = 1;
    uint32_t delay = backoff_delay_ms(&e->rng, base, h->streak - 2, 0);
    uint32_t cap = throttled ? HOLD_THROTTLED_CAP_MS : HOLD_CAP_MS;
    h->until_ms = e->now.mono_ms + 1 + backoff_hinted_ms(delay < cap ? delay : cap, hint_ms);
}

/* After trouble the requests in flight grow again with the good answers: all at once would only be refused. */
static void hold_on_success(struct target *t)
{
    uint32_t window = t->hold.window == 0 ? 0 : t->hold.window + 1;
    t->hold = (struct hold){.window = window < t->config->max_in_flight ? window : 0};
}

/* An answer that took every item shows that there is room. Trust that was wrong costs twice as many answers the next
 * time. */
static void spare_note_taken(const struct batch *b)
{
    struct spare *m = &b->target->spare;
    m->shown += m->shown < SPARE_DOUBTED_MAX + b->target->config->max_in_flight;
    m->doubted = b->early ? 0 : m->doubted;
}

/* One that threw something back, or did not come, shows that there is none. */
static void spare_note_refused(struct engine *e, const struct batch *b, uint32_t hint_ms)
{
    struct spare *m = &b->target->spare;
    uint64_t from_ms = e->now.mono_ms + backoff_hinted_ms(0, hint_ms);
    if (from_ms > m->from_ms)
        m->from_ms = from_ms;
    m->shown = 0;
    if (!b->early || b->job.id <= m->judged)
        return; /* those that left together say it once */
    m->doubted = m->doubted == 0 ? 1 : m->doubted < SPARE_DOUBTED_MAX ? 2 * m->doubted : SPARE_DOUBTED_MAX;
    m->judged = e->next_job;
}

/* The record goes back to wait for its next attempt, by how often it failed in this way. */
static void requeue(struct engine *e, struct record *r, uint8_t *attempts, uint32_t base_ms,
                    const struct job_result *result)
{
    r->maybe_written |= result->maybe_written;
    uint64_t delay = 1 + backoff_delay_ms(&e->rng, base_ms, *attempts, result->retry_after_ms);
    if (*attempts < UINT8_MAX)
        ++*attempts;
    record_requeue(e, r, delay);
}

/* Every record of the batch goes back to the front of its queue, to go again at once. */
static void requeue_at_once(struct engine *e, struct batch *b, const struct job_result *result)
{
    for (uint32_t i = b->job.count; i > 0; i--) {
        b->records[i - 1]->maybe_written |= result->maybe_written;
        record_requeue(e, b->records[i - 1], 0);
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
            record_settle(e, r, LEDGER_WRITTEN, DDBS_OK, "");
            continue;
        }
        requeue(e, r, &r->throttles, base, result);
    }
    if (unprocessed == 0)
        spare_note_taken(b);
    else
        spare_note_refused(e, b, 0);
    if (unprocessed == b->job.count)
        hold_on_failure(e, b, REASON_THROTTLED, 0);
    else
        hold_on_success(t);
}

static void on_throttled(struct engine *e, struct batch *b, const struct job_result *result)
{
    for (uint32_t i = 0; i < b->job.count; i++)
        requeue(e, b->records[i], &b->records[i]->throttles, BACKOFF_THROTTLED_MS, result);
    b->target->backoff_reason = REASON_THROTTLED;
    spare_note_refused(e, b, result->retry_after_ms);
    hold_on_failure(e, b, REASON_THROTTLED, result->retry_after_ms);
}

/* P5: one item is to blame; alone it fails alone. */
static void on_invalid(struct engine *e, struct batch *b, const struct job_result *result)
{
    hold_on_success(b->target);
    if (b->job.count == 1) {
        record_settle(e, b->records[0], LEDGER_FAILED, DDBS_E_REJECTED, result->text);
        return;
    }
    for (uint32_t i = 0; i < b->job.count; i++)
        b->records[i]->alone = true;
    requeue_at_once(e, b, result);
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
    requeue_at_once(e, b, result);
    target_describe_again(e, t);
}

static void on_transient(struct engine *e, struct batch *b, const struct job_result *result)
{
    for (uint32_t i = 0; i < b->job.count; i++)
        requeue(e, b->records[i], &b->records[i]->failures, BACKOFF_TRANSIENT_MS, result);
    enum reason reason = job_result_silent(result) ? REASON_ENDPOINT_DOWN : REASON_BACKOFF;
    b->target->backoff_reason = reason;
    spare_note_refused(e, b, result->retry_after_ms);
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
        blame_throttled(e, &t->queue);
    else
        blame_throttled_over(e, &t->queue);
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

/* The endpoint does not answer, or not now: ask again after a while. */
static void target_describe_later(struct engine *e, struct target *t, const struct job_result *result)
{
    uint32_t base = result->outcome == JOB_THROTTLED ? BACKOFF_THROTTLED_MS : BACKOFF_TRANSIENT_MS;
    struct hold *h = &t->hold;
    if (t->state == TARGET_PAUSED) {
        t->pause.probe_ms = e->now.mono_ms + backoff_delay_ms(&e->rng, base, t->pause.probes++, 0);
    } else {
        t->state = TARGET_UNKNOWN;
        h->until_ms = e->now.mono_ms + 1 + backoff_delay_ms(&e->rng, base, h->streak, result->retry_after_ms);
    }
    h->streak++;
    h->reason = job_result_silent(result)          ? REASON_ENDPOINT_DOWN
                : result->outcome == JOB_THROTTLED ? REASON_THROTTLED
                                                   : REASON_BACKOFF;
}

static void target_judge_description(struct engine *e, struct target *t, const struct job_result *result)
{
    target_touch(e, t);
    switch (result->outcome) {
    case JOB_DONE:
        if (result->table_active && result->schema.count > 0) {
            if (t->state == TARGET_PAUSED)
                target_resume(e, t);
            target_take_schema(e, t, &result->schema);
            return;
        }
        target_pause(
            e, t, &(struct job_result){.outcome = JOB_TABLE_UNUSABLE, .text = "the table is being created or deleted"});
        return;
    case JOB_TABLE_NOT_FOUND:
    case JOB_ACCESS_DENIED:
    case JOB_CREDENTIALS:
    case JOB_TABLE_UNUSABLE:
        target_pause(e, t, result);
        return;
    default:
        target_describe_later(e, t, result);
    }
}

void target_on_described(struct engine *e, struct target *t, const struct job_result *result)
{
    t->pause.probing = false;
    target_judge_description(e, t, result);
    target_note_described(e, t);
}
