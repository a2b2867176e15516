/* Tests of daemon/core/config*: values, texts, precedence, messages, the dump that reads back, memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/core/config.h"
#include "daemon/core/config_dump.h"
#include "daemon/core/config_key.h"
#include "daemon/core/config_parse.h"
#include "daemon/core/config_set.h"
#include "daemon/core/config_value.h"
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
        {"lanes = 2\n", {"x.conf:1: ", "before any section", "[daemon]"}},
        {"[daemon]\nlanes = 0\n", {"x.conf:2: ", "lanes = 0", "from 1 to 64"}},
        {"[daemon]\nlanes = two\n", {"lanes = two", "whole number", "1"}},
        {"[daemon]\nmemory_max = 1M\n", {"memory_max = 1M", "from 64M to 1024G", "K, M, G"}},
        {"[defaults]\nlinger = 5\n", {"linger = 5", "from 0 to 1m", "ms, s, m, h"}},
        {"[table a]\ntable_error_timeout = ever\n", {"[table a]", "never", "duration"}},
        {"[daemon]\nsocket_mode = 999\n", {"socket_mode = 999", "octal", "0660"}},
        {"[table a]\nkey_schema = pk\n", {"key_schema = pk", "S, N or B", "pk:S,sk:N"}},
        {"[daemon]\nlanes\n", {"x.conf:2: ", "neither a [section] nor a setting", ""}},
        {"[daemon\nlanes = 1\n", {"x.conf:1: ", "no closing ]", ""}},
        {"[daemon] lanes = 1\n", {"x.conf:1: ", "behind a section's ]", ""}},
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

/* A flag or the environment may give any text; config_dump's must read back as the same. */
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

static void the_whole_is_judged(void **state)
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
    /* Too little room: the need is told and the text is cut. */
    char small[16];
    assert_int_equal(config_dump(&a, small, sizeof small), n);
    assert_int_equal(strlen(small), sizeof small - 1);
    assert_int_equal(config_dump(&a, NULL, 0), n);
    config_fini(&a);
    config_fini(&b);
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
        cmocka_unit_test(modes),
        cmocka_unit_test(schemas),
        cmocka_unit_test(text_is_taken_over),
        cmocka_unit_test(bad_texts_name_the_place_and_the_remedy),
        cmocka_unit_test(long_lines_are_read),
        cmocka_unit_test(longer_lines_and_nul_bytes_are_refused),
        cmocka_unit_test(what_no_file_can_hold_is_refused),
        cmocka_unit_test(one_key_is_set),
        cmocka_unit_test(the_whole_is_judged),
        cmocka_unit_test(the_dump_reads_back),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
