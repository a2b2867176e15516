/* response_part: what the files of the response value share; for them alone.
 * Owner: none. Pure.
 * Invariant: every text that is put into a result is one line of valid UTF-8.
 */
#ifndef CORE_RESPONSE_PART_H
#define CORE_RESPONSE_PART_H

#include <jansson.h>

#include "daemon/core/response.h"

/* Duplicate names would let one table's unprocessed items hide another's; NUL is a legal character of a key. */
#define RESPONSE_JSON_FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)

/* Read a body. DDBS_OK: the caller gives the root to json_decref, on this thread; DDBS_E_PROTOCOL_ERROR: it is no JSON;
 * DDBS_E_OUT_OF_MEMORY (without response_init jansson may fail harder). */
int response_load(struct span body, json_t **ret);

/* Why it could not be read, for response_broken. */
const char *response_load_error(int rc);

/* Set the result's text: control characters become blanks, what is too long is cut between words. */
__attribute__((format(printf, 2, 3))) void response_say(struct job_result *ret, const char *format, ...);

/* The answer cannot be relied on: TRANSIENT, and whatever was sent may have been written. `why` continues "broken
 * answer: ". */
void response_broken(const struct job *job, const char *why, struct job_result *ret);

/* A member's text as a span; n == 0 and p == NULL if it is not there or no string. */
struct span response_string(const json_t *object, const char *name);

/* Judge an answer that is not 200. */
void response_judge_error(const struct job *job, const struct response *r, struct job_result *ret);

/* Judge the body of a 200. */
void response_judge_write(const struct job *job, struct span body, struct job_result *ret);
void response_judge_describe(const struct job *job, struct span body, struct job_result *ret);

#endif
