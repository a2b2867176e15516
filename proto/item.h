/* item: the item model: what the daemon accepts as a DynamoDB item, its size, its exact JSON length, its key.
 * Owner: the caller's stack (4 KiB; 260 KiB if a map or set has more than 256 members); offsets point into the
 * item's bytes. Pure, no allocation.
 * Invariants: an accepted item's json_len is exactly what item_json writes; key offsets lie inside the item.
 * Types (PROTOCOL M5): str=S, int and float=N, bin=B, bool, nil=NULL, array=L, map=M, ext 1 = N as text, ext 2, 3, 4 =
 * SS, NS, BS with a msgpack array as payload.
 * Numbers: integers and floats are written as the shortest text that reads back equal, a float32 as a float32 (0.1f
 * is 0.1); ext 1 is checked and sent as it stands, the service brings it into its own form. Two numbers are equal by
 * value, whatever type they came in.
 */
#ifndef PROTO_ITEM_H
#define PROTO_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/mp_read.h"
#include "proto/span.h"

enum {
    ITEM_SIZE_MAX = 400 * 1024, /* bytes as the service counts them, inclusive */
    ITEM_DEPTH_MAX = 32,
    ITEM_KEY_NAME_MAX = 255,
    ITEM_PARTITION_KEY_MAX = 2048,
    ITEM_SORT_KEY_MAX = 1024,
    ITEM_ERRMSG = 256,
};

enum { EXT_NUMBER = 1, EXT_STRING_SET = 2, EXT_NUMBER_SET = 3, EXT_BINARY_SET = 4 };

struct key_attr {
    char type; /* 'S', 'N' or 'B' */
    uint8_t name_len;
    char name[ITEM_KEY_NAME_MAX + 1]; /* NUL-terminated too */
};

/* attr[0] the partition key, attr[1] the sort key if count == 2. count == 0: not known. */
struct key_schema {
    uint8_t count;
    struct key_attr attr[2];
};

/* Where an item's key values stand: offset and length of the whole msgpack value token, from the item's first byte. */
struct key_ref {
    uint32_t off[2];
    uint32_t len[2];
};

struct item_info {
    uint32_t bytes;     /* msgpack bytes of the item */
    uint32_t size;      /* as the service counts it */
    uint32_t json_len;  /* of {"name":{"S":"..."},...}, braces included */
    struct key_ref key; /* valid if a schema was given */
};

/* Judge the item at the cursor. With a schema (count > 0) the key attributes must be there with their type and length;
 * for a delete (`is_key`) the item must be exactly the key. DDBS_OK: the cursor stands behind the item. Else a code of
 * the record with a sentence in errmsg that names the attribute: INVALID_ITEM (a value, name, set or depth that
 * DynamoDB refuses; text that is not UTF-8; a name twice in a map), ITEM_TOO_LARGE (400 KB, or 16 MiB of JSON),
 * MISSING_KEY (anything wrong with the key); or DDBS_E_PROTOCOL_ERROR if the bytes are not delimitable msgpack. The
 * cursor is then unmoved, and what follows the fault was not looked at (mp_skip steps over a bad item). */
int item_check(struct mp_cursor *c, const struct key_schema *schema, bool is_key, struct item_info *ret,
               char errmsg[ITEM_ERRMSG]);

/* Find the key of an item that item_check accepted before without a schema. DDBS_OK or DDBS_E_MISSING_KEY with a
 * sentence. */
int item_find_key(struct span item, const struct key_schema *schema, bool is_key, struct key_ref *ret,
                  char errmsg[ITEM_ERRMSG]);

/* A keyed hash of the canonical key (numbers by value). Equal keys give equal hashes. */
uint64_t item_key_hash(struct span item, const struct key_ref *key, const struct key_schema *schema, uint64_t seed);

/* True if both items have the same key by value. */
bool item_key_equal(struct span a, const struct key_ref *ka, struct span b, const struct key_ref *kb,
                    const struct key_schema *schema);

/* Write the item's DynamoDB JSON; `out` has room for exactly json_len bytes (no NUL, nothing past it is touched).
 * Returns the end. The item passed item_check. */
char *item_json(struct span item, char *out);

#endif
