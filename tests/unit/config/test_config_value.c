/* test_config_value: file modes and key schemas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/config_value.h"

static void modes(void **state)
{
    (void)state;
    unsigned mode = 0;
    assert_true(config_value_mode("0660", &mode));
    assert_int_equal(mode, 0660);
    assert_true(config_value_mode("777", &mode));
    assert_int_equal(mode, 0777);
    assert_false(config_value_mode("1777", &mode));
    assert_false(config_value_mode("0690", &mode));
    assert_false(config_value_mode("", &mode));
    assert_int_equal(mode, 0777);
}

static void schemas(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "pk", "pk:", ":S", "pk:X", "pk:S,", "pk:S,sk", "p:S,,", "a:S,a:N", "a:s", "a:S,b:N,c:B,d:S:", "a:S sk:N,"};
    struct key_schema s;
    char out[CONFIG_SCHEMA_TEXT];
    assert_true(config_value_schema("pojoId:S", &s));
    assert_int_equal(s.count, 1);
    assert_string_equal(s.attr[0].name, "pojoId");
    assert_int_equal(s.attr[0].name_len, 6);
    assert_int_equal(s.attr[0].type, 'S');
    assert_true(config_value_schema("a:b:B, n:N", &s));
    assert_int_equal(s.count, 2);
    assert_string_equal(s.attr[0].name, "a:b");
    assert_string_equal(s.attr[1].name, "n");
    config_value_put_schema(out, &s);
    assert_string_equal(out, "a:b:B,n:N");
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_false(config_value_schema(BAD[i], &s));
    assert_int_equal(s.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes),
        cmocka_unit_test(schemas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
