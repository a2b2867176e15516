/* item_state: the state of item_check's walk, shared by its helpers.
 * Owner: item_check's stack. Private to proto/item_*.c.
 * Invariants: frames[0] is the item itself; the values in frames[i] are at nesting level i + 1. DynamoDB allows
 * ITEM_DEPTH_MAX levels, so that many frames suffice.
 */
#ifndef PROTO_ITEM_ITEM_STATE_H
#define PROTO_ITEM_ITEM_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/item/item.h"
#include "proto/mp_read.h"

enum {
    /* Longest attribute name. Source: "Constraints": names of up to 64 KB. */
    ITEM_NAME_MAX = 65535,
    /* The service refuses requests of more than 16 MiB; the difference is for the rest of the body. */
    ITEM_JSON_MAX = 16 * 1024 * 1024 - 8192,
    /* Maps of up to ITEM_SLOTS / 2 names are checked for duplicates during the walk. */
    ITEM_SLOTS = 512,
};

/* One open container. */
struct item_frame {
    uint32_t count;
    uint32_t left;       /* members still to come */
    uint32_t at;         /* offset of the first member */
    uint32_t name_at;    /* map: offset of the current member's name */
    uint32_t slots_at;   /* map: start of its name table in slots */
    uint32_t slots_mask; /* table size - 1; 0: no table, names are compared when the map ends */
    bool is_map;
};

struct item_state {
    struct mp_cursor c;
    const uint8_t *base; /* the item's first byte, base of all offsets */
    const struct key_schema *schema;
    bool is_key;
    uint8_t keys_found;
    int key; /* index of the key attribute that the current top-level member is, or -1 */
    uint64_t size;
    uint64_t json_len;
    struct key_ref ref;
    char *errmsg;
    uint32_t depth; /* frames in use */
    uint32_t slots_used;
    struct item_frame frames[ITEM_DEPTH_MAX];
    uint32_t slots[ITEM_SLOTS]; /* offset of a name + 1; 0: empty */
};

static inline uint32_t item_state_offset(const struct item_state *s, const uint8_t *p)
{
    return (uint32_t)(p - s->base);
}

#endif
