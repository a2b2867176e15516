/* token_bucket: a rate limit of per_ms tokens a millisecond with a burst, on the caller's clock.
 * Owner: a value. Pure and inline, without a .c.
 * Invariant: left <= burst.
 */
#ifndef BASE_TOKEN_BUCKET_H
#define BASE_TOKEN_BUCKET_H

#include <stdint.h>

struct token_bucket {
    uint32_t burst, per_ms; /* both above 0 */
    uint32_t left;
    uint64_t at_ms; /* when the bucket was last refilled */
};

/* A full bucket; both numbers are above 0. */
static inline struct token_bucket token_bucket_full(uint32_t burst, uint32_t per_ms, uint64_t now_ms)
{
    return (struct token_bucket){.burst = burst, .per_ms = per_ms, .left = burst, .at_ms = now_ms};
}

/* Refill, and return the tokens left at `now_ms`, which never goes back. The caller subtracts from `left` what it
 * spends. */
static inline uint32_t token_bucket_left(struct token_bucket *b, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - b->at_ms;
    uint64_t missing = b->burst - b->left;
    b->left = passed_ms > missing / b->per_ms ? b->burst : b->left + (uint32_t)passed_ms * b->per_ms;
    b->at_ms = now_ms;
    return b->left;
}

#endif
