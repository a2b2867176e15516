#include "daemon/engine/drain.h"

#include <assert.h>

#include "daemon/config/config.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/output.h"
#include "daemon/engine/ops/flush.h"
#include "daemon/engine/record/failure_log.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/record/settle.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/target/wait_reason.h"
#include "daemon/engine/value/log.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"

/* PROTOCOL R5:
 *
 *   NO --SIGTERM--> HANDOVER --nothing open, or handover over--> IN_FLIGHT --no job with a lane--> LAST_WORDS
 *                                                                          outcomes reported, or 5 s over |
 *   DONE <--nothing left, only paused tables left, or drain_timeout over-- LEFT <-------------------------+
 */

static uint64_t open_records(const struct engine *e)
{
    return e->ledger.queued + e->ledger.in_flight;
}

static void drain_enter(struct engine *e, enum drain_phase phase, uint64_t timeout_ms)
{
    assert(phase > e->drain); /* phases only advance */
    e->drain = phase;
    if (phase == DRAIN_IN_FLIGHT && open_records(e) > 0)
        flush_refuse_all(e);
    work_set_timer(e, &e->drain_timer, timeout_ms == HEAP_NEVER ? HEAP_NEVER : e->now.mono_ms + timeout_ms);
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next)
        target_touch(e, CONTAINER_OF(n, struct target, in_engine));
}

void drain_begin(struct engine *e)
{
    if (e->drain != DRAIN_NO)
        return;
    for (struct list_node *n = e->conn_list.first; n != NULL; n = n->next) {
        struct conn *c = CONTAINER_OF(n, struct conn, in_engine);
        if (c->state == CONN_HELLO)
            conn_fail(e, c, DDBS_E_SHUTTING_DOWN, "the daemon is stopping; connect again to the next one");
        c->goaway_due = c->state == CONN_WRITER;
        conn_touch(e, c);
    }
    log_write(&e->log, LOG_LEVEL_INFO, "event=drain queued=%llu in_flight=%llu", (unsigned long long)e->ledger.queued,
              (unsigned long long)e->ledger.in_flight);
    drain_enter(e, DRAIN_HANDOVER, e->config->handover_ms);
}

static bool jobs_running(const struct engine *e)
{
    return !list_empty(&e->running) || !list_empty(&e->starting);
}

static bool conn_writes(const struct conn *c)
{
    return c->state == CONN_WRITER;
}

/* The client is gone and cannot resend, so what it had sent is still admitted and delivered, as long as time allows. */
static bool conn_left(const struct conn *c)
{
    return c->in.eof || c->hung_up;
}

/* A live client resends to the next daemon whatever is not settled here, so dropping its queued records loses
 * nothing. */
static void close_writer(struct engine *e, struct conn *c)
{
    assert(e->drain == DRAIN_LAST_WORDS && !conn_left(c));
    struct session *s = c->session;
    session_unmap(e, s);
    s->dropping = true;
    settle_withdraw(e, s, UINT64_MAX);
    conn_end(e, c);
}

/* Close the writers that have no output due; `all`: the others too. True if none is left. */
static bool close_writers(struct engine *e, bool all)
{
    bool none = true;
    for (struct list_node *n = e->conn_list.first; n != NULL; n = n->next) {
        struct conn *c = CONTAINER_OF(n, struct conn, in_engine);
        if (!conn_writes(c) || conn_left(c))
            continue;
        if (all || !output_due(e, c))
            close_writer(e, c);
        else
            none = false;
    }
    return none;
}

/* True if only records of paused tables are left, which somebody must repair. A throttled table does not count:
 * throttling passes. */
static bool only_paused_left(const struct engine *e)
{
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        const struct target *t = CONTAINER_OF(n, struct target, in_engine);
        if (!list_empty(&t->queue.all) && t->state != TARGET_PAUSED)
            return false;
    }
    for (struct list_node *n = e->conn_list.first; n != NULL; n = n->next) {
        const struct conn *c = CONTAINER_OF(n, struct conn, in_engine);
        if (conn_writes(c) && target_of(c->session)->state != TARGET_PAUSED)
            return false;
    }
    return true;
}

static void records_lost_log(struct engine *e, const struct target *t)
{
    if (t->state == TARGET_PAUSED)
        log_write(&e->log, LOG_LEVEL_ERROR,
                  "event=records_lost table=%s records=%zu reason=%s text=\"clients had left, and the table is paused "
                  "(%s): a stopping daemon does not wait for it\"",
                  t->name, t->queue.all.count, reason_name(t->pause.reason), err_name(t->pause.code));
    else
        log_write(&e->log, LOG_LEVEL_ERROR,
                  "event=records_lost table=%s records=%zu reason=%s text=\"clients had left, the table did not take "
                  "their records before drain_timeout was over\"",
                  t->name, t->queue.all.count, reason_name(wait_reason_of(e, t)));
}

static void drain_finish(struct engine *e)
{
    failure_log_write(e, true);
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        const struct target *t = CONTAINER_OF(n, struct target, in_engine);
        if (!list_empty(&t->queue.all))
            records_lost_log(e, t);
    }
    for (struct list_node *n = e->conn_list.first; n != NULL; n = n->next) {
        const struct conn *c = CONTAINER_OF(n, struct conn, in_engine);
        if (conn_writes(c))
            log_write(&e->log, LOG_LEVEL_ERROR,
                      "event=input_lost table=%s uid=%u pid=%d bytes=%llu text=\"the client had left, and there was "
                      "no memory for what it had sent\"",
                      target_of(c->session)->name, c->peer.uid, c->peer.pid,
                      (unsigned long long)(c->in.len - c->in.pos + c->in.large_got));
    }
    drain_enter(e, DRAIN_DONE, HEAP_NEVER);
    e->stopped_due = true;
}

void drain_step(struct engine *e)
{
    if (e->drain == DRAIN_HANDOVER && open_records(e) == 0)
        drain_enter(e, DRAIN_IN_FLIGHT, HEAP_NEVER);
    if (e->drain == DRAIN_IN_FLIGHT && !jobs_running(e))
        drain_enter(e, DRAIN_LAST_WORDS, LAST_WORDS_TIMEOUT_MS);
    if (e->drain == DRAIN_LAST_WORDS && close_writers(e, false))
        drain_enter(e, DRAIN_LEFT, e->config->drain_timeout_ms);
    if (e->drain == DRAIN_LEFT && !jobs_running(e) && only_paused_left(e))
        drain_finish(e);
}

void drain_on_timer(struct engine *e)
{
    switch (e->drain) {
    case DRAIN_HANDOVER:
        drain_enter(e, DRAIN_IN_FLIGHT, HEAP_NEVER);
        break;
    case DRAIN_LAST_WORDS:
        close_writers(e, true);
        drain_enter(e, DRAIN_LEFT, e->config->drain_timeout_ms);
        break;
    case DRAIN_LEFT:
        drain_finish(e);
        break;
    default:
        break;
    }
}
