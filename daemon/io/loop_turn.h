/* loop_turn: what the loop shares with the sources of events: the engine, the time, and whether a turn is due.
 * Owner: embedded in the loop, which runs the turns; one thread. Inline, without a .c.
 * Invariants: whoever feeds the engine an event calls loop_turn_request afterwards; only the loop clears `due`.
 */
#ifndef IO_LOOP_TURN_H
#define IO_LOOP_TURN_H

#include <stdbool.h>
#include <uv.h>

#include "daemon/engine/engine.h"
#include "daemon/os/clock.h"

struct loop_turn {
    uv_loop_t *uv;
    struct engine *engine; /* NULL: not attached yet */
    bool due;              /* an event came since the last turn */
};

/* The time of an event: the wall clock now, and the monotonic time of the loop's last wake-up. */
static inline struct moment loop_turn_moment(const struct loop_turn *t)
{
    return (struct moment){.mono_ms = uv_now(t->uv), .wall_s = clock_wall_s()};
}

/* Call after an event was fed to the engine: the loop turns it before it sleeps. */
static inline void loop_turn_request(struct loop_turn *t)
{
    t->due = true;
}

#endif
