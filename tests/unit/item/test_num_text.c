/* test_num_text: the text of integers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/item/num_text.h"

static void writes_integers(void **state)
{
    (void)state;
    char out[NUM_TEXT_MAX + 1], want[NUM_TEXT_MAX];
    static const int64_t values[] = {0, 1, -1, 9, 10, 99, 100, 101, -100, 12345, INT64_MAX, INT64_MIN, 1000000007};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        out[num_text_put_i64(out, values[i])] = 0;
        snprintf(want, sizeof want, "%lld", (long long)values[i]);
        assert_string_equal(out, want);
    }
    uint64_t power = 1;
    for (int i = 0; i < 20; i++, power *= 10) {
        for (int d = -1; d <= 1; d++) {
            uint64_t v = power + (uint64_t)(int64_t)d;
            out[num_text_put_u64(out, v)] = 0;
            snprintf(want, sizeof want, "%llu", (unsigned long long)v);
            assert_string_equal(out, want);
        }
    }
    out[num_text_put_u64(out, UINT64_MAX)] = 0;
    assert_string_equal(out, "18446744073709551615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
