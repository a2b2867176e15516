/* item_error: the sentences about a bad item: where (a path like "tags"."list"[3]), what is wrong, what is allowed.
 * Owner: the caller's errmsg buffer. Pure; never prints a value, only names.
 * Invariant: what is written is valid UTF-8 and ends in NUL.
 */
#ifndef PROTO_ITEM_ITEM_ERROR_H
#define PROTO_ITEM_ITEM_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include "proto/item/item_state.h"
#include "proto/must_use.h"

enum { ITEM_ERROR_QUOTE = 72 };

/* Write `name` in quotes, with escapes and cut if it is long; at most ITEM_ERROR_QUOTE bytes with the NUL. Returns out.
 */
const char *item_error_quote(char out[ITEM_ERROR_QUOTE], const uint8_t *name, size_t n);

/* Write a sentence about the present member, with its path in front, and return `code`. */
int item_error(struct item_state *s, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold)) MUST_USE;

#endif
