/* response_describe: reads key schema and state from the body of a DescribeTable answered with 200.
 * Owner: none. Pure.
 * Invariant: an active table without a usable key schema makes the answer TRANSIENT.
 */
#ifndef DYNAMO_RESPONSE_DESCRIBE_H
#define DYNAMO_RESPONSE_DESCRIBE_H

#include "daemon/dynamo/job.h"

/* Classify the body of a 200. */
void response_describe_classify(const struct job *job, struct span body, struct job_result *ret);

#endif
