/* response_error: classifies an answer that is not 200, by a table from error code to outcome.
 * Owner: none. Pure.
 * Invariant: the text leaves out what the message of a refused signature quotes from the request, because that includes
 * the session token.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
#ifndef DYNAMO_RESPONSE_ERROR_H
#define DYNAMO_RESPONSE_ERROR_H

#include "daemon/dynamo/job.h"

/* Classify an answer that is not 200: its status, the x-amzn-errortype header (n == 0: none) and its body. */
void response_error_classify(const struct job *job, int status, struct span error_type, struct span body,
                             struct job_result *ret);

#endif
