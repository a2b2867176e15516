/* Tests of daemon/ctl_table: numbers for people, columns, cells that are missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/ctl/table.h"

static void numbers_are_short(void **state)
{
    (void)state;
    static const struct {
        void (*print)(char out[CTL_CELL], uint64_t v);
        uint64_t v;
        const char *text;
    } CASES[] = {
        {ctl_count_print, 0, "0"},
        {ctl_count_print, 999999, "999999"},
        {ctl_count_print, 1000000, "1.0M"},
        {ctl_count_print, 999949999, "999.9M"},
        {ctl_count_print, 999999999, "1.0G"},
        {ctl_count_print, UINT64_MAX, "18.4E"},
        {ctl_size_print, 0, "0 B"},
        {ctl_size_print, 1023, "1023 B"},
        {ctl_size_print, 1536, "1.5 KiB"},
        {ctl_size_print, 128 << 20, "128 MiB"},
        {ctl_age_print, 42, "42s"},
        {ctl_age_print, 185, "3m 5s"},
        {ctl_age_print, 7800, "2h 10m"},
        {ctl_age_print, 5 * 86400 + 3 * 3600, "5d 3h"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char out[CTL_CELL];
        CASES[i].print(out, CASES[i].v);
        assert_string_equal(out, CASES[i].text);
    }
}

static char *table_print(const char *json)
{
    static const struct ctl_column COLUMNS[] = {
        {"NAME", "name", 10, true}, {"N", "n", 6, false}, {"STATE", "state", 8, false}};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    json_t *rows = json_loads(json, 0, NULL);
    ctl_table_print(out, COLUMNS, 3, rows);
    json_decref(rows);
    fclose(out);
    return text;
}

static void columns_are_aligned(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"[]", ""},
        {"[{\"name\":\"a\",\"n\":5,\"state\":\"open\"},{\"name\":\"abcdefghijklmnop\",\"n\":1234}]",
         "NAME           N  STATE\n"
         "a              5  open\n"
         "abcd..mnop  1234  -\n"},
        {"[{\"name\":4294967294,\"n\":1000000},{\"name\":-1}]", "      NAME     N  STATE\n"
                                                                "4294967294  1.0M  -\n"
                                                                "        -1     -  -\n"},
        {"[{\"name\":\"\",\"state\":\"a\\u0001b\"},{\"name\":7}]", "NAME  N  STATE\n"
                                                                   "-     -  a?b\n"
                                                                   "7     -  -\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *text = table_print(CASES[i][0]);
        assert_string_equal(text, CASES[i][1]);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(columns_are_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
