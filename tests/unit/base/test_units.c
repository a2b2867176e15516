/* test_units: which values are accepted and refused, and that printed values read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/units.h"

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint64_t ms;
        const char *printed;
    } CASES[] = {
        {"5ms", true, 5, "5ms"},
        {"1000ms", true, 1000, "1s"},
        {"90s", true, 90000, "90s"},
        {"120s", true, 120000, "2m"},
        {"2h", true, 7200000, "2h"},
        {"0", true, 0, "0"},
        {"0s", true, 0, "0"},
        {"5", false, 0, NULL},
        {"", false, 0, NULL},
        {"-1s", false, 0, NULL},
        {"5 s", false, 0, NULL},
        {"5S", false, 0, NULL},
        {"1.5s", false, 0, NULL},
        {"s", false, 0, NULL},
        {"99999999999999999999s", false, 0, NULL},
        {"18446744073709551615h", false, 0, NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint64_t ms = 77;
        char out[UNITS_TEXT];
        assert_int_equal(units_duration(CASES[i].text, &ms), CASES[i].ok);
        assert_int_equal(ms, CASES[i].ok ? CASES[i].ms : 77);
        if (CASES[i].ok) {
            units_put_duration(out, ms);
            assert_string_equal(out, CASES[i].printed);
        }
    }
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint64_t bytes;
        const char *printed;
    } CASES[] = {
        {"65536", true, 65536, "64K"}, {"256M", true, 256 << 20, "256M"},
        {"1g", true, 1 << 30, "1G"},   {"1025", true, 1025, "1025"},
        {"0", true, 0, "0"},           {"1T", false, 0, NULL},
        {"1KB", false, 0, NULL},       {"", false, 0, NULL},
        {"K", false, 0, NULL},         {"18446744073709551615K", false, 0, NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint64_t bytes = 77;
        char out[UNITS_TEXT];
        assert_int_equal(units_size(CASES[i].text, &bytes), CASES[i].ok);
        assert_int_equal(bytes, CASES[i].ok ? CASES[i].bytes : 77);
        if (CASES[i].ok) {
            units_put_size(out, bytes);
            assert_string_equal(out, CASES[i].printed);
        }
    }
}

static void counts(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", "-1", "+1", " 1", "1 ", "1K", "0x1", "18446744073709551616"};
    uint64_t n = 77;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_false(units_count(BAD[i], &n));
    assert_int_equal(n, 77);
    assert_true(units_count("18446744073709551615", &n));
    assert_true(n == UINT64_MAX);
    assert_true(units_count("007", &n));
    assert_int_equal(n, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(sizes),
        cmocka_unit_test(counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
