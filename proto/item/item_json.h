/* item_json: an item's low-level DynamoDB JSON, {"name":{"S":"..."},...}, from one walk over its msgpack.
 * Owner: the caller's memory. Pure, no allocation, no recursion.
 * Invariants: the item passed item_check, so a surprise here is our bug (asserted); what is written is exactly what
 * item_check counted, so the two files change together.
 */
#ifndef PROTO_ITEM_ITEM_JSON_H
#define PROTO_ITEM_ITEM_JSON_H

#include "proto/span.h"

/* Write the item's DynamoDB JSON; `out` has room for exactly json_len bytes (no NUL, nothing past it is touched).
 * Returns the end. The item passed item_check. */
char *item_json(struct span item, char *out);

#endif
