/* run: plays seeds in a child process, so that an assertion, a loop or a leak ends only that process.
 * Owner: the caller of run_open; the world is shared memory, so it can be inspected after the child's end.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <stdio.h>
#include <sys/types.h>

#include "tests/sim/world.h"

enum run_end {
    RUN_PASSED,
    RUN_VIOLATED, /* the oracle found a violation */
    RUN_DIED,     /* an assertion, a signal, a timeout, a leak */
};

struct run {
    pid_t child; /* 0: none */
    FILE *words; /* the child's stderr */
    struct run_shared *shared;
    uint64_t last; /* last seed to play */
    enum run_end end;
    uint64_t seed;  /* seed at which it ended */
    uint64_t steps; /* of all its seeds */
    char complaint[WORLD_VIOLATION];
};

void run_open(struct run *r);
void run_close(struct run *r);

/* Play the seeds in order until one fails. Follow with run_wait or run_take. */
void run_start(struct run *r, uint64_t first, uint64_t last, const struct world_options *options, int m);

/* Process the child's exit status. */
void run_take(struct run *r, int status);

/* Wait for the child, then run_take. */
void run_wait(struct run *r);

/* Start and wait, for a single seed. */
void run_seed(struct run *r, uint64_t seed, const struct world_options *options, int m);

/* The world as the child left it. Use values only: its pointers are dangling. */
const struct world *run_world(const struct run *r);

#endif
