/* text: sentences of others made fit for a small place: cut between words, quoted for a log line.
 * Owner: none. Pure.
 * Invariant: what was well-formed UTF-8 stays so.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/span.h"

/* Copy `text` into out[cap] with a NUL (cap >= 4). What does not fit is cut between words (within one only if it is
 * very long) and ends with "...". Returns the length. */
size_t text_shorten(char *out, size_t cap, struct span text);

/* Write `text` in double quotes into out[cap] with a NUL (cap >= 8): quotes and backslashes get a backslash, and what
 * does not fit ends with "...". Returns the length. */
size_t text_quote(char *out, size_t cap, struct span text);

#endif
