/* famine: see famine.h. */
#include "tests/sim/famine.h"

#include "daemon/base/mem.h"
#include "tests/sim/world.h"

enum { ALLOCATIONS_AHEAD = 400 };

static void arm(struct world *w)
{
    uint64_t span_ms = w->scenario.heal_ms - w->now.mono_ms;
    if (w->famine.left > 0 && span_ms > 0)
        world_in(w, &w->famine.event, 2 * rng_below(&w->rng, span_ms / w->famine.left-- + 1));
}

static void run_famine(struct world *w, struct event *ev)
{
    (void)ev;
    if (w->healed)
        return;
    if (w->host.engine != NULL)
        mem_fail_nth(1 + rng_below(&w->rng, ALLOCATIONS_AHEAD));
    arm(w);
}

void famine_init(struct world *w)
{
    w->famine = (struct famine){.event = {.run = run_famine}, .left = w->scenario.famines};
    mem_fail_nth(0);
    arm(w);
}

void famine_end(struct world *w)
{
    world_cancel(w, &w->famine.event);
    mem_fail_nth(0);
}
