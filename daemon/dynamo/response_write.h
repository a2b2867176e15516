/* response_write: reads from the body of a BatchWriteItem answered with 200 which items were not written.
 * Owner: none. Pure.
 * Invariant: an unprocessed item that matches no sent key makes the whole answer TRANSIENT.
 */
#ifndef DYNAMO_RESPONSE_WRITE_H
#define DYNAMO_RESPONSE_WRITE_H

#include "daemon/dynamo/job.h"

/* Classify the body of a 200. */
void response_write_classify(const struct job *job, struct span body, struct job_result *ret);

#endif
