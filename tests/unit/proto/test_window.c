/* test_window: credit is spent, raised and settled, and never wraps. */
#include "proto/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/err.h"

static void take_spends_up_to_the_limit(void **state)
{
    (void)state;
    struct window w = {.limit = 100};
    assert_int_equal(window_take(&w, 60), DDBS_OK);
    assert_int_equal(window_left(&w), 40);
    assert_int_equal(window_take(&w, 40), DDBS_OK);
    assert_int_equal(window_left(&w), 0);
    assert_int_equal(window_take(&w, 0), DDBS_OK);
}

static void take_beyond_the_limit_spends_nothing(void **state)
{
    (void)state;
    static const struct {
        uint64_t limit, used, cost;
    } cases[] = {
        {0, 0, 1},
        {100, 60, 41},
        {100, 100, 1},
        {100, 60, UINT64_MAX}, /* would wrap as a sum */
        {UINT64_MAX, UINT64_MAX - 1, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct window w = {.limit = cases[i].limit, .used = cases[i].used};
        assert_int_equal(window_take(&w, cases[i].cost), DDBS_E_PROTOCOL_ERROR);
        assert_true(w.used == cases[i].used);
        assert_true(w.limit == cases[i].limit);
    }
}

static void the_limit_never_falls(void **state)
{
    (void)state;
    struct window w = {.limit = 100, .used = 30};
    assert_false(window_raise(&w, 100)); /* repeated */
    assert_false(window_raise(&w, 99));
    assert_false(window_raise(&w, 0));
    assert_true(w.limit == 100);
    assert_true(window_raise(&w, 101));
    assert_true(window_raise(&w, UINT64_MAX));
    assert_true(w.limit == UINT64_MAX);
    assert_true(w.used == 30);
}

static void settle_counts_what_is_open(void **state)
{
    (void)state;
    struct window w = {.limit = 100, .used = 70};
    window_settle(&w, 30);
    window_settle(&w, 0);
    window_settle(&w, 40);
    assert_true(w.settled == 70);
    assert_true(w.used == 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take_spends_up_to_the_limit),
        cmocka_unit_test(take_beyond_the_limit_spends_nothing),
        cmocka_unit_test(the_limit_never_falls),
        cmocka_unit_test(settle_counts_what_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
