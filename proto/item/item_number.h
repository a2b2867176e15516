/* item_number: a msgpack number as DynamoDB sees it. Integers and floats become decimal text; ext 1 is decimal text
 * already and is sent as it is (the service normalizes it).
 * Owner: the caller's stack. Pure.
 */
#ifndef PROTO_ITEM_ITEM_NUMBER_H
#define PROTO_ITEM_ITEM_NUMBER_H

#include <stdint.h>

#include "proto/item/num.h"
#include "proto/mp_read.h"
#include "proto/must_use.h"

/* For a number token (integer, float, ext 1): the length of its decimal text and its size as the service counts it.
 * DDBS_OK, or DDBS_E_INVALID_ITEM with a static message. */
int item_number_facts(const struct mp_token *t, uint32_t *ret_len, uint32_t *ret_size, const char **ret_why) MUST_USE;

/* The value of a token that passed item_number_facts. */
void item_number_value(const struct mp_token *t, struct num *ret);

#endif
