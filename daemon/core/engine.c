#include "daemon/core/engine.h"

#include <assert.h>

#include "daemon/base/mem.h"
#include "daemon/core/engine_impl.h"
#include "daemon/core/flush.h"
#include "daemon/core/run.h"
#include "daemon/core/teardown.h"
#include "daemon/core/verb.h"
#include "daemon/core/work.h"
#include "proto/err.h"

enum {
    SPARE_PLACES = 64, /* connections that are being told "busy" */
    PLACES_MAX = 65535,
    TURN_ROUNDS_MAX = 8,
    LARGEST_BODY = 8 * 1024 * 1024, /* one 400 KB item as JSON (up to 9 times longer), its answer, and the batch */
};

/* ---- life ---- */

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* C5: half for records, a quarter for bodies, a quarter for connections, whose own 4 KiB are set aside. */
static void engine_open_pools(struct engine *e)
{
    uint64_t max = e->config->memory_max;
    uint64_t own = e->conn_places * sizeof(struct conn);
    struct pool *p = e->pools;
    p[POOL_RECORD].size = max / 2;
    p[POOL_RECORD].largest = smaller(FRAME_WRITE_MAX + MSG_COST_OVERHEAD, max / 8);
    /* A peer that begins long WRITEs and stops holds this much for a while; other records still have room. */
    p[POOL_LONG].largest = p[POOL_RECORD].largest;
    p[POOL_LONG].size = larger(p[POOL_RECORD].size / 4, p[POOL_LONG].largest);
    p[POOL_BODY].size = max / 4;
    p[POOL_BODY].largest = smaller(LARGEST_BODY, max / 8);
    p[POOL_INPUT].size = max / 4 > 2 * own ? max / 4 - own : max / 8;
    p[POOL_INPUT].largest = CONN_BUFFER;
}

/* As many connections as max_clients says and an eighth of the memory holds. */
static size_t engine_places(const struct config *c)
{
    uint64_t fit = c->memory_max / 8 / sizeof(struct conn);
    return (size_t)smaller(smaller(c->max_clients, fit) + SPARE_PLACES, PLACES_MAX);
}

struct engine *engine_new(const struct engine_params *p, struct moment now)
{
    struct engine *e = mem_zalloc(sizeof *e);
    if (e == NULL)
        return NULL;
    e->params = *p;
    e->config = p->config;
    e->now = e->started = now;
    rng_seed(&e->rng, p->seed);
    e->hash_seed = rng_next(&e->rng);
    e->conn_places = engine_places(p->config);
    e->conns = mem_zalloc(e->conn_places * sizeof(struct conn *));
    if (e->conns == NULL) {
        mem_free(e);
        return NULL;
    }
    e->drain_timer.kind = TIMER_DRAIN;
    e->notice_timer.kind = TIMER_NOTICE;
    engine_open_pools(e);
    return e;
}

static void engine_free_conns(struct engine *e)
{
    struct list_node *n;
    for (n = e->conn_list.first; n != NULL; n = n->next)
        conn_end(e, CONTAINER_OF(n, struct conn, in_engine));
    teardown_run(e);
    while ((n = e->conn_list.first) != NULL)
        conn_free(e, CONTAINER_OF(n, struct conn, in_engine));
}

static void engine_free_records(struct engine *e)
{
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        const struct target *t = CONTAINER_OF(n, struct target, in_engine);
        while (!list_empty(&t->queue.all))
            record_settle(e, CONTAINER_OF(t->queue.all.first, struct record, in_target), LEDGER_WITHDRAWN,
                          DDBS_E_ABORTED, "");
    }
}

void engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    struct list_node *n;
    engine_free_conns(e);
    for (n = e->session_list.first; n != NULL; n = n->next)
        session_unmap(e, CONTAINER_OF(n, struct session, in_engine));
    engine_free_records(e);
    teardown_run(e);
    assert(list_empty(&e->session_list));
    while ((n = e->starting.first) != NULL || (n = e->running.first) != NULL)
        batch_free(e, CONTAINER_OF(n, struct batch, node));
    while ((n = e->target_list.first) != NULL)
        target_free(e, CONTAINER_OF(n, struct target, in_engine));
    hmap_fini(&e->sessions);
    hmap_fini(&e->targets);
    mem_free(e->conns);
    mem_free(e);
}

