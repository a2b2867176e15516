/* item_duplicate: finds two equal members in a set, or two equal names in a map, without allocation.
 * Owner: the caller's stack: a table of 2 KiB, or 256 KiB for large containers. Pure.
 */
#ifndef PROTO_ITEM_ITEM_DUPLICATE_H
#define PROTO_ITEM_ITEM_DUPLICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/mp_read.h"
#include "proto/must_use.h"

/* What the members of a container are compared by. */
enum item_members { MEMBERS_NAMES, MEMBERS_STRINGS, MEMBERS_BINARIES, MEMBERS_NUMBERS };

/* True if two of the `count` members at the cursor are equal; `*ret_duplicate` then points to the later one. The
 * members must be well-formed. Time: linear up to 32,768 members; one more walk for every further 32,768. */
bool item_duplicate_find(struct mp_cursor members, uint32_t count, enum item_members kind,
                         struct mp_cursor *ret_duplicate) MUST_USE;

#endif
