/* item_check: one walk over an item: every DynamoDB rule, its size, the length of its JSON, its key.
 * Owner: the state on item_check's stack (4 KiB; 260 KiB if a map or set has more than 256 members). Pure, no
 * allocation, no recursion.
 * Invariants: at most 400 KB of an item are walked, however long it is; json_len counts exactly what item_json writes,
 * so change both files together.
 * Source: DynamoDB developer guide, "Item sizes and formats", "Constraints", "Naming rules and data types".
 */
#ifndef PROTO_ITEM_ITEM_CHECK_H
#define PROTO_ITEM_ITEM_CHECK_H

#include <stdbool.h>

#include "proto/item/item.h"
#include "proto/mp_read.h"
#include "proto/must_use.h"

/* Validate the item at the cursor. With a schema (count > 0) the key attributes must be present with the right type and
 * length; for a delete (`is_key`) the item must be exactly the key. DDBS_OK: the cursor is after the item. Otherwise
 * the cursor is unmoved, nothing after the fault was checked (mp_read_skip skips a bad item), and errmsg has a message
 * that names the attribute. The codes are INVALID_ITEM (a value, name, set or depth that DynamoDB refuses; text that is
 * not UTF-8; a duplicate name in a map), ITEM_TOO_LARGE (400 KB, or 16 MiB of JSON), MISSING_KEY (anything wrong with
 * the key), and DDBS_E_PROTOCOL_ERROR if the bytes are not delimitable msgpack. */
int item_check(struct mp_cursor *c, const struct key_schema *schema, bool is_key, struct item_info *ret,
               char errmsg[ITEM_ERRMSG]) MUST_USE;

#endif