/* ---- connections ---- */

static size_t engine_free_slot(const struct engine *e)
{
    for (size_t i = 0; i < e->conn_places; i++) {
        size_t slot = (e->next_conn + i) % e->conn_places;
        if (e->conns[slot] == NULL)
            return slot;
    }
    return SIZE_MAX;
}

/* C5: some places are kept for operators, and one uid may have half. NULL: it may stay. */
static const char *conn_refusal(const struct engine *e, const struct conn *c)
{
    size_t places = e->conn_places - SPARE_PLACES;
    bool operates = c->peer.uid == 0 || c->peer.uid == e->params.daemon_uid;
    size_t kept = places / 4 < ENGINE_OPERATOR_PLACES ? places / 4 : ENGINE_OPERATOR_PLACES;
    if (e->conn_list.count > places - (operates ? 0 : kept))
        return "the daemon has as many clients as max_clients allows; close some or raise it";
    if (!operates && c->lobby->users > places / 2)
        return "this user has half of the daemon's connections; close some or raise max_clients";
    return NULL;
}

int engine_conn_open(struct engine *e, struct peer peer, struct moment now, uint64_t *ret_id)
{
    e->now = now;
    size_t slot = engine_free_slot(e);
    if (slot == SIZE_MAX)
        return DDBS_E_BUSY;
    struct conn *c = mem_zalloc(sizeof *c);
    if (c == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    c->lobby = c->share = share_get(&e->lobby, peer.uid);
    if (c->lobby == NULL) {
        mem_free(c);
        return DDBS_E_OUT_OF_MEMORY;
    }
    c->writer.serial = ++e->next_conn;
    c->id = c->writer.serial << 16 | slot;
    c->peer = peer;
    c->opened_ms = now.mono_ms;
    c->reading = true;
    c->timer.kind = TIMER_CONN;
    e->conns[slot] = c;
    list_push_back(&e->conn_list, &c->in_engine);
    const char *refusal = conn_refusal(e, c);
    if (refusal != NULL)
        conn_fail(e, c, DDBS_E_BUSY, refusal);
    else if (e->drain == DRAIN_DONE)
        conn_fail(e, c, DDBS_E_SHUTTING_DOWN, "the daemon is stopping; connect again to the next one");
    else
        conn_arm_timer(e, c);
    *ret_id = c->id;
    return DDBS_OK;
}

/* ---- jobs ---- */

void engine_job_done(struct engine *e, struct job *job, const struct job_result *result, struct moment now)
{
    e->now = now;
    struct batch *b = CONTAINER_OF(job, struct batch, job);
    assert(list_on(&b->node, &e->running));
    list_remove(&b->node);
    if (job->kind == JOB_DESCRIBE) {
        e->describes--;
        target_on_described(e, b->target, result);
    } else {
        batch_on_done(e, b, result);
    }
    batch_free(e, b);
}

/* ---- the turn ---- */

static void engine_on_timer(struct engine *e, struct timer *t)
{
    switch (t->kind) {
    case TIMER_CONN:
        conn_on_timer(e, CONTAINER_OF(t, struct conn, timer));
        break;
    case TIMER_SESSION:
        session_on_expired(e, CONTAINER_OF(t, struct session, expire));
        break;
    case TIMER_TARGET:
        target_touch(e, CONTAINER_OF(t, struct target, timer));
        break;
    case TIMER_DRAIN:
        drain_on_timer(e);
        break;
    case TIMER_FLUSH:
        flush_on_timer(e, CONTAINER_OF(t, struct request, timer));
        break;
    case TIMER_NOTICE:
        notice_on_timer(e);
        break;
    }
}

static void turn_timers(struct engine *e)
{
    struct heap_node *n;
    while ((n = heap_pop_due(&e->timers, e->now.mono_ms)) != NULL)
        engine_on_timer(e, CONTAINER_OF(n, struct timer, node));
}

static void share_serve(struct engine *e, const struct list_head *waiting)
{
    bool served = true;
    while (served && !list_empty(waiting))
        served = conn_retry(e, CONTAINER_OF(waiting->first, struct conn, in.in_waiting));
}

static bool memory_freed(const struct engine *e)
{
    return e->pools[POOL_RECORD].freed || e->pools[POOL_INPUT].freed || e->pools[POOL_LONG].freed;
}

/* C3: memory came back: those who wait for it try again, oldest first within a share, the shares by turns. */
static void turn_waiters(struct engine *e)
{
    bool waits = !list_empty(&e->waiting_shares);
    while (waits && pool_short(&e->pools[POOL_RECORD]) && session_forget_oldest(e)) {
    }
    bool freed = memory_freed(e);
    e->pools[POOL_RECORD].freed = e->pools[POOL_INPUT].freed = e->pools[POOL_LONG].freed = false;
    if (!freed)
        return;
    for (size_t n = e->waiting_shares.count; n > 0 && !list_empty(&e->waiting_shares); n--) {
        struct share *s = CONTAINER_OF(e->waiting_shares.first, struct share, in_waiting);
        list_remove(&s->in_waiting);
        list_push_back(&e->waiting_shares, &s->in_waiting);
        share_serve(e, &s->waiting[POOL_RECORD]);
        share_serve(e, &s->waiting[POOL_INPUT]);
        share_serve(e, &s->waiting[POOL_LONG]);
    }
}

static void turn_body_waits(struct engine *e)
{
    if (!e->pools[POOL_BODY].freed)
        return;
    e->pools[POOL_BODY].freed = false;
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        struct target *t = CONTAINER_OF(n, struct target, in_engine);
        if (t->body_wait)
            target_touch(e, t);
    }
}

