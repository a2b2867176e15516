/* item_error: error messages about a bad item: where (a path like "tags"."list"[3]), what is wrong, what is allowed.
 * Owner: the caller's errmsg buffer. Pure; prints names, never values.
 * Invariant: the output is valid UTF-8 and NUL-terminated.
 */
#ifndef PROTO_ITEM_ITEM_ERROR_H
#define PROTO_ITEM_ITEM_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include "proto/item/item_state.h"
#include "proto/must_use.h"

enum { ITEM_ERROR_QUOTE = 72 };

/* Write `name` in quotes, escaped, cut if it is long; at most ITEM_ERROR_QUOTE bytes with the NUL. Returns `out`. */
const char *item_error_quote(char out[ITEM_ERROR_QUOTE], const uint8_t *name, size_t n);

/* Write a message about the current member, prefixed with its path, and return `code`. */
int item_error(struct item_state *s, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold)) MUST_USE;

#endif
