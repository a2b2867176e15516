/* decimal: DynamoDB numbers, validated and formatted as the service does; deliberately independent of the daemon's
 * code, so that one tests the other.
 * Owner: the caller's stack. Pure.
 * Invariants: no zero at either end of the digits; zero has no digits, exponent 0 and no sign.
 */
#ifndef FAKEDDB_DECIMAL_H
#define FAKEDDB_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fakeddb/text.h"

enum { DECIMAL_DIGITS_MAX = 38 };

struct decimal {
    bool negative;
    int ndigits;
    int exp; /* scientific: value = d.ddd * 10^exp */
    char digits[DECIMAL_DIGITS_MAX];
};

enum decimal_spelling { DECIMAL_PLAIN, DECIMAL_FRACTION, DECIMAL_EXPONENT, DECIMAL_SPELLINGS };

/* NULL if the text is a valid number, else the service's message (static). */
const char *decimal_parse(struct span text, struct decimal *ret);

/* Bytes the service counts for it. */
uint32_t decimal_size(const struct decimal *d);

/* Write one of several texts of equal value; DECIMAL_PLAIN is the service's form (no exponent). */
void decimal_put(const struct decimal *d, enum decimal_spelling how, struct text *out);

#endif
