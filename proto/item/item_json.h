/* item_json: writes an item's low-level DynamoDB JSON, {"name":{"S":"..."},...}, in one walk over its msgpack.
 * Owner: the caller's memory. Pure, no allocation, no recursion.
 * Invariants: the item passed item_check, so an invalid token is our bug (asserted); the output is exactly what
 * item_check counted, so change both files together.
 */
#ifndef PROTO_ITEM_ITEM_JSON_H
#define PROTO_ITEM_ITEM_JSON_H

#include "proto/span.h"

/* Write the JSON of an item that passed item_check. `out` has room for exactly json_len bytes (no NUL). Returns the
 * end. */
char *item_json(struct span item, char *out);

#endif
