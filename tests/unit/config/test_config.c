/* test_config: validation of the whole, and the sections of tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/config/config.h"
#include "proto/err.h"

static char errmsg[CONFIG_ERRMSG];

static void the_whole_is_validated(void **state)
{
    (void)state;
    struct config c;
    config_init(&c);
    memset(c.socket, 'a', 108);
    c.socket[108] = '\0';
    assert_int_equal(config_check(&c, errmsg), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "108 bytes"));
    assert_non_null(strstr(errmsg, "107"));
    c.socket[107] = '\0';
    assert_int_equal(config_check(&c, errmsg), DDBS_OK);
    c.socket[0] = '\0';
    assert_int_equal(config_check(&c, errmsg), DDBS_E_BAD_CONFIG);
    config_fini(&c);
}

static void a_tables_section_begins_as_the_defaults(void **state)
{
    (void)state;
    struct config c;
    struct span name = span_of("t", 1);
    config_init(&c);
    c.defaults.linger_ms = 9;
    assert_null(config_table_find(&c, name));
    assert_ptr_equal(config_table(&c, name), &c.defaults);
    struct table_config *t = config_table_add(&c, "t");
    assert_non_null(t);
    assert_string_equal(t->name, "t");
    assert_int_equal(t->linger_ms, 9);
    assert_ptr_equal(config_table_find(&c, name), t);
    assert_ptr_equal(config_table(&c, name), t);
    config_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_is_validated),
        cmocka_unit_test(a_tables_section_begins_as_the_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
