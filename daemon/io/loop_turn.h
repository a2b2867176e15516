/* loop_turn: what the loop shares with those that bring events: the engine, the time, and that a turn is due.
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
    struct engine *engine; /* NULL: not there yet */
    bool due;              /* an event came since the last turn */
};

/* Both clocks, the monotonic one as of the loop's last wake-up. */
static inline struct moment loop_turn_moment(const struct loop_turn *t)
{
    return (struct moment){.mono_ms = uv_now(t->uv), .wall_s = clock_wall_s()};
}

/* An event was fed to the engine: turn it before the loop sleeps. */
static inline void loop_turn_request(struct loop_turn *t)
{
    t->due = true;
}

#endif
