/* item_text: msgpack items from a short notation, so that tests can be tables.
 * Owner: the caller's buffer.
 * Notation: {'a':'x','b':[1,-2]}; 'text' with \xNN; x'00ff' binary; 12 and -3 integers; 1.5 and 1e3 doubles; 1.5f
 * float32; n'12.50' ext 1; ss[..] ns[..] bs[..] sets; e7'00' another ext; true false null.
 */
#ifndef TESTS_UNIT_PROTO_ITEM_TEXT_H
#define TESTS_UNIT_PROTO_ITEM_TEXT_H

#include <stdint.h>

#include "proto/span.h"

enum { ITEM_TEXT_MAX = 1 << 20 };

/* Write the notation's msgpack to `out`; fails the test if the notation is wrong. */
struct span item_text(uint8_t out[ITEM_TEXT_MAX], const char *notation);

#endif
