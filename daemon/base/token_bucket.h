/* token_bucket: at most so many a millisecond, after a burst, on the caller's clock.
 * Owner: a value. Pure; inline, without a .c.
 * Invariant: never more than `burst` are left.
 */
#ifndef BASE_TOKEN_BUCKET_H
#define BASE_TOKEN_BUCKET_H

#include <stdint.h>

struct token_bucket {
    uint32_t burst, per_ms; /* both above 0 */
    uint32_t left;
    uint64_t at_ms; /* when `left` was counted */
};

/* A full one; both numbers are above 0. */
static inline struct token_bucket token_bucket_full(uint32_t burst, uint32_t per_ms, uint64_t now_ms)
{
    return (struct token_bucket){.burst = burst, .per_ms = per_ms, .left = burst, .at_ms = now_ms};
}

/* How many may go at `now_ms`, which never falls. */
static inline uint32_t token_bucket_left(struct token_bucket *b, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - b->at_ms;
    uint64_t missing = b->burst - b->left;
    b->left = passed_ms > missing / b->per_ms ? b->burst : b->left + (uint32_t)passed_ms * b->per_ms;
    b->at_ms = now_ms;
    return b->left;
}

#endif
