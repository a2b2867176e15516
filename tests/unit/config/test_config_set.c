/* test_config_set: single settings, precedence, what is refused, failing allocations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/config/config_set.h"
#include "proto/err.h"

static char errmsg[CONFIG_ERRMSG];

static const struct table_config *table(const struct config *c, const char *name)
{
    return config_table(c, span_of(name, strlen(name)));
}

/* A flag or the environment may contain any text; config_dump's output must read back the same. */
static void what_no_file_can_hold_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {" x", "x ", ";x", "x ;y", "x\ny", "x\ty"};
    static const char *const PATHS[] = {"aws.region", "defaults.key_schema", "daemon.socket"};
    struct config c;
    config_init(&c);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        for (size_t k = 0; k < sizeof PATHS / sizeof PATHS[0]; k++) {
            char value[32];
            snprintf(value, sizeof value, "%s%s", BAD[i], k == 1 && i != 1 ? ":S" : "");
            assert_int_equal(config_set(&c, PATHS[k], value, "--set", errmsg), DDBS_E_BAD_CONFIG);
            assert_non_null(strstr(errmsg, "not allowed"));
            assert_null(strchr(errmsg, '\n'));
        }
    }
    assert_int_equal(config_set(&c, "table a]b.linger", "1s", "--set", errmsg), DDBS_E_BAD_CONFIG);
    assert_int_equal(config_set(&c, "\n", "1s", "--set", errmsg), DDBS_E_BAD_CONFIG);
    assert_string_equal(errmsg, "--set: ? is not SECTION.KEY, such as daemon.lanes or table NAME.linger");
    assert_int_equal(config_set(&c, "aws.region", "a;b c", "--set", errmsg), DDBS_OK);
    config_fini(&c);
}

static void one_key_is_set(void **state)
{
    (void)state;
    struct config c;
    config_init(&c);
    assert_int_equal(config_set(&c, "daemon.lanes", "5", "--set", errmsg), DDBS_OK);
    assert_int_equal(c.lanes, 5);
    assert_int_equal(config_set(&c, "table my.table.linger", "9ms", "--set", errmsg), DDBS_OK);
    assert_int_equal(table(&c, "my.table")->linger_ms, 9);
    assert_int_equal(config_set(&c, "defaults.linger", "1s", "--set", errmsg), DDBS_OK);
    assert_int_equal(table(&c, "my.table")->linger_ms, 9);
    assert_int_equal(table(&c, "x")->linger_ms, 1000);
    static const char *const BAD[] = {"lanes", ".lanes", "daemon.", "daemon.lane", "table .linger", ""};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_int_equal(config_set(&c, BAD[i], "1", "--set", errmsg), DDBS_E_BAD_CONFIG);
        assert_int_equal(strncmp(errmsg, "--set: ", 7), 0);
    }
    config_fini(&c);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct config c;
    config_init(&c);
    mem_fail_nth(1);
    assert_int_equal(config_set(&c, "table t.linger", "1s", "x", errmsg), DDBS_E_OUT_OF_MEMORY);
    assert_int_equal(c.table_count, 0);
    assert_int_equal(config_set(&c, "table t.linger", "1s", "x", errmsg), DDBS_OK);
    config_fini(&c);
    assert_int_equal(mem_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_file_can_hold_is_refused),
        cmocka_unit_test(one_key_is_set),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
