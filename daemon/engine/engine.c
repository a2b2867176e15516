#include "daemon/engine/engine.h"

#include <assert.h>

#include "daemon/base/mem.h"
#include "daemon/config/config.h"
#include "daemon/dynamo/job.h"
#include "daemon/engine/check.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/input.h"
#include "daemon/engine/conn/notice.h"
#include "daemon/engine/conn/output.h"
#include "daemon/engine/conn/request.h"
#include "daemon/engine/conn/teardown.h"
#include "daemon/engine/conn/turn.h"
#include "daemon/engine/drain.h"
#include "daemon/engine/effect.h"
#include "daemon/engine/ops/flush.h"
#include "daemon/engine/ops/verb.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/record/settle.h"
#include "daemon/engine/target/batch.h"
#include "daemon/engine/target/outcome.h"
#include "daemon/engine/target/run.h"
#include "daemon/engine/target/schema.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/event.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/timer.h"
#include "proto/err.h"

enum {
    PLACES_MAX = 65535,
    TURN_ROUNDS_MAX = 8,
    LARGEST_BODY = 8 * 1024 * 1024, /* one 400 KB item as JSON (up to 9 times its size), the response, and the batch */
};

/* ---- lifecycle ---- */

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* C5: half of memory_max for records, a quarter for bodies, a quarter for connections: first their structs (4 KiB
 * each), then their input buffers. */
static void engine_open_pools(struct engine *e)
{
    uint64_t max = e->config->memory_max;
    uint64_t own = e->conn_places * sizeof(struct conn);
    struct pool *p = e->pools;
    p[POOL_RECORD].size = max / 2;
    p[POOL_RECORD].largest = smaller(FRAME_WRITE_MAX + MSG_COST_OVERHEAD, max / 8);
    /* Long WRITEs that are still being read hold at most this much, so that peers that stall in one do not block other
     * records. */
    p[POOL_LONG].largest = p[POOL_RECORD].largest;
    p[POOL_LONG].size = larger(p[POOL_RECORD].size / 4, p[POOL_LONG].largest);
    p[POOL_BODY].size = max / 4;
    p[POOL_BODY].largest = smaller(LARGEST_BODY, max / 8);
    p[POOL_INPUT].size = max / 4 > 2 * own ? max / 4 - own : max / 8;
    p[POOL_INPUT].largest = INPUT_BUFFER;
}

/* max_clients, but at most what fits into an eighth of memory_max; plus the spare slots. */
static size_t engine_places(const struct config *c)
{
    uint64_t fit = c->memory_max / 8 / sizeof(struct conn);
    return (size_t)smaller(smaller(c->max_clients, fit) + CONN_SPARE_PLACES, PLACES_MAX);
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
            settle_record(e, CONTAINER_OF(t->queue.all.first, struct record, in_target), LEDGER_WITHDRAWN,
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

/* ---- events ---- */

int engine_conn_open(struct engine *e, struct peer peer, struct moment now, uint64_t *ret_id)
{
    e->now = now;
    return conn_open(e, peer, ret_id);
}

struct room engine_input(struct engine *e, uint64_t id)
{
    struct conn *c = conn_find(e, id);
    return c != NULL ? input_room(e, c) : (struct room){0};
}

size_t engine_received(struct engine *e, uint64_t id, size_t n, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    return c != NULL ? input_received(e, c, n) : n;
}

void engine_conn_eof(struct engine *e, uint64_t id, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    if (c != NULL)
        input_eof(e, c);
}

void engine_conn_hangup(struct engine *e, uint64_t id, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    if (c != NULL)
        input_hangup(e, c);
}

struct span engine_output(struct engine *e, uint64_t id, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    return c != NULL ? output_next(e, c) : (struct span){0};
}

void engine_sent(struct engine *e, uint64_t id, size_t n, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    if (c != NULL)
        output_sent(c, n);
}

void engine_drain(struct engine *e, struct moment now)
{
    e->now = now;
    drain_begin(e);
}

void engine_job_done(struct engine *e, struct job *job, const struct job_result *result, struct moment now)
{
    e->now = now;
    struct batch *b = CONTAINER_OF(job, struct batch, job);
    assert(list_on(&b->node, &e->running));
    list_remove(&b->node);
    if (job->kind == JOB_DESCRIBE) {
        e->describes--;
        outcome_described(e, b->target, result);
    } else {
        outcome_apply(e, b, result);
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

void engine_turn(struct engine *e, struct moment now)
{
    assert(now.mono_ms >= e->now.mono_ms);
    e->now = now;
    teardown_run(e); /* before the timers: those of what is marked were for another state */
    turn_timers(e);
    teardown_run(e);
    for (int round = 0; round < TURN_ROUNDS_MAX; round++) {
        turn_waiters(e);
        teardown_run(e);
        verb_run_all(e);
        drain_step(e);
        run_body_waits(e);
        run_slots(e);
        run_targets(e);
        verb_answer_described(e);
        if (list_empty(&e->dirty_targets) && !run_slots_offered(e))
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
                     !list_empty(&e->dirty_conns) || run_slots_offered(e) ||
                     (turn_memory_freed(e) && !list_empty(&e->waiting_users));
    bool describe_waits =
        !list_empty(&e->describe_queue) && e->describes < SCHEMA_DESCRIBES_MAX; /* an allocation failed: retry */
    uint64_t due = heap_deadline(&e->timers);
    if (work_left)
        return e->now.mono_ms;
    return describe_waits ? smaller(due, e->now.mono_ms + NO_MEMORY_RETRY_MS) : due;
}

bool engine_next_effect(struct engine *e, struct effect *ret)
{
    return effect_next(e, ret);
}

/* ---- inspection ---- */

bool engine_check(const struct engine *e, char *errmsg, size_t cap)
{
    return check_run(e, errmsg, cap);
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
