/* units: parse and print counts, sizes (64K) and durations (5m).
 * Owner: none. Pure, no allocation.
 * Invariants: the parse functions read back what the print functions write as the same value.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/must_use.h"

enum { UNITS_TEXT = 32 };

/* Parse functions return false, and leave `*ret` alone, if the text is not exactly one value of its kind or does not
 * fit 64 bits. */

/* Decimal digits. */
bool units_count(const char *text, uint64_t *ret) MUST_USE;

/* Bytes: digits, optionally followed by K, M or G (1024, 1024^2, 1024^3; lower case too). */
bool units_size(const char *text, uint64_t *ret) MUST_USE;

/* Milliseconds: digits followed by ms, s, m or h; 0 needs no unit. */
bool units_duration(const char *text, uint64_t *ret_ms) MUST_USE;

/* Print with the largest unit that divides the value. */
void units_put_size(char out[UNITS_TEXT], uint64_t bytes);
void units_put_duration(char out[UNITS_TEXT], uint64_t ms);

#endif
