/* test_options: what is accepted, what is refused and with which message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/options.h"
#include "proto/err.h"

static struct options o;
static char errmsg[OPTIONS_ERRMSG];

/* Parse a command line given as words separated by blanks. */
static int read_line(const char *line)
{
    static char text[4096], *argv[600];
    int argc = 0;
    snprintf(text, sizeof text, "ddbsidecard %s", line);
    for (char *p = text; *p != '\0' && argc < 599;) {
        argv[argc++] = p;
        p += strcspn(p, " ");
        if (*p != '\0')
            *p++ = '\0';
    }
    argv[argc] = NULL;
    errmsg[0] = '\0';
    return options_read(argc, argv, &o, errmsg);
}

static void flags_are_taken_in_order(void **state)
{
    (void)state;
    assert_int_equal(read_line("--config /a --socket /s --set daemon.lanes=2 --region=eu-west-1 --endpoint http://x"),
                     DDBS_OK);
    assert_string_equal(o.config, "/a");
    assert_int_equal(o.set_count, 4);
    assert_string_equal(o.sets[0].path, "daemon.socket");
    assert_string_equal(o.sets[0].value, "/s");
    assert_string_equal(o.sets[0].flag, "--socket");
    assert_string_equal(o.sets[1].path, "daemon.lanes=2");
    assert_null(o.sets[1].value);
    assert_string_equal(o.sets[2].path, "aws.region");
    assert_string_equal(o.sets[2].value, "eu-west-1");
    assert_string_equal(o.sets[3].path, "aws.endpoint");
    assert_false(o.check_config || o.dump_config || o.version || o.help);
    assert_int_equal(read_line("--check-config --dump-config --version --help"), DDBS_OK);
    assert_true(o.check_config && o.dump_config && o.version && o.help);
    assert_int_equal(o.set_count, 0);
    assert_int_equal(read_line(""), DDBS_OK);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"--lanes", "unknown option --lanes"}, {"--lanes=2", "--lanes=2"},
        {"-x", "unknown option -x"},           {"--socket", "a value is missing after --socket"},
        {"--version=1", "--version=1"},        {"--region a b", "unexpected argument b"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(read_line(CASES[i][0]), DDBS_E_BAD_CONFIG);
        if (strstr(errmsg, CASES[i][1]) == NULL || strstr(errmsg, "--help") == NULL)
            fail_msg("%s: %s", CASES[i][0], errmsg);
    }
}

static void too_many_settings_are_refused(void **state)
{
    (void)state;
    char line[4096] = "";
    for (size_t i = 0; i <= OPTIONS_SETS_MAX; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), "--set a=b ");
    assert_int_equal(read_line(line), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "more than 256"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_taken_in_order),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(too_many_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
