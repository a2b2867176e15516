/* host: see host.h. */
#include "tests/sim/host.h"

#include <stdio.h>

#include "daemon/base/mem.h"

#include "tests/sim/link.h"
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

enum {
    EFFECTS_MAX = 100000, /* per turn */
    ROUNDS_MAX = 10000,   /* turns at one instant without an event */
    DOWN_MS = 1500,       /* longest gap between two daemons */
    STOP_SLACK_MS = 6000, /* a drain also waits for one request, and for its last frames to be read */
    CHECK_EVERY = 16,
};

static void start(struct world *w)
{
    struct host *h = &w->host;
    h->epoch++;
    h->draining = h->stopped = false;
    h->turn_due = true;
    struct engine_params p = {
        .config = &h->config,
        .seed = rng_next(&w->rng),
        .epoch = h->epoch * HOST_EPOCH_STEP,
        .daemon_uid = 990,
        .server = "ddbsidecard sim",
        .endpoint = "https://dynamodb.sim",
        .region = "sim-1",
    };
    mem_fail_nth(0);
    h->engine = engine_new(&p, w->now);
    w->model.acked = 0;
    w->truth.told_failed = w->truth.told_aborted = 0;
    if (h->engine == NULL)
        world_violate(w, "host", "engine_new failed");
    world_trace(w, "host: a daemon starts, epoch %llu", (unsigned long long)h->epoch);
}

/* The process is gone: its sockets close, its requests continue without it. */
static void end(struct world *w)
{
    struct host *h = &w->host;
    for (struct list_node *n = w->links.first, *next; n != NULL; n = next) {
        struct link *l = CONTAINER_OF(n, struct link, node);
        next = n->next;
        if (l->conn != 0)
            link_server_close(w, l);
    }
    model_forsake(w);
    engine_free(h->engine);
    h->engine = NULL;
    world_cancel(w, &h->timer);
    world_in(w, &h->restart, dice_between(&w->rng, 1, DOWN_MS));
}

static void run_restart(struct world *w, struct event *ev)
{
    (void)ev;
    start(w);
}

static void run_kill(struct world *w, struct event *ev)
{
    (void)ev;
    if (w->host.engine == NULL)
        return;
    world_trace(w, "host: kill -9");
    end(w);
}

static void run_drain(struct world *w, struct event *ev)
{
    (void)ev;
    if (w->host.engine == NULL || w->host.draining)
        return;
    world_trace(w, "host: SIGTERM");
    w->host.draining = true;
    w->host.drain_ms = w->now.mono_ms;
    engine_drain(w->host.engine, w->now);
    w->host.turn_due = true;
}

static void run_timer(struct world *w, struct event *ev)
{
    (void)ev;
    w->host.turn_due = true;
}

static void configure(struct world *w)
{
    const struct scenario *s = &w->scenario;
    struct config *c = &w->host.config;
    config_init(c);
    c->memory_max = s->memory_max;
    c->handover_ms = 500;
    c->drain_timeout_ms = 3000;
    c->max_clients = s->max_clients;
    c->reconnect_timeout_ms = s->book_ms;
    c->request_timeout_ms = 10000;
    c->defaults.linger_ms = s->linger_ms;
    c->defaults.max_in_flight = s->max_in_flight;
    c->defaults.max_window = s->max_window;
    c->defaults.table_error_timeout_ms = s->table_error_timeout_ms > 0 ? s->table_error_timeout_ms : CONFIG_NEVER;
    c->max_in_flight = s->slots;
    if (s->describe)
        return;
    c->table_count = SCENARIO_TABLES_MAX;
    c->tables = mem_zalloc(SCENARIO_TABLES_MAX * sizeof *c->tables);
    for (uint32_t i = 0; i < SCENARIO_TABLES_MAX; i++) {
        c->tables[i] = c->defaults;
        snprintf(c->tables[i].name, sizeof c->tables[i].name, "%s", truth_table_name(i));
        truth_schema(i, false, &c->tables[i].key_schema);
    }
}

void host_init(struct world *w)
{
    const struct scenario *s = &w->scenario;
    struct host *h = &w->host;
    *h = (struct host){0};
    configure(w);
    h->timer.run = run_timer;
    h->restart.run = run_restart;
    for (uint32_t i = 0; i < HOST_BLOWS_MAX; i++) {
        h->kill[i].run = run_kill;
        h->drain[i].run = run_drain;
        if (i < s->kills)
            world_in(w, &h->kill[i], rng_below(&w->rng, s->heal_ms - w->now.mono_ms));
        if (i < s->drains)
            world_in(w, &h->drain[i], rng_below(&w->rng, s->heal_ms - w->now.mono_ms));
    }
    start(w);
}

