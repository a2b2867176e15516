/* response_write: the body of a BatchWriteItem that was answered with 200: which of the job's items were not written.
 * Owner: none. Pure.
 * Invariant: an item that matches no sent key makes the whole answer TRANSIENT.
 */
#ifndef CORE_RESPONSE_WRITE_H
#define CORE_RESPONSE_WRITE_H

#include "daemon/core/job.h"

/* Classify the body of a 200. */
void response_write_classify(const struct job *job, struct span body, struct job_result *ret);

#endif
