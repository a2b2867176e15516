/* world: one run of the simulator: the virtual clock, the pending events, and all participants.
 * Owner: main owns one world per seed. One thread; nothing in it reads a real clock or real entropy.
 * Invariants: time moves only in world_run and never back; events of one instant run in the order they were armed;
 * after the first violation nothing more happens.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/heap.h"
#include "daemon/base/list.h"
#include "daemon/base/rng.h"
#include "daemon/engine/engine.h"
#include "tests/sim/alloc_faults.h"
#include "tests/sim/event.h"
#include "tests/sim/host.h"
#include "tests/sim/model.h"
#include "tests/sim/reduce.h"
#include "tests/sim/scenario.h"
#include "tests/sim/truth.h"

enum {
    WORLD_VIOLATION = 1024,
    WORLD_TAIL = 60,
    WORLD_LINE = 200,
    WORLD_HEAL_LIMIT_MS = 180 * 1000,
    WORLD_STEPS_MAX = 3 * 1000 * 1000
};

struct actor;
struct asker;
struct hostile;

struct world_options {
    bool verbose;       /* print the trace */
    bool tail;          /* keep the end of the trace */
    bool check;         /* call engine_check now and then */
    uint64_t steps_max; /* 0: WORLD_STEPS_MAX */
    struct reduce reduce;
};

struct world {
    struct world_options options;
    struct scenario scenario;
    struct rng rng;
    struct moment now;
    struct heap events;
    uint64_t steps;
    struct event heal;
    bool healed;

    struct truth truth;
    struct host host;   /* the machine with the daemon */
    struct model model; /* the service */
    struct alloc_faults alloc_faults;
    struct list_head links;
    uint64_t next_link;
    struct actor *actors;
    uint32_t actor_count;
    struct hostile *hostiles;
    uint32_t hostile_count;
    struct asker *askers;
    uint32_t asker_count;

    bool violated;
    char violation[WORLD_VIOLATION];
    uint64_t lines;                    /* of the trace */
    uint64_t ops;                      /* records put */
    char tail[WORLD_TAIL][WORLD_LINE]; /* line n is at n % WORLD_TAIL */
};

/* Build the world of a seed. */
void world_init(struct world *w, uint64_t seed, const struct world_options *options);
void world_fini(struct world *w);

/* Play until everything has settled or a promise is broken. True: all is well; otherwise w->violation has the message.
 */
bool world_run(struct world *w);

/* Schedule `ev` in `delay_ms`; moves it if it is already armed. */
void world_in(struct world *w, struct event *ev, uint64_t delay_ms);
void world_cancel(struct world *w, struct event *ev);

/* A promise is broken: keep the first message, stop. */
void world_violate(struct world *w, const char *promise, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* True if no more records are to be put. */
bool world_ops_over(const struct world *w);

/* Print one line of the trace with --verbose. */
void world_trace(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
