/* run: the turns of the targets: what can start, starts, and timers are armed for what must wait.
 * Owner: none.
 */
#ifndef ENGINE_TARGET_RUN_H
#define ENGINE_TARGET_RUN_H

#include "daemon/engine/target/target.h"

/* Run every target that has work, and start DescribeTables. */
void run_targets(struct engine *e);

/* Memory for bodies came back: have those that wait for it run. */
void run_body_waits(struct engine *e);

/* Hand out places among [aws] max_in_flight: who waits longest first, before those whose batch was done just now. */
void run_slots(struct engine *e);

/* True if there is a place, and somebody waits for it. */
bool run_slots_offered(const struct engine *e);

#endif
