/* rng: a seedable pseudo-random generator (xoshiro256**) for jitter and tests; not for secrets.
 * Owner: whoever embeds it. Pure: the shell seeds it with entropy, a test with a constant.
 * Invariant: equal seeds give equal sequences on every machine.
 * Source: https://prng.di.unimi.it/xoshiro256starstar.c
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);

/* Uniform in [0, bound); bound > 0. */
uint64_t rng_below(struct rng *r, uint64_t bound);

#endif
