/* run: plays seeds in a process of its own, so that an assertion, a loop or a leak ends that process alone.
 * Owner: the caller of run_open; the world is memory that both processes share, so that it can be looked at when the
 * child is gone.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <stdio.h>
#include <sys/types.h>

#include "tests/sim/world.h"

enum run_end {
    RUN_PASSED,
    RUN_VIOLATED, /* the oracle protested */
    RUN_DIED,     /* an assertion, a signal, too long, a leak */
};

struct run {
    pid_t child; /* 0: none */
    FILE *words; /* what the child says on stderr */
    struct run_shared *shared;
    uint64_t last; /* the last seed that it was to play */
    enum run_end end;
    uint64_t seed;  /* at which it ended */
    uint64_t steps; /* of all its seeds */
    char complaint[WORLD_VIOLATION];
};

void run_open(struct run *r);
void run_close(struct run *r);

/* Play the seeds one after another until one fails. run_wait must follow, or run_take. */
void run_start(struct run *r, uint64_t first, uint64_t last, const struct world_options *options, int m);

/* The child has ended with this status. */
void run_take(struct run *r, int status);

/* Wait for that, and take it. */
void run_wait(struct run *r);

/* Start and wait, with a single seed. */
void run_seed(struct run *r, uint64_t seed, const struct world_options *options, int m);

/* The world as the child left it: values only, what they point to is gone. */
const struct world *run_world(const struct run *r);

#endif
