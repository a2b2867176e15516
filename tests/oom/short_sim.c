/* short_sim: short simulations, once for each allocation of the daemon with that one failing. Every promise must hold
 * all the same (world.h, oracle.h), and no block may leak.
 * Owner: none.
 * Usage: oom_sim COUNT: the number of seeds. They are short, and the daemon is not restarted in them (that would end
 * the fault).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/mem.h"
#include "tests/sim/world.h"

enum { STEPS_MAX = 700, SEEDS_MAX = 2000 };

static struct world world;

/* One run with the nth allocation after the start failing (0: none). False: a promise is broken. Returns the number of
 * allocations, and the steps. */
static bool play(uint64_t seed, uint64_t nth, uint64_t *ret_asked)
{
    struct world_options options = {.check = true};
    world_init(&world, seed, &options);
    world.scenario.alloc_faults = 1; /* makes the oracle allow what the daemon may forget */
    uint64_t asked = mem_asked();
    mem_fail_nth(nth);
    world_run(&world);
    *ret_asked = mem_asked() - asked;
    mem_fail_nth(0);
    world_fini(&world);
    if (world.violated)
        fprintf(stderr, "seed %" PRIu64 ", allocation %" PRIu64 ", step %" PRIu64 ": %s\n", seed, nth, world.steps,
                world.violation);
    return !world.violated;
}

/* The scenario has no restart of the daemon and no other allocation fault. */
static bool seed_fits(uint64_t seed)
{
    struct scenario s;
    scenario_draw(&s, seed);
    return s.kills == 0 && s.drains == 0 && s.alloc_faults == 0 && s.clients <= 4;
}

static bool every_allocation(uint64_t seed, uint64_t *allocations)
{
    uint64_t asked, unused;
    bool ok = play(seed, 0, &asked);
    for (uint64_t n = 1; ok && n <= asked; n++)
        ok = play(seed, n, &unused);
    *allocations += asked;
    return ok;
}

/* True if the seed's run without a fault is short. */
static bool seed_is_short(uint64_t seed)
{
    uint64_t unused;
    return seed_fits(seed) && play(seed, 0, &unused) && world.steps <= STEPS_MAX;
}

int main(int argc, char **argv)
{
    unsigned long wanted = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, played = 0;
    uint64_t allocations = 0;
    if (wanted == 0) {
        fprintf(stderr, "usage: %s COUNT\n", argv[0]);
        return 2;
    }
    for (uint64_t seed = 1; played < wanted && seed < SEEDS_MAX; seed++) {
        if (!seed_is_short(seed))
            continue;
        if (!every_allocation(seed, &allocations))
            return 1;
        played++;
    }
    printf("%lu seeds, %" PRIu64 " allocations failed\n", played, allocations);
    return played < wanted || allocations == 0;
}
