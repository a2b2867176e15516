/* num_pow10: the powers of ten from 10^-112 to 10^148, as 128-bit fractions with the top bit set, rounded up.
 * Owner: none, constants only. Pure.
 * Invariant: num_pow10[k - NUM_POW10_MIN] = ceil(10^k * 2^(127 - floor(log2(10^k)))), high half first.
 * The range covers all doubles within DynamoDB's magnitudes (1E-130 .. 9.9E+125).
 */
#ifndef PROTO_ITEM_NUM_POW10_H
#define PROTO_ITEM_NUM_POW10_H

#include <stdint.h>

enum { NUM_POW10_MIN = -112, NUM_POW10_MAX = 148 };

extern const uint64_t num_pow10[NUM_POW10_MAX - NUM_POW10_MIN + 1][2];

#endif
