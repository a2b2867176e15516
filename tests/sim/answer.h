/* answer: response bodies of the modelled service, as JSON for response_classify.
 * Owner: the caller frees each text.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
#ifndef SIM_ANSWER_H
#define SIM_ANSWER_H

#include "tests/sim/order.h"

/* 200 for a BatchWriteItem: the unprocessed items in another order, their number keys spelled differently. */
char *answer_batch(const struct order *o, const bool unprocessed[ORDER_ITEMS_MAX], struct rng *r);

/* 200 for a DescribeTable. */
char *answer_describe(uint32_t table, bool remade);

/* 200 with an invalid body: an unprocessed item that was never sent, or no UnprocessedItems at all. */
char *answer_nonsense(uint32_t table, struct rng *r);

/* 4xx and 5xx: {"__type":"...#TYPE","message":"..."}. */
char *answer_error(const char *type, const char *message);

#endif
