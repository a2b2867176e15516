#include "tests/sim/alloc_faults.h"

#include "daemon/base/mem.h"
#include "tests/sim/world.h"

enum { ALLOCATIONS_AHEAD = 400 };

static void arm(struct world *w)
{
    uint64_t span_ms = w->scenario.heal_ms - w->now.mono_ms;
    if (w->alloc_faults.left > 0 && span_ms > 0)
        world_in(w, &w->alloc_faults.event, 2 * rng_below(&w->rng, span_ms / w->alloc_faults.left-- + 1));
}

static void run_alloc_fault(struct world *w, struct event *ev)
{
    (void)ev;
    if (w->healed)
        return;
    if (w->host.engine != NULL)
        mem_fail_nth(1 + rng_below(&w->rng, ALLOCATIONS_AHEAD));
    arm(w);
}

void alloc_faults_init(struct world *w)
{
    w->alloc_faults = (struct alloc_faults){.event = {.run = run_alloc_fault}, .left = w->scenario.alloc_faults};
    mem_fail_nth(0);
    arm(w);
}

void alloc_faults_end(struct world *w)
{
    world_cancel(w, &w->alloc_faults.event);
    mem_fail_nth(0);
}
