/* num_decimal: sizes and lengths agree with the text, and the table of powers is what its head says.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/num_decimal.h"

/* Length and size of a decimal are those of its text, parsed again. */
static void check_decimal(const struct num_decimal *d)
{
    char out[NUM_TEXT_MAX];
    uint32_t n = num_decimal_put(out, d);
    assert_int_equal(num_decimal_len(d), n);
    struct num parsed, direct;
    assert_int_equal(num_parse(span_of(out, n), &parsed, NULL), DDBS_OK);
    num_decimal_to_num(d, &direct);
    assert_true(num_equal(&parsed, &direct));
    assert_int_equal(num_decimal_size(d), num_size(&parsed));
}

static void every_form_is_measured_right(void **state)
{
    (void)state;
    static const uint64_t significands[] = {1, 7, 12, 123, 1234, 98765, 123456789, 12345678901234567u};
    for (size_t i = 0; i < sizeof significands / sizeof significands[0]; i++) {
        uint32_t digits = num_digits(significands[i]);
        for (int exp = NUM_SCI_MIN + 1 - (int)digits; exp <= NUM_SCI_MAX + 1 - (int)digits; exp++) {
            struct num_decimal d = {.m = significands[i], .exp = exp, .digits = (uint8_t)digits};
            check_decimal(&d);
            d.negative = true;
            check_decimal(&d);
        }
    }
}

static void integers_lose_their_zeros(void **state)
{
    (void)state;
    static const struct {
        uint64_t v, m;
        int exp;
    } cases[] = {
        {0, 0, 0},
        {1, 1, 0},
        {10, 1, 1},
        {1200, 12, 2},
        {1000000000000000000u, 1, 18},
        {10000000000000000000u, 1, 19},
        {123000000000u, 123, 9},
        {18446744073709551615u, 18446744073709551615u, 0},
        {105, 105, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct num_decimal d = num_decimal_u64(cases[i].v, i % 2 == 0);
        assert_int_equal(d.m, cases[i].m);
        assert_int_equal(d.exp, cases[i].exp);
        assert_int_equal(d.negative, cases[i].v != 0 && i % 2 == 0);
        check_decimal(&d);
    }
}

static unsigned __int128 power(int k)
{
    const uint64_t *g = num_pow10[k - NUM_POW10_MIN];
    return (unsigned __int128)g[0] << 64 | g[1];
}

/* Ten times a power, normalised again, is the next power, up to what rounding up may add. */
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

static uint32_t random32(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state ^ *state >> 15;
}

static void random_floats_read_back(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int i = 0; i < 100000; i++) {
        uint32_t bits = random32(&seed);
        float f;
        memcpy(&f, &bits, 4);
        struct num_decimal d;
        assert_int_equal(num_decimal_double((double)f, true, &d), isfinite(f) != 0);
        if (!isfinite(f))
            continue;
        assert_true(d.digits <= 9);
        check_decimal(&d);
        char out[NUM_TEXT_MAX + 1], *end;
        out[num_decimal_put(out, &d)] = 0;
        assert_true(strtof(out, &end) == f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_measured_right),
        cmocka_unit_test(integers_lose_their_zeros),
        cmocka_unit_test(the_powers_follow_each_other),
        cmocka_unit_test(random_floats_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
