/* outcome: what an answer means for the records of its batch and for their table.
 * Owner: none; the batch is freed by the caller.
 */
#ifndef ENGINE_TARGET_OUTCOME_H
#define ENGINE_TARGET_OUTCOME_H

#include "daemon/engine/target/batch.h"

/* The DescribeTable of this target was answered. */
void target_on_described(struct engine *e, struct target *t, const struct job_result *result);

/* Apply the answer to every record of a write batch. */
void batch_on_done(struct engine *e, struct batch *b, const struct job_result *result);

#endif
