/* item: the item model: limits of a DynamoDB item, its size, its exact JSON length, its key.
 * Owner: the caller's stack; offsets point into the item's bytes.
 * Invariants: an accepted item's json_len is exactly what item_json writes; key offsets lie inside the item.
 * Types (PROTOCOL M5): str=S, int and float=N, bin=B, bool, nil=NULL, array=L, map=M, ext 1 = N as text, ext 2, 3, 4 =
 * SS, NS, BS with a msgpack array as payload.
 * Numbers: integers and floats are written as the shortest text that reads back equal, a float32 as a float32 (0.1f is
 * 0.1). Ext 1 is checked and sent as it is; the service normalizes it. Numbers are compared by value, whatever their
 * msgpack type.
 */
#ifndef PROTO_ITEM_ITEM_H
#define PROTO_ITEM_ITEM_H

#include <stdint.h>

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
    char name[ITEM_KEY_NAME_MAX + 1]; /* also NUL-terminated */
};

/* attr[0] is the partition key, attr[1] the sort key if count == 2. count == 0: unknown. */
struct key_schema {
    uint8_t count;
    struct key_attr attr[2];
};

/* Position of an item's key values: offset (from the item's first byte) and length of the whole msgpack value. */
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

#endif