void host_fini(struct world *w)
{
    if (w->host.engine != NULL) {
        model_forsake(w);
        engine_free(w->host.engine);
    }
    config_fini(&w->host.config);
}

bool host_listens(const struct world *w)
{
    return w->host.engine != NULL && !w->host.draining;
}

void host_wants_turn(struct world *w)
{
    w->host.turn_due = true;
}

void host_job_done(struct world *w, struct job *job, const struct job_result *result)
{
    engine_job_done(w->host.engine, job, result, w->now);
    w->host.turn_due = true;
}

/* ---- one turn ---- */

static void perform(struct world *w, const struct effect *f)
{
    struct link *l = f->kind >= EFFECT_WRITE && f->kind <= EFFECT_CLOSE ? link_of_conn(w, f->conn) : NULL;
    switch (f->kind) {
    case EFFECT_WRITE:
        if (l != NULL)
            l->writing = true;
        break;
    case EFFECT_READ_ON:
    case EFFECT_READ_OFF:
        if (l != NULL)
            link_set_reading(w, l, f->kind == EFFECT_READ_ON);
        break;
    case EFFECT_CLOSE:
        if (l == NULL)
            break;
        world_trace(w, "link %llu: closed by the daemon", (unsigned long long)l->id);
        oracle_on_close(w, l);
        link_server_close(w, l);
        break;
    case EFFECT_START:
        model_start(w, f->job);
        break;
    case EFFECT_LOG:
        world_trace(w, "log %d: %s", (int)f->level, f->text);
        break;
    case EFFECT_STOPPED:
        w->host.stopped = true;
        oracle_on_stopped(w);
        break;
    case EFFECT_NONE:
        break;
    }
}

static bool perform_all(struct world *w)
{
    struct effect f;
    uint32_t count = 0;
    while (!w->violated && engine_next_effect(w->host.engine, &f)) {
        perform(w, &f);
        if (++count > EFFECTS_MAX)
            world_violate(w, "P9", "one turn has more than %d effects", EFFECTS_MAX);
    }
    return count > 0;
}

static bool pump_all(struct world *w)
{
    bool moved = false;
    for (struct list_node *n = w->links.first, *next; n != NULL && !w->violated; n = next) {
        struct link *l = CONTAINER_OF(n, struct link, node);
        next = n->next;
        if (l->writing && l->conn != 0)
            moved |= link_pump(w, l);
    }
    return moved;
}

static void arm_timer(struct world *w)
{
    uint64_t due = engine_deadline(w->host.engine);
    if (due == UINT64_MAX)
        world_cancel(w, &w->host.timer);
    else
        world_in(w, &w->host.timer, due > w->now.mono_ms ? due - w->now.mono_ms : 0);
}

static void check(struct world *w)
{
    char errmsg[512] = "";
    struct host *h = &w->host;
    oracle_on_turn(w);
    if (w->options.check && h->turns++ % CHECK_EVERY == 0 && !engine_check(h->engine, errmsg, sizeof errmsg))
        world_violate(w, "engine_check", "%s", errmsg);
    uint64_t limit = h->config.handover_ms + h->config.drain_timeout_ms + w->scenario.slow_ms + STOP_SLACK_MS;
    if (h->draining && w->now.mono_ms - h->drain_ms > limit)
        world_violate(w, "P9", "SIGTERM was %llu ms ago and the daemon does not stop",
                      (unsigned long long)(w->now.mono_ms - h->drain_ms));
}

void host_turn(struct world *w)
{
    struct host *h = &w->host;
    uint32_t rounds = 0;
    bool moved = true;
    h->turn_due = false;
    while (h->engine != NULL && moved && !w->violated) {
        h->turn_due = false;
        engine_turn(h->engine, w->now);
        moved = perform_all(w);
        moved |= pump_all(w);
        if (++rounds > ROUNDS_MAX)
            world_violate(w, "P9", "the engine finds no rest at one time");
    }
    if (h->engine == NULL || w->violated)
        return;
    arm_timer(w);
    check(w);
    if (h->stopped) {
        world_trace(w, "host: the daemon has stopped");
        end(w);
    }
}
