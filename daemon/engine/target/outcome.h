/* outcome: applies an answer to the records of its batch and to their table.
 * Owner: none; the caller frees the batch.
 */
#ifndef ENGINE_TARGET_OUTCOME_H
#define ENGINE_TARGET_OUTCOME_H

#include "daemon/engine/target/batch.h"

/* Apply the answer to this target's DescribeTable. */
void outcome_described(struct engine *e, struct target *t, const struct job_result *result);

/* Apply the answer to every record of a write batch. */
void outcome_apply(struct engine *e, struct batch *b, const struct job_result *result);

#endif
