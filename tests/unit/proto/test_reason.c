/* test_reason: the list of reasons is complete, unique and spelled as on the wire. */
#include "proto/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_reason_has_name_and_text(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT_; i++) {
        const char *name = reason_name((enum reason)i);
        const char *text = reason_text((enum reason)i);
        assert_true(strlen(name) > 0);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        assert_true(strlen(text) > 0);
        assert_true(text[strlen(text) - 1] != '.');
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name, reason_name((enum reason)j));
    }
}

static void fixed_names_of_the_wire(void **state)
{
    (void)state;
    static const struct {
        enum reason r;
        const char *name;
    } cases[] = {
        {REASON_NONE, "none"},
        {REASON_MEMORY, "memory"},
        {REASON_KEY_ORDER, "key_order"},
        {REASON_THROTTLED, "throttled"},
        {REASON_BACKOFF, "backoff"},
        {REASON_CREDENTIALS, "credentials"},
        {REASON_SCHEMA, "schema"},
        {REASON_TABLE_PAUSED, "table_paused"},
        {REASON_ENDPOINT_DOWN, "endpoint_down"},
        {REASON_IN_FLIGHT, "in_flight"},
        {REASON_DRAINING, "draining"},
    };
    assert_int_equal(sizeof(cases) / sizeof(cases[0]), REASON_COUNT_);
    for (size_t i = 0; i < REASON_COUNT_; i++)
        assert_string_equal(reason_name(cases[i].r), cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_name_and_text),
        cmocka_unit_test(fixed_names_of_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
