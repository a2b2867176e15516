/* host: the machine with the daemon: a shell of the engine as engine.h describes it, and what befalls a daemon: kill
 * -9, SIGTERM, a new start with a new epoch. Owner: struct world embeds one. Invariants: engine_turn follows every
 * group of events before time moves on; effects are pulled until there are none; a killed daemon's requests have ended
 * (or are forsaken) before its engine is freed.
 *
 * It shares nothing with the harness of the unit tests (tests/lib/rig.h): there a pump moves all bytes at once and the
 * rig believes its own decoder; here every read, write, answer and death is an event of its own on one clock, drawn
 * from the seed, the peers are the real client cores, and the oracle must not stand on code that judges the engine
 * elsewhere.
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
    HOST_EPOCH_STEP = 1000000, /* a daemon moves its epoch on when it forgets a book; the next one's is far away */
};

struct host {
    struct config config;
    struct engine *engine; /* NULL: no daemon runs */
    uint64_t epoch;        /* of the running daemon, or of the last one */
    bool draining, stopped;
    bool turn_due;
    struct event timer; /* engine_deadline */
    struct event restart;
    struct event kill[HOST_BLOWS_MAX], drain[HOST_BLOWS_MAX];
    uint64_t drain_ms; /* since when */
    uint64_t turns;
};

void host_init(struct world *w);
void host_fini(struct world *w);

/* True if a connection can be made. */
bool host_listens(const struct world *w);

/* Something happened to the engine: a turn must follow. */
void host_wants_turn(struct world *w);

/* The lane's answer. */
void host_job_done(struct world *w, struct job *job, const struct job_result *result);

/* Turn, effects, output; until nothing moves. Returns when all is quiet at this time. */
void host_turn(struct world *w);

#endif
