/* pace: at most so many a millisecond, after a burst. A token bucket on the caller's clock.
 * Owner: a value. Pure.
 * Invariant: never more than `burst` are left.
 */
#ifndef IO_PACE_H
#define IO_PACE_H

#include <stdint.h>

struct pace {
    uint32_t burst, a_ms; /* both above 0 */
    uint32_t left;
    uint64_t at_ms; /* when `left` was counted */
};

static inline struct pace pace_of(uint32_t burst, uint32_t a_ms, uint64_t now_ms)
{
    return (struct pace){.burst = burst, .a_ms = a_ms, .left = burst, .at_ms = now_ms};
}

/* How many may go at `now_ms`, which never falls. */
static inline uint32_t pace_left(struct pace *p, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - p->at_ms;
    uint64_t missing = p->burst - p->left;
    p->left = passed_ms > missing / p->a_ms ? p->burst : p->left + (uint32_t)passed_ms * p->a_ms;
    p->at_ms = now_ms;
    return p->left;
}

#endif
