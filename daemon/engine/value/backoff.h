/* backoff: how long to wait before the next attempt: full jitter over a doubling, capped ceiling.
 * Owner: none. Pure; the caller counts attempts and owns the rng.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html (delay = random x min(base x
 * 2^n, cap), bases for DynamoDB; the service's hint is kept within [delay, delay + 5 s]).
 */
#ifndef ENGINE_VALUE_BACKOFF_H
#define ENGINE_VALUE_BACKOFF_H

#include <stdint.h>

#include "daemon/base/rng.h"

enum {
    BACKOFF_TRANSIENT_MS = 25,   /* base after a transient error */
    BACKOFF_THROTTLED_MS = 1000, /* base after throttling */
    BACKOFF_CAP_MS = 20 * 1000,
    BACKOFF_HINT_SPAN_MS = 5 * 1000,
};

/* The ceiling before retry n (0: the first one): min(base_ms x 2^n, BACKOFF_CAP_MS), for any n. */
uint32_t backoff_ceiling_ms(uint32_t base_ms, uint32_t n);

/* The delay before retry n: uniform in [0, ceiling], then adjusted by the service's hint. */
uint32_t backoff_delay_ms(struct rng *rng, uint32_t base_ms, uint32_t n, uint32_t retry_after_ms);

/* Adjust a delay by the service's hint (0: none): the hint replaces it, clamped to [delay, delay +
 * BACKOFF_HINT_SPAN_MS]. */
uint32_t backoff_hinted_ms(uint32_t delay_ms, uint32_t retry_after_ms);

#endif
