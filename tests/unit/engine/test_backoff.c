/* test_backoff: ceilings, jitter between 0 and the ceiling, and the limits of the service's retry hint. */
#include "daemon/engine/value/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    uint32_t base_ms, n, ceiling_ms;
} ceilings[] = {
    {BACKOFF_TRANSIENT_MS, 0, 25},
    {BACKOFF_TRANSIENT_MS, 1, 50},
    {BACKOFF_TRANSIENT_MS, 2, 100},
    {BACKOFF_TRANSIENT_MS, 9, 12800},
    {BACKOFF_TRANSIENT_MS, 10, 20000},
    {BACKOFF_TRANSIENT_MS, 58, 20000},
    {BACKOFF_TRANSIENT_MS, 64, 20000},
    {BACKOFF_TRANSIENT_MS, UINT32_MAX, 20000},
    {BACKOFF_THROTTLED_MS, 0, 1000},
    {BACKOFF_THROTTLED_MS, 4, 16000},
    {BACKOFF_THROTTLED_MS, 5, 20000},
    {BACKOFF_THROTTLED_MS, UINT32_MAX, 20000},
    {0, 5, 0},
    {0, UINT32_MAX, 0},
    {UINT32_MAX, 3, 20000},
};

static void ceilings_double_up_to_the_cap(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ceilings / sizeof ceilings[0]; i++)
        assert_int_equal(backoff_ceiling_ms(ceilings[i].base_ms, ceilings[i].n), ceilings[i].ceiling_ms);
}

static void delays_fill_the_range(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 1);
    uint32_t least = UINT32_MAX, most = 0, below_half = 0;
    for (int i = 0; i < 10000; i++) {
        uint32_t d = backoff_delay_ms(&rng, BACKOFF_TRANSIENT_MS, 2, 0);
        least = d < least ? d : least;
        most = d > most ? d : most;
        below_half += d < 50;
    }
    assert_int_equal(least, 0);
    assert_int_equal(most, 100);
    assert_in_range(below_half, 4500, 5500); /* full jitter, not a fixed part plus some jitter */
}

static void equal_seeds_wait_alike(void **state)
{
    (void)state;
    struct rng a, b;
    rng_seed(&a, 42);
    rng_seed(&b, 42);
    for (uint32_t n = 0; n < 100; n++)
        assert_int_equal(backoff_delay_ms(&a, BACKOFF_THROTTLED_MS, n, 0),
                         backoff_delay_ms(&b, BACKOFF_THROTTLED_MS, n, 0));
}

/* The hint counts only within [delay, delay + 5 s]. */
static void a_hint_is_kept_within_bounds(void **state)
{
    (void)state;
    static const uint32_t hints[] = {0, 1, 500, 1500, 5000, 10000, 40000, UINT32_MAX};
    struct rng a, b;
    rng_seed(&a, 7);
    rng_seed(&b, 7);
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
            uint32_t plain = backoff_delay_ms(&a, BACKOFF_THROTTLED_MS, 3, 0);
            uint32_t hinted = backoff_delay_ms(&b, BACKOFF_THROTTLED_MS, 3, hints[i]);
            uint32_t want = hints[i] < plain ? plain : hints[i];
            want = want > plain + 5000 ? plain + 5000 : want;
            assert_int_equal(hinted, want);
        }
    }
}

static void no_base_no_delay(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 3);
    assert_int_equal(backoff_delay_ms(&rng, 0, 9, 0), 0);
    assert_int_equal(backoff_delay_ms(&rng, 0, 9, 1500), 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ceilings_double_up_to_the_cap),
        cmocka_unit_test(delays_fill_the_range),
        cmocka_unit_test(equal_seeds_wait_alike),
        cmocka_unit_test(a_hint_is_kept_within_bounds),
        cmocka_unit_test(no_base_no_delay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
