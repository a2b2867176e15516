/* work: what the turn of the engine has still to do: timers, and the connections and tables that changed.
 * Owner: the engine. An event only notes work here; engine_turn does it, so that no event runs inside another.
 * Invariants: an object is noted at most once; noting costs a constant.
 */
#ifndef ENGINE_WORK_WORK_H
#define ENGINE_WORK_WORK_H

#include <stdbool.h>

#include "daemon/base/list.h"
#include "daemon/engine/work/timer.h"

struct engine;

/* Arm, move or (HEAP_NEVER) disarm a timer. */
void work_set_timer(struct engine *e, struct timer *t, uint64_t due_ms);

/* Have this connection, or this table, looked at in this turn; the node is the one for it in the object. */
void work_touch_conn(struct engine *e, struct list_node *in_dirty);
void work_touch_target(struct engine *e, struct list_node *in_dirty);

/* True while no new batch may start: the daemon stops. */
bool work_starts_held(const struct engine *e);

#endif
