/* item: an item or key of a request, validated against a table's schema, and the canonical bytes of its key.
 * Owner: the caller's stack; spans point into the request.
 * Invariants: equal keys (numbers by value, strings without their escapes) give equal key bytes.
 * Key bytes: for each key attribute its type, the length (2 bytes, big-endian), then UTF-8, decoded binary, or plain
 * decimal.
 */
#ifndef FAKEDDB_ITEM_H
#define FAKEDDB_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fakeddb/text.h"
#include "tests/fakeddb/value.h"

enum { SCHEMA_ATTRS_MAX = 24, ATTR_NAME_MAX = 255 };

struct schema_attr {
    char type; /* 'S', 'N' or 'B' */
    uint8_t name_len;
    char name[ATTR_NAME_MAX + 1];
    char index[ATTR_NAME_MAX + 1]; /* the secondary index that requires it; empty for the table's own key */
};

/* attr[0 .. nkeys) are the table's key, partition key first; up to nattrs those of its indexes. */
struct schema {
    int nkeys, nattrs;
    struct schema_attr attr[SCHEMA_ATTRS_MAX];
};

struct item {
    struct span text;
    uint32_t size; /* as the service counts it */
    uint32_t count;
    struct value_info attr[SCHEMA_ATTRS_MAX]; /* the value of schema->attr[i]; type NULL if absent */
};

/* Validate the item at the cursor by the rules of values; the schema (NULL: unknown table) only selects attributes. */
void item_check(struct json *j, const struct schema *schema, struct value_error *err, struct item *ret);

/* How a key is validated: within an item (PutItem names what is wrong, BatchWriteItem does not), or alone. */
enum key_use { KEY_IN_ITEM, KEY_IN_BATCH, KEY_ALONE };

/* Append the key bytes. Sets err if the key does not match the schema; an earlier error stays. */
void item_key(const struct item *item, const struct schema *schema, enum key_use use, struct value_error *err,
              struct text *out);

/* Write key bytes as {"pk":{"S":"..."},...}. */
void key_put_json(struct span key, const struct schema *schema, struct text *out);

#endif
