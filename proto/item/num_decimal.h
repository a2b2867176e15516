/* num_decimal: small decimals (integers and doubles), converted between num and the item model without text.
 * Owner: the caller's registers. Pure. Private to proto.
 * Invariants: zero is m == 0, exp == 0, not negative; otherwise m does not end in a zero digit and has `digits` digits.
 */
#ifndef PROTO_ITEM_NUM_DECIMAL_H
#define PROTO_ITEM_NUM_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/item/num.h"
#include "proto/item/num_text.h"
#include "proto/must_use.h"

struct num_decimal {
    uint64_t m;
    int32_t exp; /* value = m * 10^exp */
    uint8_t digits;
    bool negative;
};

struct num_decimal num_decimal_u64(uint64_t v, bool negative);

/* The shortest decimal that reads back as the same double, or (single) as the same float32. False for NaN,
 * infinities and magnitudes that DynamoDB cannot hold. */
bool num_decimal_double(double v, bool single, struct num_decimal *ret) MUST_USE;

uint32_t num_decimal_size(const struct num_decimal *d);

/* Length of the text, and the text itself: plain for scientific exponents -7 .. 20, else like 1.5e-30. */
uint32_t num_decimal_len(const struct num_decimal *d);
uint32_t num_decimal_put(char out[NUM_TEXT_MAX], const struct num_decimal *d);

/* Both steps in one: the text of a double or a float32 (-0 becomes 0), without NUL. Returns its length, at most
 * NUM_TEXT_MAX; 0 for NaN, infinities and magnitudes that DynamoDB cannot hold. */
uint32_t num_decimal_put_double(char out[NUM_TEXT_MAX], double v);
uint32_t num_decimal_put_float(char out[NUM_TEXT_MAX], float v);

void num_decimal_to_num(const struct num_decimal *d, struct num *ret);

#endif
