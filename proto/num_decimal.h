/* num_decimal: small decimals (integers and doubles) between num and the item model, without going through text.
 * Owner: the caller's registers. Pure. Private to proto.
 * Invariants: m == 0 is zero with exp == 0, not negative; else m does not end in a zero digit, and m has `digits`
 * digits.
 */
#ifndef PROTO_NUM_DECIMAL_H
#define PROTO_NUM_DECIMAL_H

#include "proto/num.h"

enum { NUM_POW10_MIN = -112, NUM_POW10_MAX = 148 };

extern const uint64_t num_pow10[NUM_POW10_MAX - NUM_POW10_MIN + 1][2];

/* Scientific exponents that DynamoDB can hold: 1E-130 .. 9.9E+125. */
enum { NUM_SCI_MIN = -130, NUM_SCI_MAX = 125 };

struct num_decimal {
    uint64_t m;
    int32_t exp; /* value = m * 10^exp */
    uint8_t digits;
    bool negative;
};

/* Decimal digits of v; 1 for 0. */
static inline uint32_t num_digits(uint64_t v)
{
    static const uint64_t pow10[20] = {0,
                                       10,
                                       100,
                                       1000,
                                       10000,
                                       100000,
                                       1000000,
                                       10000000,
                                       100000000,
                                       1000000000,
                                       10000000000,
                                       100000000000,
                                       1000000000000,
                                       10000000000000,
                                       100000000000000,
                                       1000000000000000,
                                       10000000000000000,
                                       100000000000000000,
                                       1000000000000000000,
                                       10000000000000000000u};
    /* 1233 / 4096 is just above log10(2): digits is at most one too small. */
    uint32_t guess = (uint32_t)((64 - __builtin_clzll(v | 1)) * 1233) >> 12;
    return guess + (v >= pow10[guess]);
}

/* Bytes that the service counts: significant digits, scientific exponent, sign; not for zero (which is 1). */
static inline uint32_t num_size_of(uint32_t digits, int32_t sci, bool negative)
{
    return 1 + (digits + 1) / 2 + (digits % 2 == 0 && sci % 2 == 0) + negative;
}

struct num_decimal num_decimal_u64(uint64_t v, bool negative);

/* The shortest decimal that reads back as the same double, or (single) as the same float32. False for NaN,
 * infinities and magnitudes that DynamoDB cannot hold. */
bool num_decimal_double(double v, bool single, struct num_decimal *ret);

uint32_t num_decimal_size(const struct num_decimal *d);

/* Length of the text, and the text itself: plain for scientific exponents -7 .. 20, else like 1.5e-30. */
uint32_t num_decimal_len(const struct num_decimal *d);
uint32_t num_decimal_put(char out[NUM_TEXT_MAX], const struct num_decimal *d);

void num_decimal_to_num(const struct num_decimal *d, struct num *ret);

#endif
