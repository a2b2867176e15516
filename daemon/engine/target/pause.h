/* pause: a table that somebody must repair: its records wait, it is probed now and then, and after a timeout its
 * records fail.
 * Owner: the target.
 */
#ifndef ENGINE_TARGET_PAUSE_H
#define ENGINE_TARGET_PAUSE_H

#include "daemon/engine/target/target.h"

/* Pause the target: the outcome is one of the table's errors. Called again for each further refusal. */
void pause_begin(struct engine *e, struct target *t, const struct job_result *result);

/* The table accepts requests again: end the pause. */
void pause_end(struct engine *e, struct target *t);

/* The version of the pause that `reason` stands for; 0: the reason has no text of its own. */
uint64_t pause_version(const struct target *t, enum reason reason);

/* Run a paused target. Returns when it must run next (HEAP_NEVER: not on its own). */
uint64_t pause_run(struct engine *e, struct target *t);

#endif
