/* item_set: string, number and binary sets: ext 2, 3, 4 around one msgpack array.
 * Owner: item_check's state. Pure.
 * Rules: not empty, one type, no duplicates (numbers by value). Source: "Naming rules and data types", "Sets".
 */
#ifndef PROTO_ITEM_ITEM_SET_H
#define PROTO_ITEM_ITEM_SET_H

#include "proto/item/item_state.h"
#include "proto/mp_read.h"
#include "proto/must_use.h"

/* Validate a set (ext 2, 3, 4) and count it. */
int item_set_check(struct item_state *s, const struct mp_token *t) MUST_USE;

#endif
