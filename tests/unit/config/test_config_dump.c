/* test_config_dump: the dump reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/config/config_dump.h"
#include "daemon/config/config_parse.h"
#include "proto/err.h"

static char errmsg[CONFIG_ERRMSG];

static int parse(struct config *c, const char *text)
{
    errmsg[0] = '\0';
    return config_parse(c, span_of(text, strlen(text)), "x.conf", errmsg);
}

static const struct table_config *table(const struct config *c, const char *name)
{
    return config_table(c, span_of(name, strlen(name)));
}

static void the_dump_reads_back(void **state)
{
    (void)state;
    struct config a, b;
    char one[8192], two[8192];
    config_init(&a);
    config_init(&b);
    assert_int_equal(parse(&a, "[daemon]\nlanes=7\nhandover=1500ms\nsocket_mode=0600\n[aws]\nregion=us-east-1\n"
                               "[defaults]\nkey_schema=pk:S\ntable_error_timeout=never\n[table t]\nlinger=0\n"),
                     DDBS_OK);
    size_t n = config_dump(&a, one, sizeof one);
    assert_true(n < sizeof one);
    assert_int_equal(strlen(one), n);
    assert_non_null(strstr(one, "handover = 1500ms\n"));
    assert_int_equal(parse(&b, one), DDBS_OK);
    assert_int_equal(config_dump(&b, two, sizeof two), n);
    assert_string_equal(one, two);
    assert_int_equal(table(&b, "t")->linger_ms, 0);
    assert_int_equal(table(&b, "t")->key_schema.count, 1);
    /* Buffer too small: the required size is returned and the text is cut. */
    char small[16];
    assert_int_equal(config_dump(&a, small, sizeof small), n);
    assert_int_equal(strlen(small), sizeof small - 1);
    assert_int_equal(config_dump(&a, NULL, 0), n);
    config_fini(&a);
    config_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dump_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
