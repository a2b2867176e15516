/* item_key: an item's primary key: find it, validate it, hash and compare it by value.
 * Owner: the caller's stack; offsets point into the item's bytes. Pure.
 * Source: DynamoDB developer guide, "Constraints": partition key 1..2048 bytes, sort key 1..1024 bytes, types S, N, B.
 */
#ifndef PROTO_ITEM_ITEM_KEY_H
#define PROTO_ITEM_ITEM_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/item/item.h"
#include "proto/mp_read.h"
#include "proto/must_use.h"
#include "proto/span.h"

/* Validate the value of key attribute i. DDBS_OK, or DDBS_E_MISSING_KEY with a message. */
int item_key_value(const struct key_schema *schema, int i, const struct mp_token *t, char errmsg[ITEM_ERRMSG]) MUST_USE;

/* The index of the key attribute with this name, or -1. */
int item_key_index(const struct key_schema *schema, const uint8_t *name, size_t n) MUST_USE;

/* Write the message for a missing key attribute, or for an attribute that a delete must not have. Return the code. */
int item_key_missing(const struct key_schema *schema, int i, char errmsg[ITEM_ERRMSG]) MUST_USE;
int item_key_foreign(const uint8_t *name, size_t n, char errmsg[ITEM_ERRMSG]) MUST_USE;

/* Find the key of an item that item_check accepted without a schema. DDBS_OK or DDBS_E_MISSING_KEY with a message. */
int item_key_find(struct span item, const struct key_schema *schema, bool is_key, struct key_ref *ret,
                  char errmsg[ITEM_ERRMSG]) MUST_USE;

/* A keyed hash of the canonical key (numbers by value). Equal keys give equal hashes. */
uint64_t item_key_hash(struct span item, const struct key_ref *key, const struct key_schema *schema, uint64_t seed);

/* True if both items have the same key by value. */
bool item_key_equal(struct span a, const struct key_ref *ka, struct span b, const struct key_ref *kb,
                    const struct key_schema *schema);

#endif
