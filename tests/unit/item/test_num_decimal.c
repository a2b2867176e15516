/* test_num_decimal: sizes and lengths agree with the text; the text of doubles is the shortest that reads back equal.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/item/num_decimal.h"
#include "proto/item/num_text.h"

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
        uint32_t digits = num_text_digits(significands[i]);
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

static void writes_doubles(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "0"},
        {1.0, "1"},
        {-1.0, "-1"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {12.5, "12.5"},
        {-1234.56, "-1234.56"},
        {1e-7, "0.0000001"},
        {1.5e-8, "1.5e-8"},
        {5e-324, ""},
        {1e20, "100000000000000000000"},
        {1e21, "1e21"},
        {1e23, "1e23"},
        {9007199254740993.0, "9007199254740992"},
        {1e-130, "1e-130"},
        {9.9e-131, ""},
        {1e125, "1e125"},
        {9.9e125, "9.9e125"},
        {1e126, ""},
        {-1e126, ""},
        {(double)INFINITY, ""},
        {-(double)INFINITY, ""},
        {(double)NAN, ""},
        {123456789012345680000.0, "123456789012345680000"},
        {-1.2345678901234567e-100, "-1.2345678901234567e-100"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[NUM_TEXT_MAX + 1];
        out[num_decimal_put_double(out, cases[i].v)] = 0;
        assert_string_equal(out, cases[i].text);
    }
}

static void writes_floats_shorter(void **state)
{
    (void)state;
    static const struct {
        float v;
        const char *text;
    } cases[] = {
        {0.1f, "0.1"},
        {0.3f, "0.3"},
        {3.4e38f, "3.4e38"},
        {1e-45f, "1e-45"},
        {16777216.0f, "16777216"},
        {100663296.0f, "100663300"},
        {-2.5f, "-2.5"},
        {1.0f / 3, "0.33333334"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[NUM_TEXT_MAX + 1];
        out[num_decimal_put_float(out, cases[i].v)] = 0;
        assert_string_equal(out, cases[i].text);
    }
    char out[NUM_TEXT_MAX];
    assert_int_equal(num_decimal_put_float(out, INFINITY), 0);
    assert_int_equal(num_decimal_put_float(out, NAN), 0);
}

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* The smallest number of digits with which printf's text reads back equal. */
static int fewest_digits(double v)
{
    char text[40], *end;
    int digits = 1;
    for (; digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, v);
        if (strtod(text, &end) == v)
            break;
    }
    return digits;
}

static void random_doubles_read_back_and_are_shortest(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        uint64_t exponent = 1023 - 431 + random_bits(&seed) % 848;
        uint64_t bits = (random_bits(&seed) & 0x800fffffffffffffu) | exponent << 52;
        if (i % 3 == 0)
            bits &= ~((1ull << (random_bits(&seed) % 53)) - 1);
        double v;
        memcpy(&v, &bits, 8);
        char out[NUM_TEXT_MAX + 1], *end;
        uint32_t n = num_decimal_put_double(out, v);
        assert_in_range(n, 1, NUM_TEXT_MAX);
        out[n] = 0;
        assert_true(strtod(out, &end) == v && end == out + n);
        struct num parsed;
        assert_int_equal(num_parse(span_of(out, n), &parsed, NULL), DDBS_OK);
        assert_true(parsed.ndigits <= fewest_digits(v));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_measured_right), cmocka_unit_test(integers_lose_their_zeros),
        cmocka_unit_test(random_floats_read_back),      cmocka_unit_test(writes_doubles),
        cmocka_unit_test(writes_floats_shorter),        cmocka_unit_test(random_doubles_read_back_and_are_shortest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
