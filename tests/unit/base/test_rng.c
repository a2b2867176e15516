/* test_rng: known outputs of the published generators, and the range of rng_below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/rng.h"

static void sequence_is_xoshiro256starstar(void **state)
{
    (void)state;
    static const uint64_t expect[] = {11520, 0, 1509978240, 1215971899390074240u, 1216172134540287360u};
    struct rng r = {.s = {1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof(expect) / sizeof(expect[0]); i++)
        assert_true(rng_next(&r) == expect[i]);
}

static void seed_is_spread_by_splitmix64(void **state)
{
    (void)state;
    static const uint64_t expect[] = {0xe220a8397b1dcdafu, 0x6e789e6aa1b965f4u, 0x06c45d188009454fu,
                                      0xf88bb8a8724c81ecu};
    struct rng r;
    rng_seed(&r, 0);
    for (int i = 0; i < 4; i++)
        assert_true(r.s[i] == expect[i]);
}

static void below_stays_in_range_and_reaches_all(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 3);
    int seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint64_t v = rng_below(&r, 7);
        assert_true(v < 7);
        seen[v]++;
    }
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 800, 1200);
    for (int i = 0; i < 100; i++) {
        assert_true(rng_below(&r, 1) == 0);
        assert_true(rng_below(&r, ((uint64_t)1 << 63) + 1) <= (uint64_t)1 << 63);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequence_is_xoshiro256starstar),
        cmocka_unit_test(seed_is_spread_by_splitmix64),
        cmocka_unit_test(below_stays_in_range_and_reaches_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
