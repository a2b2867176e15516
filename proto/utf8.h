/* utf8: is this text well-formed UTF-8? No surrogates, no overlong forms, nothing above U+10FFFF, no cut character.
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

/* The largest length <= max at which well-formed text may be cut without splitting a character. */
size_t utf8_cut(const uint8_t *p, size_t n, size_t max);

#endif
