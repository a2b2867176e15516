/* num_text: the decimal text of integers.
 * Owner: the caller's memory. Pure; no locale, no printf.
 */
#ifndef PROTO_ITEM_NUM_TEXT_H
#define PROTO_ITEM_NUM_TEXT_H

#include <stdint.h>

/* The longest text of any number written here or in num_decimal. */
enum { NUM_TEXT_MAX = 32 };

/* Decimal digits of v; 1 for 0. */
static inline uint32_t num_text_digits(uint64_t v)
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

/* The text without NUL. Returns its length, at most NUM_TEXT_MAX. */
uint32_t num_text_put_u64(char out[NUM_TEXT_MAX], uint64_t v);
uint32_t num_text_put_i64(char out[NUM_TEXT_MAX], int64_t v);

#endif
