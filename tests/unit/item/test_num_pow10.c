/* test_num_pow10: the table of powers is what its head comment states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/item/num_pow10.h"

static unsigned __int128 power(int k)
{
    const uint64_t *g = num_pow10[k - NUM_POW10_MIN];
    return (unsigned __int128)g[0] << 64 | g[1];
}

/* Ten times a power, normalized, is the next power, up to the rounding. */
static void the_powers_follow_each_other(void **state)
{
    (void)state;
    for (int k = NUM_POW10_MIN; k < NUM_POW10_MAX; k++) {
        unsigned __int128 g = power(k), want = power(k + 1);
        assert_true(g >> 127 == 1);
        /* 10 g / 8, or / 16 if that needs more than 128 bits */
        unsigned shift = g <= ~(unsigned __int128)0 / 10 * 8 ? 3 : 4;
        unsigned __int128 have = (g >> shift) * 10 + (((g & ((1u << shift) - 1)) * 10) >> shift);
        assert_true(have - want <= 2 || want - have <= 2);
    }
    assert_true(num_pow10[0 - NUM_POW10_MIN][0] == 1ull << 63 && num_pow10[0 - NUM_POW10_MIN][1] == 0);
    assert_true(num_pow10[27 - NUM_POW10_MIN][0] == 0xcecb8f27f4200f3au && num_pow10[27 - NUM_POW10_MIN][1] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_powers_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
