/* clock: the monotonic and the wall clock; only shells read them.
 * Owner: none.
 * Invariant: the monotonic clock never goes back; the wall clock may.
 */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include <stdint.h>

/* UTC seconds since 1970-01-01, accurate to a kernel tick. */
uint64_t clock_wall_s(void);

/* Monotonic nanoseconds. */
uint64_t clock_mono_ns(void);

#endif
