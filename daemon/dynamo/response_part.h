/* response_part: what the response_* files share: setting a result's text, and classifying an answer as broken.
 * Owner: none. Pure.
 * Invariant: the text of a result is one line of valid UTF-8.
 */
#ifndef DYNAMO_RESPONSE_PART_H
#define DYNAMO_RESPONSE_PART_H

#include "daemon/dynamo/job.h"

/* Set the result's text. Control characters become blanks; a text that is too long is cut between words. */
__attribute__((format(printf, 2, 3))) void response_part_set_text(struct job_result *ret, const char *format, ...);

/* Classify an answer that cannot be relied on: TRANSIENT, and every item may have been written. The text is "broken
 * answer: " and `why`. */
void response_part_set_broken(const struct job *job, const char *why, struct job_result *ret);

#endif
