/* skew: does a refused signature mean that the local clock is wrong, and by how much?
 * Owner: a value. Pure.
 * Invariant: an answer without a Date changes nothing.
 * Source: SDKs take RequestTimeTooSkewed and its kind as skew at once, and a plain signature error only if the
 * answer's Date differs by four minutes or more (the service refuses beyond five).
 */
#ifndef HTTP_SKEW_H
#define HTTP_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/must_use.h"

/* `error` begins with the service's error code; `date_s` is the answer's Date (0: none), `now_s` the local clock when
 * it came, *offset_s what was added to it for the refused signature. How far that one was off is what counts: a clock
 * that was wrong, and is set right, makes an offset wrong that was right.
 * True: sign again with now + *offset_s, the new one. */
bool skew_correct(const char *error, uint64_t date_s, uint64_t now_s, int64_t *offset_s) MUST_USE;

#endif
