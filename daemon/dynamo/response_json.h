/* response_json: parses the body of an answer with jansson, and survives running out of memory there.
 * Owner: the caller owns the returned root. The blocks of a text being parsed belong to the parsing thread.
 * Invariants: if memory runs out inside jansson, parsing ends and all its blocks are freed. base/mem counts jansson's
 * blocks.
 */
#ifndef DYNAMO_RESPONSE_JSON_H
#define DYNAMO_RESPONSE_JSON_H

#include <jansson.h>

#include "proto/must_use.h"
#include "proto/span.h"

/* Make jansson allocate through base/mem, for the whole process; a second call does nothing. Call on the thread that
 * starts the parsing threads, before any other use of jansson. */
void response_json_init(void);

/* Parse a body. DDBS_OK: the caller releases the root with json_decref, on this thread; DDBS_E_PROTOCOL_ERROR: it is
 * not JSON; DDBS_E_OUT_OF_MEMORY (without response_json_init jansson may crash instead). */
int response_json_load(struct span body, json_t **ret) MUST_USE;

/* A text for an error of response_json_load, for response_part_set_broken. */
const char *response_json_load_error(int rc);

/* A string member as a span; n == 0 and p == NULL if it is missing or not a string. */
struct span response_json_string(const json_t *object, const char *name);

#endif
