/* utf8: checks for well-formed UTF-8: no surrogates, overlong forms, code points above U+10FFFF or cut characters.
 * Owner: the caller. Pure.
 * Source: Unicode standard, table 3-7 (well-formed UTF-8 byte sequences).
 */
#ifndef PROTO_UTF8_H
#define PROTO_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"

bool utf8_valid(const uint8_t *p, size_t n) MUST_USE;

/* The largest length <= max at which well-formed text can be cut without splitting a character. */
size_t utf8_cut(const uint8_t *p, size_t n, size_t max);

#endif