static bool slots_offered(const struct engine *e)
{
    return !list_empty(&e->slot_waiters) && target_slots_free(e) > 0;
}

/* Places among max_in_flight go to the targets by turns: whoever waits longest, first, and before those whose batch
 * was done just now. */
static void turn_slots(struct engine *e)
{
    while (slots_offered(e)) {
        struct target *t = CONTAINER_OF(list_pop_front(&e->slot_waiters), struct target, in_slot_wait);
        t->has_slot = true;
        e->slots_kept++;
        target_touch(e, t);
    }
}

static void turn_targets(struct engine *e)
{
    for (size_t n = e->dirty_targets.count; n > 0; n--)
        target_run(e, CONTAINER_OF(list_pop_front(&e->dirty_targets), struct target, queue.in_dirty));
    target_start_describes(e);
}

static void conn_turn(struct engine *e, struct conn *c)
{
    if (c->writer.broken != 0) {
        conn_fail(e, c, c->writer.broken,
                  c->writer.broken == DDBS_E_TOO_MANY_FAILURES
                      ? "more records of this writer failed than the daemon can remember"
                      : "no memory to remember a failed record; connect again and resend");
        c->writer.broken = 0;
        return;
    }
    credit_on_turn(e, c);
    if (c->writer.acks.failure_since_ms != 0)
        conn_arm_timer(e, c);
    if (c->ended || c->waits_write)
        return;
    if (conn_has_output(e, c)) {
        c->waits_write = true;
        list_push_back(&e->out_ready, &c->in_out);
    } else if (c->state == CONN_CLOSING) {
        conn_end(e, c);
    }
}

static void turn_conns(struct engine *e)
{
    do {
        struct list_node *n;
        teardown_run(e);
        while ((n = list_pop_front(&e->dirty_conns)) != NULL)
            conn_turn(e, CONTAINER_OF(n, struct conn, writer.in_dirty));
    } while (!list_empty(&e->ending));
}

