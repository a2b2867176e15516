#include "daemon/engine/record/settle.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/text.h"
#include "daemon/engine/record/failure_log.h"
#include "daemon/engine/record/queue.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/record/writer.h"
#include "daemon/engine/value/acks.h"
#include "daemon/engine/value/failures.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/log.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"

/* A failure cannot be recorded. A client that reconnected would get "settled" for a failed record, so the session ends
 * here: its other records are still delivered, and a client that reconnects begins a new session. */
static void settle_give_up(struct engine *e, struct session *s, int code)
{
    session_unmap(e, s);
    if (session_attended(s)) {
        s->writer->broken = code;
        work_touch_conn(e, &s->writer->in_dirty);
    }
}

/* Recorded failures live as long as their clients: if they could fill the record pool, writers would wait for each
 * other's memory forever. So all sessions together have a quarter of it, shared among users as C4 shares the pool;
 * detached sessions are forgotten first. False: there is no room for this one. */
static bool failure_charge(struct engine *e, struct session *s)
{
    uint64_t budget = e->pools[POOL_RECORD].size / 4;
    s->user->failure_bytes += FAILURE_CHARGE;
    e->failure_bytes += FAILURE_CHARGE;
    bool over;
    while ((over = s->user->failure_bytes + e->failure_bytes > budget) && session_forget_oldest(e)) {
    }
    return !over;
}

static void settle_note_failure(struct engine *e, struct session *s, const struct msg_failure *f, uint64_t charged)
{
    struct pool *p = &e->pools[POOL_RECORD];
    struct failure *entry;
    char text[FAILURE_TEXT];
    text_shorten(text, sizeof text, f->message);
    int rc = s->mapped ? failures_add(&s->failures, f->seq, f->code, f->maybe_written, text, &entry) : 1;
    if (rc == 0 && charged == 0)
        pool_charge(p, POOL_RECORD, s->user->budget, s->user, FAILURE_CHARGE);
    if (rc != 0 && charged > 0)
        pool_release(p, POOL_RECORD, s->user->budget, s->user, charged);
    if (rc == 0 && !failure_charge(e, s))
        rc = DDBS_E_TOO_MANY_FAILURES;
    if (rc < 0) {
        settle_give_up(e, s, rc);
        return;
    }
    if (s->mapped && s->writer != NULL)
        acks_note_failure(&s->writer->acks, entry, f->seq, e->now.mono_ms);
}

/* Log a failure whose client has left, as nobody else is notified of it; count the others. */
static void failure_report(struct engine *e, const struct session *s, const struct msg_failure *f)
{
    if (f->code == DDBS_E_ABORTED)
        return;
    failure_log_note(e, &s->queue->failure_log, f->code, f->message);
    if (session_attended(s)) {
        failure_log_count(e, &s->queue->failure_log, f->code);
        return;
    }
    e->unreported++;
    log_write_text(&e->log, LOG_LEVEL_WARNING, f->message,
                   "event=record_failed table=%s uid=%u pid=%d seq=%llu code=%s", s->queue->name, s->uid, s->pid,
                   (unsigned long long)f->seq, err_name(f->code));
}

static uint64_t neighbour_seq(const struct list_node *n, uint64_t none)
{
    return n != NULL ? CONTAINER_OF(n, struct record, in_session)->seq : none;
}

/* Take the record out of its session: resend cursor, window, acknowledgement. */
static void settle_in_session(struct engine *e, struct record *r)
{
    struct session *s = r->session;
    struct writer *w = s->writer;
    if (w != NULL) {
        uint64_t prev = neighbour_seq(r->in_session.prev, 0);
        uint64_t next = neighbour_seq(r->in_session.next, s->last_seq + 1);
        if (w->resend == r)
            w->resend = record_next(r);
        if (r->conn_serial == w->serial)
            window_settle(&w->window, r->cost);
        acks_note_settled(&w->acks, prev > 0 ? prev + 1 : 0, next - 1);
        work_touch_conn(e, &w->in_dirty);
    }
    list_remove(&r->in_session);
}

void settle_record(struct engine *e, struct record *r, enum ledger_state outcome, int code, const char *text)
{
    assert(outcome >= LEDGER_WRITTEN && outcome < LEDGER_STATES);
    assert(list_on(&r->in_session, &r->session->open));
    struct session *s = r->session;
    struct queue *q = s->queue;
    struct pool *p = &e->pools[POOL_RECORD];
    bool failed = outcome == LEDGER_FAILED || outcome == LEDGER_WITHDRAWN;
    bool noted = failed && s->mapped;
    queue_move_ledgers(e, r, r->state == RECORD_IN_FLIGHT ? LEDGER_IN_FLIGHT : LEDGER_QUEUED, outcome);
    queue_remove(e, q, r);
    settle_in_session(e, r);
    list_remove(&r->in_target);
    pool_release(p, POOL_RECORD, s->user->budget, s->user, r->cost - (noted ? FAILURE_CHARGE : 0));
    struct msg_failure f = {
        .seq = r->seq, .code = code, .message = span_of(text, strlen(text)), .maybe_written = r->maybe_written};
    record_free(r);
    if (failed)
        failure_report(e, s, &f);
    if (noted)
        settle_note_failure(e, s, &f, FAILURE_CHARGE);
    work_touch_target(e, &q->in_dirty);
    session_note_over(e, s);
}

void settle_arrival(struct engine *e, struct session *s, uint64_t seq, int code, const char *text)
{
    assert(seq > s->last_seq && session_attended(s) && code < 0);
    struct ledger *ledgers[] = {&s->ledger, &s->queue->ledger, &e->ledger};
    for (size_t i = 0; i < sizeof ledgers / sizeof ledgers[0]; i++) {
        ledger_accept(ledgers[i]);
        ledger_move(ledgers[i], LEDGER_QUEUED, LEDGER_FAILED);
    }
    uint64_t prev = neighbour_seq(s->open.last, 0);
    s->last_seq = seq;
    acks_note_settled(&s->writer->acks, prev > 0 ? prev + 1 : 0, seq);
    work_touch_conn(e, &s->writer->in_dirty);
    struct msg_failure f = {.seq = seq, .code = code, .message = span_of(text, strlen(text))};
    failure_report(e, s, &f);
    settle_note_failure(e, s, &f, 0);
}

/* True if the record was aborted, or its session is being dropped. */
static bool record_unwanted(const struct record *r)
{
    const struct session *s = r->session;
    return s->dropping || r->seq <= s->abort_upto;
}

void settle_requeue(struct engine *e, struct record *r, uint64_t delay_ms)
{
    struct queue *q = r->session->queue;
    if (record_unwanted(r)) {
        settle_record(e, r, LEDGER_WITHDRAWN, DDBS_E_ABORTED, "");
        return;
    }
    assert(r->state == RECORD_IN_FLIGHT && r->key_prev == NULL);
    queue_move_ledgers(e, r, LEDGER_IN_FLIGHT, LEDGER_QUEUED);
    q->retries++;
    e->retries++;
    if (delay_ms == 0) {
        queue_make_ready(e, q, r, true);
        return;
    }
    queue_back_off(e, q, r, e->now.mono_ms + delay_ms);
}

void settle_withdraw(struct engine *e, struct session *s, uint64_t upto)
{
    struct list_node *next;
    for (struct list_node *n = s->open.first; n != NULL; n = next) {
        next = n->next;
        struct record *r = CONTAINER_OF(n, struct record, in_session);
        if (r->seq > upto)
            break;
        if (r->state != RECORD_IN_FLIGHT)
            settle_record(e, r, LEDGER_WITHDRAWN, DDBS_E_ABORTED, "");
    }
}
