/* run: the targets' part of a turn: starts what can start, and arms timers for what must wait.
 * Owner: none.
 */
#ifndef ENGINE_TARGET_RUN_H
#define ENGINE_TARGET_RUN_H

#include "daemon/engine/target/target.h"

/* Run every target that has work, and start queued DescribeTables. */
void run_targets(struct engine *e);

/* If memory for bodies was released, queue the targets that wait for it. */
void run_body_waits(struct engine *e);

/* Reserve free slots of [aws] max_in_flight for the targets that wait, longest wait first. They go before targets whose
 * batch has just completed. */
void run_slots(struct engine *e);

/* True if a slot is free and a target waits for one. */
bool run_slots_offered(const struct engine *e);

#endif
