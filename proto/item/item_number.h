/* item_number: a msgpack number as DynamoDB sees it. Integers and floats become decimal text; ext 1 is such text
 * already and is sent as it stands (the service brings it into its own form).
 * Owner: the caller's stack. Pure.
 */
#ifndef PROTO_ITEM_ITEM_NUMBER_H
#define PROTO_ITEM_ITEM_NUMBER_H

#include <stdint.h>

#include "proto/item/num.h"
#include "proto/mp_read.h"
#include "proto/must_use.h"

/* A number token (integer, float, ext 1): the length of its decimal text and the bytes that the service counts.
 * DDBS_OK, or DDBS_E_INVALID_ITEM with a static sentence. */
int item_number_facts(const struct mp_token *t, uint32_t *ret_len, uint32_t *ret_size, const char **ret_why) MUST_USE;

/* Its value; the token passed item_number_facts. */
void item_number_value(const struct mp_token *t, struct num *ret);

#endif
