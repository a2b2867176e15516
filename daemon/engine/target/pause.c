#include "daemon/engine/target/pause.h"

#include <assert.h>
#include <string.h>

#include "daemon/config/config.h"
#include "daemon/dynamo/job.h"
#include "daemon/engine/record/failure_log.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/settle.h"
#include "daemon/engine/target/dispatch.h"
#include "daemon/engine/target/schema.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/backoff.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/limiter.h"
#include "daemon/engine/value/log.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"

enum {
    PROBE_BASE_MS = 500,
    PAUSE_KEPT_MS = 60 * 1000, /* without clients, so that tasks that run one after another find it */
};

static int pause_code(enum job_outcome o)
{
    switch (o) {
    case JOB_TABLE_NOT_FOUND:
        return DDBS_E_TABLE_NOT_FOUND;
    case JOB_ACCESS_DENIED:
        return DDBS_E_ACCESS_DENIED;
    case JOB_CREDENTIALS:
        return DDBS_E_CREDENTIALS;
    default:
        return DDBS_E_TABLE_UNUSABLE;
    }
}

/* Fail the waiting records with the table's error; those in flight get their own outcome. */
static void pause_fail_waiting(struct engine *e, struct target *t)
{
    assert(t->state == TARGET_PAUSED && t->pause.code < 0);
    struct list_node *next;
    for (struct list_node *n = t->queue.all.first; n != NULL; n = next) {
        next = n->next;
        struct record *r = CONTAINER_OF(n, struct record, in_target);
        if (r->state != RECORD_IN_FLIGHT)
            settle_record(e, r, LEDGER_FAILED, t->pause.code, t->pause.text);
    }
}

void pause_begin(struct engine *e, struct target *t, const struct job_result *result)
{
    struct pause *p = &t->pause;
    int code = pause_code(result->outcome);
    bool same = t->state == TARGET_PAUSED && p->code == code;
    bool same_text = same && strcmp(p->text, result->text) == 0;
    if (t->state != TARGET_PAUSED)
        *p = (struct pause){.since_ms = e->now.mono_ms};
    t->state = TARGET_PAUSED;
    p->code = code;
    p->reason = code == DDBS_E_CREDENTIALS ? REASON_CREDENTIALS : REASON_TABLE_PAUSED;
    memcpy(p->text, result->text, sizeof p->text);
    if (!same_text)
        p->version = ++e->pause_versions;
    p->probe_ms = e->now.mono_ms + PROBE_BASE_MS / 4 + backoff_delay_ms(&e->rng, PROBE_BASE_MS, p->probes++, 0);
    if (code == DDBS_E_TABLE_NOT_FOUND && t->config->key_schema.count == 0)
        t->queue.schema_known = false;
    failure_log_note(e, &t->queue.failure_log, code, span_of(p->text, strlen(p->text)));
    if (!same)
        log_write_text(&e->log, LOG_LEVEL_ERROR, span_of(p->text, strlen(p->text)),
                       "event=table_paused table=%s code=%s", t->name, err_name(code));
    if (p->timed_out)
        pause_fail_waiting(e, t);
    target_note_described(e, t); /* the error is the answer */
    target_touch(e, t);
}

uint64_t pause_version(const struct target *t, enum reason reason)
{
    return t->state == TARGET_PAUSED && t->pause.reason == reason ? t->pause.version : 0;
}

void pause_end(struct engine *e, struct target *t)
{
    assert(t->state == TARGET_PAUSED);
    log_write(&e->log, LOG_LEVEL_INFO, "event=table_resumed table=%s", t->name);
    t->pause = (struct pause){0};
    limiter_reset(&t->limiter);
    t->state = t->queue.schema_known ? TARGET_OPEN : TARGET_UNKNOWN; /* dropped meanwhile: ask again */
    target_touch(e, t);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When the waiting records fail. */
static uint64_t pause_ends_ms(const struct target *t)
{
    uint64_t timeout = t->config->table_error_timeout_ms;
    if (t->pause.timed_out || timeout == CONFIG_NEVER)
        return HEAP_NEVER;
    return t->pause.since_ms + timeout;
}

static void pause_probe(struct engine *e, struct target *t)
{
    if (!t->queue.schema_known)
        schema_describe_again(e, t); /* starts once nothing is in flight */
    else
        t->pause.probing = dispatch_probe(e, t);
}

/* No record waits. A pause that no client meets any more ends after a while, or status would report it forever. */
static uint64_t pause_idle(struct engine *e, struct target *t)
{
    struct pause *p = &t->pause;
    if (!p->timed_out)
        p->since_ms = 0; /* the timeout counts from the first record that waits */
    if (!list_empty(&t->queue.sessions) || p->probing || t->in_flight > 0) {
        p->left_ms = 0;
        return HEAP_NEVER; /* their end runs this again */
    }
    if (p->left_ms == 0)
        p->left_ms = e->now.mono_ms;
    uint64_t end = p->left_ms + PAUSE_KEPT_MS;
    if (e->now.mono_ms < end)
        return end;
    log_write(&e->log, LOG_LEVEL_INFO, "event=pause_forgotten table=%s text=\"it had no clients for a minute\"",
              t->name);
    *p = (struct pause){0};
    limiter_reset(&t->limiter);
    t->state = t->queue.schema_known ? TARGET_OPEN : TARGET_UNKNOWN;
    return HEAP_NEVER;
}

uint64_t pause_run(struct engine *e, struct target *t)
{
    struct pause *p = &t->pause;
    uint64_t now = e->now.mono_ms;
    assert(t->state == TARGET_PAUSED);
    if (list_empty(&t->queue.all))
        return pause_idle(e, t);
    p->left_ms = 0;
    if (p->since_ms == 0)
        p->since_ms = now;
    if (now >= pause_ends_ms(t)) {
        p->timed_out = true;
        pause_fail_waiting(e, t);
        if (list_empty(&t->queue.all))
            return HEAP_NEVER;
    }
    bool may_probe = !p->probing && !work_starts_held(e) && (t->queue.schema_known || t->in_flight == 0);
    if (may_probe && now >= p->probe_ms)
        pause_probe(e, t);
    if (p->probing || work_starts_held(e) || (!t->queue.schema_known && t->in_flight > 0))
        return pause_ends_ms(t); /* the answer, or the next phase of the drain, runs this again */
    uint64_t probe = p->probe_ms > now ? p->probe_ms : now + NO_MEMORY_RETRY_MS;
    return earlier(probe, pause_ends_ms(t));
}
