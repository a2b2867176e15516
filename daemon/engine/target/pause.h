/* pause: a table that somebody must repair stands still, is tried now and then, and at last fails what waits.
 * Owner: the target.
 */
#ifndef ENGINE_TARGET_PAUSE_H
#define ENGINE_TARGET_PAUSE_H

#include "daemon/engine/target/target.h"

/* Stand still: the outcome is one of the table's troubles. Called again for each further refusal. */
void target_pause(struct engine *e, struct target *t, const struct job_result *result);

/* A request went through: leave the pause. */
void target_resume(struct engine *e, struct target *t);

/* Which trouble a reason tells of; 0: none that has a text of its own. */
uint64_t target_pause_edition(const struct target *t, enum reason reason);

/* Policy of a paused target; returns when it wants to run next (HEAP_NEVER: not by itself). */
uint64_t target_run_paused(struct engine *e, struct target *t);

#endif
