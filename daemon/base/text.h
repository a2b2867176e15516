/* text: fit foreign text into a small buffer: shorten it between words, quote it for a log line.
 * Owner: none. Pure.
 * Invariant: valid UTF-8 stays valid.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/span.h"

/* Copy `text` into out[cap], NUL-terminated (cap >= 4). A text that does not fit is cut between words (within a word
 * only if that is very long) and ends with "...". Returns the length. */
size_t text_shorten(char *out, size_t cap, struct span text);

/* Write `text` in double quotes into out[cap], NUL-terminated (cap >= 8). Quotes and backslashes are escaped with a
 * backslash; a text that does not fit ends with "...". Returns the length. */
size_t text_quote(char *out, size_t cap, struct span text);

#endif
