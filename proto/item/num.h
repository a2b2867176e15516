/* num: DynamoDB numbers as decimals: parsing, canonical form, equality, storage size.
 * Owner: the caller's stack. Pure.
 * Invariants: digits have no zero at either end; zero is ndigits == 0, exp == 0, not negative. So all spellings of a
 * value (1, 1.0, 10e-1) give equal structs.
 * Source: DynamoDB developer guide, "Naming rules and data types": 38 significant digits, 1E-130 .. 9.9E+125.
 */
#ifndef PROTO_ITEM_NUM_H
#define PROTO_ITEM_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/must_use.h"
#include "proto/span.h"

enum { NUM_DIGITS_MAX = 38 };

/* Scientific exponents that DynamoDB can hold: 1E-130 .. 9.9E+125. */
enum { NUM_SCI_MIN = -130, NUM_SCI_MAX = 125 };

struct num {
    bool negative;
    uint8_t ndigits;
    int16_t exp; /* value = 0.d1d2d3... * 10^exp */
    char digits[NUM_DIGITS_MAX];
};

/* Parse decimal text ([+-]digits[.digits][(e|E)[+-]digits], no blanks). DDBS_OK, or DDBS_E_INVALID_ITEM if it is not
 * numeric, has more than 38 significant digits, or is out of range; `*ret_why` (may be NULL) is then a static message.
 */
int num_parse(struct span text, struct num *ret, const char **ret_why) MUST_USE;

bool num_equal(const struct num *a, const struct num *b);

/* Size of the number as the service counts it: 1 + ceil(digits / 2), +1 when digits and exponent are both even, +1 if
 * negative; zero is 1. */
uint32_t num_size(const struct num *n);

/* The same from significant digits, scientific exponent and sign. Not for zero, whose size is 1. */
static inline uint32_t num_size_of(uint32_t digits, int32_t sci, bool negative)
{
    return 1 + (digits + 1) / 2 + (digits % 2 == 0 && sci % 2 == 0) + negative;
}

#endif
