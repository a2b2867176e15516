/* world: see world.h. */
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "daemon/base/mem.h"
#include "tests/sim/actor.h"
#include "tests/sim/asker.h"
#include "tests/sim/hostile.h"
#include "tests/sim/link.h"
#include "tests/sim/oracle.h"

enum { START_MS = 1000, WALL_S = 1700000000, SHARED_TURN_RATE = 200 };

void world_in(struct world *w, struct event *ev, uint64_t delay_ms)
{
    heap_set(&w->events, &ev->node, w->now.mono_ms + delay_ms);
}

void world_cancel(struct world *w, struct event *ev)
{
    if (event_armed(ev))
        heap_remove(&w->events, &ev->node);
}

void world_violate(struct world *w, const char *promise, const char *format, ...)
{
    va_list args;
    if (w->violated)
        return;
    w->violated = true;
    int n = snprintf(w->violation, sizeof w->violation, "%s: ", promise);
    va_start(args, format);
    vsnprintf(w->violation + n, sizeof w->violation - (size_t)n, format, args);
    va_end(args);
}

void world_trace(struct world *w, const char *format, ...)
{
    va_list args;
    char *line = w->tail[w->lines++ % WORLD_TAIL];
    if (!w->options.verbose && !w->options.tail)
        return;
    int n = snprintf(line, WORLD_LINE, "%8" PRIu64 " %7" PRIu64 " ", w->now.mono_ms, w->steps);
    va_start(args, format);
    vsnprintf(line + n, WORLD_LINE - (size_t)n, format, args);
    va_end(args);
    if (w->options.verbose)
        fprintf(stderr, "%s\n", line);
}

bool world_ops_over(const struct world *w)
{
    return w->options.reduce.ops_max != 0 && w->ops >= w->options.reduce.ops_max;
}

static void run_heal(struct world *w, struct event *ev)
{
    (void)ev;
    world_trace(w, "world: everything is healed");
    w->healed = true;
    link_heal_all(w);
    hostile_leave_all(w);
    asker_leave_all(w);
    alloc_faults_end(w);
}

void world_init(struct world *w, uint64_t seed, const struct world_options *options)
{
    *w = (struct world){.options = *options, .now = {.mono_ms = START_MS, .wall_s = WALL_S}};
    scenario_draw(&w->scenario, seed);
    reduce_apply(&options->reduce, &w->scenario);
    if (options->verbose)
        scenario_print(&w->scenario);
    rng_seed(&w->rng, seed);
    truth_init(&w->truth);
    w->heal.run = run_heal;
    world_in(w, &w->heal, w->scenario.heal_ms - START_MS);
    host_init(w);
    model_init(w);
    actor_init_all(w);
    hostile_init_all(w);
    asker_init_all(w);
    alloc_faults_init(w);
}

void world_fini(struct world *w)
{
    model_fini(w);
    host_fini(w);
    actor_fini_all(w);
    hostile_fini_all(w);
    asker_fini_all(w);
    link_free_all(w);
    truth_fini(&w->truth);
    if (!w->violated && mem_live() != 0)
        world_violate(w, "memory", "%lld blocks were never freed", (long long)mem_live());
}

/* Run one event, then the engine's turn, or some more events of the same instant first, as an event loop would. */
static void step(struct world *w)
{
    struct heap_node *n = heap_pop_due(&w->events, w->now.mono_ms);
    struct event *ev = CONTAINER_OF(n, struct event, node);
    w->steps++;
    ev->run(w, ev);
    if (w->host.turn_due && !w->violated && !dice(&w->rng, SHARED_TURN_RATE))
        host_turn(w);
}

static void advance(struct world *w)
{
    uint64_t due = heap_deadline(&w->events);
    uint64_t gone_s = (due - START_MS) / 1000;
    w->now.mono_ms = due;
    w->now.wall_s = WALL_S + gone_s;
}

/* Describe what is left, for the text of a violation. */
static void describe(const struct world *w, char *out, size_t cap)
{
    struct engine_counts c = {0};
    if (w->host.engine != NULL)
        engine_counts(w->host.engine, &c);
    int n =
        snprintf(out, cap,
                 "; daemon: %" PRIu64 " connections, %" PRIu64 " sessions, %" PRIu64 " queued, %" PRIu64
                 " in flight, %zu links, %zu calls",
                 c.connections, c.sessions, c.ledger.queued, c.ledger.in_flight, w->links.count, w->model.calls.count);
    actor_describe(w, out + n, cap - (size_t)n);
}

static void check_limits(struct world *w)
{
    char waiting[WORLD_VIOLATION];
    uint64_t max = w->options.steps_max > 0 ? w->options.steps_max : WORLD_STEPS_MAX;
    bool late = w->now.mono_ms > w->scenario.heal_ms + WORLD_HEAL_LIMIT_MS;
    if (!late && w->steps < max)
        return;
    describe(w, waiting, sizeof waiting);
    world_violate(w, "P9", "%s and not everything has settled%s", late ? "all was healed long ago" : "too many steps",
                  waiting);
}

static bool is_over(const struct world *w)
{
    return w->healed && actor_all_over(w) && oracle_all_quiet(w) && w->links.count == 0 && w->model.calls.count == 0;
}

bool world_run(struct world *w)
{
    host_turn(w);
    while (!w->violated && !is_over(w)) {
        if (w->host.turn_due && (w->events.count == 0 || heap_deadline(&w->events) > w->now.mono_ms)) {
            host_turn(w);
        } else if (w->events.count == 0) {
            char waiting[WORLD_VIOLATION];
            describe(w, waiting, sizeof waiting);
            world_violate(w, "P9", "nothing is left to happen and not everything has settled%s", waiting);
        } else {
            if (heap_deadline(&w->events) > w->now.mono_ms)
                advance(w);
            step(w);
        }
        check_limits(w);
    }
    if (!w->violated)
        oracle_final(w);
    return !w->violated;
}
