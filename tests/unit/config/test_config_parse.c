/* test_config_parse: what is accepted, what is refused and with which message, long lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
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

static void text_is_taken_over(void **state)
{
    (void)state;
    struct config c;
    config_init(&c);
    assert_int_equal(parse(&c, "\xef\xbb\xbf[daemon]\r\n"
                               "# a comment\n"
                               "; another = one\n"
                               "socket = /tmp/a.sock ; where\n"
                               "  lanes = 2\n"
                               "lanes = 3\n"
                               "memory_max=512M\n"
                               "\tsocket_mode : 0600\n"
                               "[aws] # region follows\n"
                               "region = eu-central-1\n"
                               "endpoint =\n"
                               "[table t.1]\n"
                               "linger = 20ms\n"
                               "[defaults]\n"
                               "linger = 7ms\n"
                               "max_in_flight = 8\n"
                               "table_error_timeout = never\n"
                               "[table arn:aws:dynamodb:eu-central-1:123456789012:"
                               "table/a-rather-long-name-of-a-table]\n"
                               "key_schema = pk:S,sk:N"),
                     DDBS_OK);
    assert_string_equal(c.socket, "/tmp/a.sock");
    assert_int_equal(c.lanes, 3);
    assert_int_equal(c.memory_max, 512 << 20);
    assert_int_equal(c.socket_mode, 0600);
    assert_string_equal(c.region, "eu-central-1");
    assert_int_equal(c.table_count, 2);
    assert_int_equal(table(&c, "t.1")->linger_ms, 20);
    assert_int_equal(table(&c, "t.1")->max_in_flight, 8);
    assert_true(table(&c, "t.1")->table_error_timeout_ms == CONFIG_NEVER);
    const struct table_config *arn =
        table(&c, "arn:aws:dynamodb:eu-central-1:123456789012:table/a-rather-long-name-of-a-table");
    assert_ptr_not_equal(arn, &c.defaults);
    assert_int_equal(arn->linger_ms, 7);
    assert_int_equal(arn->key_schema.count, 2);
    assert_ptr_equal(table(&c, "other"), &c.defaults);
    assert_int_equal(config_check(&c, errmsg), DDBS_OK);
    config_fini(&c);
}

static void bad_texts_name_the_place_and_the_remedy(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *say[3];
    } CASES[] = {
        {"[daemon]\nlans = 2\n", {"x.conf:2: ", "unknown setting lans in [daemon]", "did you mean lanes?"}},
        {"[daemon]\n\nzzzzzz = 2\n", {"x.conf:3: ", "unknown setting zzzzzz", "ddbsidecard --dump-config"}},
        {"[daemon]\nlinger = 2ms\n",
         {"x.conf:2: ", "linger in [daemon]", "linger belongs to [defaults] or [table NAME]"}},
        {"[table a]\nlanes = 2\n", {"x.conf:2: ", "lanes in [table a]", "lanes belongs to [daemon]"}},
        {"[deamon]\nlanes = 2\n", {"x.conf:2: ", "unknown section [deamon]", "did you mean [daemon]?"}},
        {"lanes = 2\n", {"x.conf:1: ", "not in a section", "[daemon]"}},
        {"[daemon]\nlanes = 0\n", {"x.conf:2: ", "lanes = 0", "from 1 to 64"}},
        {"[daemon]\nlanes = two\n", {"lanes = two", "whole number", "1"}},
        {"[daemon]\nmemory_max = 1M\n", {"memory_max = 1M", "from 64M to 1024G", "K, M, G"}},
        {"[defaults]\nlinger = 5\n", {"linger = 5", "from 0 to 1m", "ms, s, m, h"}},
        {"[table a]\ntable_error_timeout = ever\n", {"[table a]", "never", "duration"}},
        {"[daemon]\nsocket_mode = 999\n", {"socket_mode = 999", "octal", "0660"}},
        {"[table a]\nkey_schema = pk\n", {"key_schema = pk", "S, N or B", "pk:S,sk:N"}},
        {"[daemon]\nlanes\n", {"x.conf:2: ", "neither a [section] nor a setting", ""}},
        {"[daemon\nlanes = 1\n", {"x.conf:1: ", "no closing ]", ""}},
        {"[daemon] lanes = 1\n", {"x.conf:1: ", "after a section's ]", ""}},
        {"[table a b]\nlinger = 1s\n", {"x.conf:2: ", "no blanks", ""}},
        {"[defaults]\nsupersede = yes\n", {"supersede", "not available in version", "remove it"}},
        {"[allow etl]\nuser = x\n", {"[allow NAME]", "not available", "remove it"}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct config c;
        config_init(&c);
        assert_int_equal(parse(&c, CASES[i].text), DDBS_E_BAD_CONFIG);
        for (int j = 0; j < 3; j++) {
            if (strstr(errmsg, CASES[i].say[j]) == NULL)
                fail_msg("case %zu: \"%s\" is not in \"%s\"", i, CASES[i].say[j], errmsg);
        }
        assert_null(strchr(errmsg, '\n'));
        config_fini(&c);
    }
    assert_int_equal(mem_live(), 0);
}

/* inih itself would cut lines at 200 characters. */
static void long_lines_are_read(void **state)
{
    (void)state;
    struct config c;
    config_init(&c);
    static char text[CONFIG_PATH_MAX + 600];
    int n = snprintf(text, sizeof text,
                     "# %0400d\n[aws]\n  ca_bundle\t= /%0400d x;y   ; a comment = %0100d\nregion = r", 7, 8, 9);
    assert_int_equal(config_parse(&c, span_of(text, (size_t)n), "x.conf", errmsg), DDBS_OK);
    assert_int_equal(strlen(c.ca_bundle), 1 + 400 + 4);
    assert_string_equal(c.ca_bundle + 399, "08 x;y");
    assert_string_equal(c.region, "r");
    n = snprintf(text, sizeof text, "[aws]\nregion = ; %0400d\n", 7);
    assert_int_equal(config_parse(&c, span_of(text, (size_t)n), "x.conf", errmsg), DDBS_OK);
    assert_string_equal(c.region, "");
    n = snprintf(text, sizeof text, "[aws]\nca_bundle = /%0*d\n", CONFIG_PATH_MAX - 2, 7);
    assert_int_equal(config_parse(&c, span_of(text, (size_t)n), "x.conf", errmsg), DDBS_OK);
    assert_int_equal(strlen(c.ca_bundle), CONFIG_PATH_MAX - 1);
    config_fini(&c);
}

static void longer_lines_and_nul_bytes_are_refused(void **state)
{
    (void)state;
    struct config c;
    config_init(&c);
    static char text[CONFIG_PATH_MAX + 600];
    int n = snprintf(text, sizeof text, "[aws]\nca_bundle = /%0*d\n", CONFIG_PATH_MAX - 1, 7);
    assert_int_equal(config_parse(&c, span_of(text, (size_t)n), "x.conf", errmsg), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "x.conf:2: a line of"));
    n = snprintf(text, sizeof text, "[aws]\n%0300d = 1\n", 7);
    assert_int_equal(config_parse(&c, span_of(text, (size_t)n), "x.conf", errmsg), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "x.conf:2: a line of"));
    assert_int_equal(config_parse(&c, span_of("[daemon]\0\n", 10), "x.conf", errmsg), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "NUL"));
    config_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_taken_over),
        cmocka_unit_test(bad_texts_name_the_place_and_the_remedy),
        cmocka_unit_test(long_lines_are_read),
        cmocka_unit_test(longer_lines_and_nul_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
