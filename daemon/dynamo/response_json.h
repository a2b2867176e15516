/* response_json: the body of an answer through jansson, with memory that may run out.
 * Owner: the caller owns the root that it was given; the blocks of a text that is being read belong to the thread that
 * reads it.
 * Invariants: memory that runs out inside jansson ends the reading, and nothing of it is left; jansson's blocks are
 * counted by base/mem.
 */
#ifndef DYNAMO_RESPONSE_JSON_H
#define DYNAMO_RESPONSE_JSON_H

#include <jansson.h>

#include "proto/must_use.h"
#include "proto/span.h"

/* Make jansson allocate through base/mem, for the whole process; a second call does nothing. By the thread that starts
 * those that read, before any other use of jansson. */
void response_json_init(void);

/* Read a body. DDBS_OK: the caller gives the root to json_decref, on this thread; DDBS_E_PROTOCOL_ERROR: it is no JSON;
 * DDBS_E_OUT_OF_MEMORY (without response_json_init jansson may fail harder). */
int response_json_load(struct span body, json_t **ret) MUST_USE;

/* Why it could not be read, for response_part_set_broken. */
const char *response_json_load_error(int rc);

/* A member's text as a span; n == 0 and p == NULL if it is not there or no string. */
struct span response_json_string(const json_t *object, const char *name);

#endif
