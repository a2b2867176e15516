/* skew: decides whether a refused signature means that the local clock is wrong, and by how much.
 * Owner: a value. Pure.
 * Invariant: an answer without a Date header changes nothing.
 * Source: SDKs treat RequestTimeTooSkewed and similar codes always as clock skew, but a plain signature error only if
 * the answer's Date differs by four minutes or more (the service refuses a difference above five).
 */
#ifndef HTTP_SKEW_H
#define HTTP_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/must_use.h"

/* `error` begins with the service's error code; `date_s` is the answer's Date (0: none); `now_s` is the local clock
 * when the answer came; *offset_s is what was added to the local clock for the refused signature. The Date is compared
 * with the time that was signed, not with the local clock: if a wrong clock was corrected meanwhile, it is the offset
 * that is wrong now.
 * True: *offset_s is updated; sign again with now + *offset_s. */
bool skew_correct(const char *error, uint64_t date_s, uint64_t now_s, int64_t *offset_s) MUST_USE;

#endif
