/* host: the machine that runs the daemon: a shell for the engine as engine.h describes it, and the daemon's fates: kill
 * -9, SIGTERM, a restart with a new epoch.
 * Owner: struct world embeds one.
 * Invariants: engine_turn follows every group of events before time moves on; effects are pulled until there are none;
 * a killed daemon's requests have ended (or are abandoned) before its engine is freed.
 *
 * It shares nothing with the unit tests' harness (tests/lib/rig.h). There a pump moves all bytes at once and the rig
 * trusts its own decoder. Here every read, write, answer and death is a separate event on one clock, drawn from the
 * seed; the peers are real client cores; and the oracle must not depend on code that checks the engine elsewhere.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/engine/engine.h"
#include "tests/sim/event.h"

struct world;

enum {
    HOST_BLOWS_MAX = 8,
    HOST_EPOCH_STEP = 1000000, /* a daemon moves its epoch on when it forgets a session; the next one is far away */
};

struct host {
    struct config config;
    struct engine *engine; /* NULL: no daemon is running */
    uint64_t epoch;        /* of the running daemon, or of the last one */
    bool draining, stopped;
    bool turn_due;
    struct event timer; /* engine_deadline */
    struct event restart;
    struct event kill[HOST_BLOWS_MAX], drain[HOST_BLOWS_MAX];
    uint64_t drain_ms; /* start of the drain */
    uint64_t turns;
};

void host_init(struct world *w);
void host_fini(struct world *w);

/* True if connections are accepted. */
bool host_listens(const struct world *w);

/* The engine got an event: a turn must follow. */
void host_wants_turn(struct world *w);

/* Deliver the lane's answer. */
void host_job_done(struct world *w, struct job *job, const struct job_result *result);

/* Turn, effects, output, until nothing moves at this instant. */
void host_turn(struct world *w);

#endif
