/* item_check: one walk over an item: every rule that DynamoDB applies, its size, the length of its JSON, its key.
 * Owner: the state on item_check's stack (4 KiB; 260 KiB if a map or set has more than 256 members). Pure, no
 * allocation, no recursion.
 * Invariants: no more of the item is walked than 400 KB of it, however long it is; json_len counts exactly what
 * item_json writes, so the two files change together.
 * Source: DynamoDB developer guide, "Item sizes and formats", "Constraints", "Naming rules and data types".
 */
#ifndef PROTO_ITEM_ITEM_CHECK_H
#define PROTO_ITEM_ITEM_CHECK_H

#include <stdbool.h>

#include "proto/item/item.h"
#include "proto/mp_read.h"
#include "proto/must_use.h"

/* Judge the item at the cursor. With a schema (count > 0) the key attributes must be there with their type and length;
 * for a delete (`is_key`) the item must be exactly the key. DDBS_OK: the cursor stands behind the item. Else a code of
 * the record with a sentence in errmsg that names the attribute: INVALID_ITEM (a value, name, set or depth that
 * DynamoDB refuses; text that is not UTF-8; a name twice in a map), ITEM_TOO_LARGE (400 KB, or 16 MiB of JSON),
 * MISSING_KEY (anything wrong with the key); or DDBS_E_PROTOCOL_ERROR if the bytes are not delimitable msgpack. The
 * cursor is then unmoved, and what follows the fault was not looked at (mp_read_skip steps over a bad item). */
int item_check(struct mp_cursor *c, const struct key_schema *schema, bool is_key, struct item_info *ret,
               char errmsg[ITEM_ERRMSG]) MUST_USE;

#endif
