#include "daemon/engine/value/backoff.h"

uint32_t backoff_ceiling_ms(uint32_t base_ms, uint32_t n)
{
    /* Doubling stops at the cap, so no n overflows. */
    uint32_t ceiling = base_ms;
    while (n-- > 0 && ceiling > 0 && ceiling < BACKOFF_CAP_MS)
        ceiling *= 2;
    return ceiling < BACKOFF_CAP_MS ? ceiling : BACKOFF_CAP_MS;
}

uint32_t backoff_delay_ms(struct rng *rng, uint32_t base_ms, uint32_t n, uint32_t retry_after_ms)
{
    uint32_t delay = (uint32_t)rng_below(rng, (uint64_t)backoff_ceiling_ms(base_ms, n) + 1);
    return backoff_hinted_ms(delay, retry_after_ms);
}

uint32_t backoff_hinted_ms(uint32_t delay_ms, uint32_t retry_after_ms)
{
    uint32_t latest = delay_ms + BACKOFF_HINT_SPAN_MS;
    if (retry_after_ms <= delay_ms)
        return delay_ms;
    return retry_after_ms < latest ? retry_after_ms : latest;
}
