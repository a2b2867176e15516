/* test_table: columns, missing cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/ctl/table.h"

static char *printed_table(const char *json)
{
    static const struct ctl_column COLUMNS[] = {
        {"NAME", "name", 10, true}, {"N", "n", 6, false}, {"STATE", "state", 8, false}};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    json_t *rows = json_loads(json, 0, NULL);
    table_print(out, COLUMNS, 3, rows);
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
        char *text = printed_table(CASES[i][0]);
        assert_string_equal(text, CASES[i][1]);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
