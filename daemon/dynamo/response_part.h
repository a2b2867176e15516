/* response_part: what the files of the response value share: setting a result's text, and giving an answer up.
 * Owner: none. Pure.
 * Invariant: every text that is put into a result is one line of valid UTF-8.
 */
#ifndef DYNAMO_RESPONSE_PART_H
#define DYNAMO_RESPONSE_PART_H

#include "daemon/dynamo/job.h"

/* Set the result's text: control characters become blanks, what is too long is cut between words. */
__attribute__((format(printf, 2, 3))) void response_part_set_text(struct job_result *ret, const char *format, ...);

/* The answer cannot be relied on: TRANSIENT, and whatever was sent may have been written. `why` continues "broken
 * answer: ". */
void response_part_set_broken(const struct job *job, const char *why, struct job_result *ret);

#endif
