/* work: what the engine's turn still has to do: timers, and the connections and tables that changed.
 * Owner: the engine. Events only queue work here; engine_turn does it, so that no event runs inside another.
 * Invariants: an object is queued at most once; queueing takes constant time.
 */
#ifndef ENGINE_WORK_WORK_H
#define ENGINE_WORK_WORK_H

#include <stdbool.h>

#include "daemon/base/list.h"
#include "daemon/engine/work/timer.h"

struct engine;

/* Arm, move or (HEAP_NEVER) disarm a timer. */
void work_set_timer(struct engine *e, struct timer *t, uint64_t due_ms);

/* Queue this connection, or this table, for this turn; the node is the object's own. */
void work_touch_conn(struct engine *e, struct list_node *in_dirty);
void work_touch_target(struct engine *e, struct list_node *in_dirty);

/* True while no new batch may start, because of the drain. */
bool work_starts_held(const struct engine *e);

#endif