void engine_turn(struct engine *e, struct moment now)
{
    e->now = now;
    turn_timers(e);
    teardown_run(e);
    for (int round = 0; round < TURN_ROUNDS_MAX; round++) {
        turn_waiters(e);
        teardown_run(e);
        verb_run_all(e);
        drain_step(e);
        turn_body_waits(e);
        turn_slots(e);
        turn_targets(e);
        verb_answer_described(e);
        if (list_empty(&e->dirty_targets) && !slots_offered(e))
            break;
    }
    flush_check(e);
    turn_conns(e);
    drain_step(e);
    teardown_run(e);
    notice_arm(e);
}

uint64_t engine_deadline(const struct engine *e)
{
    bool work_left = !list_empty(&e->ending) || !list_empty(&e->over_sessions) || !list_empty(&e->dirty_targets) ||
                     !list_empty(&e->dirty_conns) || slots_offered(e) ||
                     (memory_freed(e) && !list_empty(&e->waiting_shares));
    bool describe_waits =
        !list_empty(&e->describe_queue) && e->describes < ENGINE_DESCRIBES_MAX; /* memory ran out for it */
    uint64_t due = heap_deadline(&e->timers);
    if (work_left)
        return e->now.mono_ms;
    return describe_waits ? smaller(due, e->now.mono_ms + NO_MEMORY_RETRY_MS) : due;
}

/* ---- effects ---- */

static bool effect_log(struct engine *e, struct effect *ret)
{
    enum log_level level;
    const char *text;
    if (!log_next(e, &level, &text))
        return false;
    *ret = (struct effect){.kind = EFFECT_LOG, .level = level, .text = text};
    return true;
}

static bool effect_read(struct engine *e, struct effect *ret)
{
    struct list_node *n = list_pop_front(&e->read_changes);
    if (n == NULL)
        return false;
    struct conn *c = CONTAINER_OF(n, struct conn, in_read);
    c->reading = !c->reading;
    *ret = (struct effect){.kind = c->reading ? EFFECT_READ_ON : EFFECT_READ_OFF, .conn = c->id};
    return true;
}

static bool effect_conn(struct engine *e, struct effect *ret)
{
    struct list_node *n = list_pop_front(&e->out_ready);
    if (n != NULL) {
        *ret = (struct effect){.kind = EFFECT_WRITE, .conn = CONTAINER_OF(n, struct conn, in_out)->id};
        return true;
    }
    n = e->closing.first;
    if (n == NULL)
        return false;
    struct conn *c = CONTAINER_OF(n, struct conn, in_close);
    *ret = (struct effect){.kind = EFFECT_CLOSE, .conn = c->id};
    conn_free(e, c);
    return true;
}

static bool effect_start(struct engine *e, struct effect *ret)
{
    struct list_node *n = list_pop_front(&e->starting);
    if (n == NULL)
        return false;
    list_push_back(&e->running, n);
    *ret = (struct effect){.kind = EFFECT_START, .job = &CONTAINER_OF(n, struct batch, node)->job};
    return true;
}

bool engine_next_effect(struct engine *e, struct effect *ret)
{
    if (effect_log(e, ret) || effect_read(e, ret) || effect_start(e, ret) || effect_conn(e, ret))
        return true;
    if (e->stopped_due) {
        e->stopped_due = false;
        *ret = (struct effect){.kind = EFFECT_STOPPED};
        return true;
    }
    *ret = (struct effect){.kind = EFFECT_NONE};
    return false;
}

void engine_counts(const struct engine *e, struct engine_counts *ret)
{
    *ret = (struct engine_counts){
        .ledger = e->ledger,
        .connections = e->conn_list.count,
        .sessions = e->session_list.count,
        .targets = e->target_list.count,
        .jobs = e->starting.count + e->running.count,
        .retries = e->retries,
        .requests = e->requests,
        .record_bytes = e->pools[POOL_RECORD].used,
        .record_bytes_max = e->pools[POOL_RECORD].size,
        .body_bytes = e->pools[POOL_BODY].used,
        .body_bytes_max = e->pools[POOL_BODY].size,
        .input_bytes = e->pools[POOL_INPUT].used,
        .input_bytes_max = e->pools[POOL_INPUT].size,
        .stale_events = e->stale_events,
        .unreported = e->unreported,
    };
}
