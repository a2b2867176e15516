/* test_token_bucket: a burst, then a fixed rate per millisecond, and never more than a burst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/token_bucket.h"

static void a_burst_then_so_many_a_millisecond(void **state)
{
    (void)state;
    static const struct {
        uint64_t now_ms;
        uint32_t left, taken;
    } STEPS[] = {
        {1000, 10, 10}, {1000, 0, 0},  {1001, 3, 1},         {1002, 5, 5},       {1005, 9, 0},
        {1006, 10, 0},  {1006, 10, 4}, {UINT64_MAX, 10, 10}, {UINT64_MAX, 0, 0},
    };
    struct token_bucket p = token_bucket_full(10, 3, 1000);
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        assert_int_equal(token_bucket_left(&p, STEPS[i].now_ms), STEPS[i].left);
        p.left -= STEPS[i].taken;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_then_so_many_a_millisecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
