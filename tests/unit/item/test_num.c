/* test_num: what is a number, equality by value, the service's size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/item/num.h"

#define NINES38 "99999999999999999999999999999999999999"

static struct span text_of(const char *text)
{
    return span_of(text, strlen(text));
}

static void parses_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *digits;
        int exp;
        bool negative;
        uint32_t size;
    } cases[] = {
        {"0", "", 0, false, 1},
        {"-0", "", 0, false, 1},
        {"0.000", "", 0, false, 1},
        {"0e999999999999999999999", "", 0, false, 1},
        {"1", "1", 1, false, 2},
        {"+1", "1", 1, false, 2},
        {"-1", "1", 1, true, 3},
        {"1.0", "1", 1, false, 2},
        {"10e-1", "1", 1, false, 2},
        {"001.50", "15", 1, false, 3},
        {"12", "12", 2, false, 2},
        {"100", "1", 3, false, 2},
        {"120", "12", 3, false, 3},
        {"123", "123", 3, false, 3},
        {"1234", "1234", 4, false, 3},
        {"0.001", "1", -2, false, 2},
        {"0.00120E+5", "12", 3, false, 3},
        {"1E-130", "1", -129, false, 2},
        {"9.9e125", "99", 126, false, 2},
        {"-" NINES38, NINES38, 38, true, 21},
        {NINES38 "00000000", NINES38, 46, false, 20},
        {"0.0" NINES38, NINES38, -1, false, 21},
        {"1"
         "e+125",
         "1", 126, false, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct num n;
        const char *why = "untouched";
        assert_int_equal(num_parse(text_of(cases[i].text), &n, &why), DDBS_OK);
        assert_string_equal(why, "untouched");
        assert_int_equal(n.ndigits, strlen(cases[i].digits));
        assert_memory_equal(n.digits, cases[i].digits, n.ndigits);
        assert_int_equal(n.exp, cases[i].exp);
        assert_int_equal(n.negative, cases[i].negative);
        assert_int_equal(num_size(&n), cases[i].size);
    }
}

static void refuses_what_is_no_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"", "not a decimal"},
        {" 1", "not a decimal"},
        {"1 ", "not a decimal"},
        {"a", "not a decimal"},
        {"1a", "not a decimal"},
        {"-", "not a decimal"},
        {".5", "not a decimal"},
        {"5.", "not a decimal"},
        {"1e", "not a decimal"},
        {"1e+", "not a decimal"},
        {"1e1.5", "not a decimal"},
        {"--1", "not a decimal"},
        {"1.2.3", "not a decimal"},
        {"NaN", "not a decimal"},
        {"Infinity", "not a decimal"},
        {"0x10", "not a decimal"},
        {"1_000", "not a decimal"},
        {"1,5", "not a decimal"},
        {"1" NINES38, "more than 38"},
        {NINES38 ".1", "more than 38"},
        {"1e126", "too large"},
        {"10e125", "too large"},
        {"1e99999999999999999999", "too large"},
        {"1e-131", "too small"},
        {"0.1e-130", "too small"},
        {"-1e-99999999999999999999", "too small"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct num n = {.exp = 77};
        const char *why = NULL;
        assert_int_equal(num_parse(text_of(cases[i].text), &n, &why), DDBS_E_INVALID_ITEM);
        assert_non_null(strstr(why, cases[i].why));
        assert_int_equal(n.exp, 77);
        assert_int_equal(num_parse(text_of(cases[i].text), &n, NULL), DDBS_E_INVALID_ITEM);
    }
}

static void a_nul_byte_is_no_number(void **state)
{
    (void)state;
    struct num n;
    assert_int_equal(num_parse(span_of("1\0", 2), &n, NULL), DDBS_E_INVALID_ITEM);
}

static void long_paddings_cost_no_digits(void **state)
{
    (void)state;
    char text[4000];
    memset(text, '0', sizeof text);
    text[1] = '.';
    text[2000] = '7';
    memcpy(text + sizeof text - 6, "e+1998", 6);
    struct num n, one;
    assert_int_equal(num_parse(span_of(text, sizeof text), &n, NULL), DDBS_OK);
    assert_int_equal(num_parse(text_of("0.7"), &one, NULL), DDBS_OK);
    assert_true(num_equal(&n, &one));
}

static void compares_by_value(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"1", "1.0", true},        {"1", "10e-1", true},   {"100", "1e2", true},   {"0", "-0.0e5", true},
        {"-2.50", "-25e-1", true}, {"1", "-1", false},     {"1", "10", false},     {"12", "1.2", false},
        {"123", "124", false},     {"1", "1.0001", false}, {"0", "1e-130", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct num a, b;
        assert_int_equal(num_parse(text_of(cases[i].a), &a, NULL), DDBS_OK);
        assert_int_equal(num_parse(text_of(cases[i].b), &b, NULL), DDBS_OK);
        assert_int_equal(num_equal(&a, &b), cases[i].equal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_decimals),         cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(a_nul_byte_is_no_number), cmocka_unit_test(long_paddings_cost_no_digits),
        cmocka_unit_test(compares_by_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
