/* test_cell: numbers formatted for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/ctl/cell.h"

static void numbers_are_short(void **state)
{
    (void)state;
    static const struct {
        void (*print)(char out[CTL_CELL_SIZE], uint64_t v);
        uint64_t v;
        const char *text;
    } CASES[] = {
        {cell_count, 0, "0"},
        {cell_count, 999999, "999999"},
        {cell_count, 1000000, "1.0M"},
        {cell_count, 999949999, "999.9M"},
        {cell_count, 999999999, "1.0G"},
        {cell_count, UINT64_MAX, "18.4E"},
        {cell_size, 0, "0 B"},
        {cell_size, 1023, "1023 B"},
        {cell_size, 1536, "1.5 KiB"},
        {cell_size, 128 << 20, "128 MiB"},
        {cell_age, 42, "42s"},
        {cell_age, 185, "3m 5s"},
        {cell_age, 7800, "2h 10m"},
        {cell_age, 5 * 86400 + 3 * 3600, "5d 3h"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char out[CTL_CELL_SIZE];
        CASES[i].print(out, CASES[i].v);
        assert_string_equal(out, CASES[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
