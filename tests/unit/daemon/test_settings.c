/* test_settings: precedence of file, drop-in, environment and flag, and what AWS requires. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/settings.h"
#include "proto/err.h"

static char folder[64], main_file[96], errmsg[CONFIG_ERRMSG];
static struct settings s;

static void file_write(const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void file_remove(const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static int folder_make(void **state)
{
    (void)state;
    char path[160];
    snprintf(folder, sizeof folder, "/tmp/ddbsidecar-settings.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(main_file, sizeof main_file, "%s/main.conf", folder);
    snprintf(path, sizeof path, "%s/conf.d", folder);
    static const char *const NAMES[] = {"AWS_REGION",           "AWS_DEFAULT_REGION",        "AWS_ENDPOINT_URL",
                                        "AWS_CA_BUNDLE",        "AWS_ENDPOINT_URL_DYNAMODB", "AWS_SESSION_TOKEN",
                                        "DDBSIDECAR_SOCKET",    "DDBSIDECAR_CONFIG",         "AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        unsetenv(NAMES[i]);
    return mkdir(path, 0700);
}

static int folder_remove(void **state)
{
    (void)state;
    char path[160];
    file_remove("main.conf");
    snprintf(path, sizeof path, "%s/conf.d", folder);
    return rmdir(path) | rmdir(folder);
}

static int config_with(struct options *o)
{
    errmsg[0] = '\0';
    o->config = main_file;
    return settings_config(&s, o, errmsg);
}

static void the_nearer_one_wins(void **state)
{
    (void)state;
    struct options o = {0};
    file_write("main.conf", "[daemon]\nlanes = 2\nmax_clients = 100\nsocket = /main\n[defaults]\nlinger = 1ms\n");
    assert_int_equal(config_with(&o), DDBS_OK);
    assert_int_equal(s.config.lanes, 2);
    settings_fini(&s);

    file_write("conf.d/20.conf", "[daemon]\nlanes = 4\n");
    file_write("conf.d/10.conf", "[daemon]\nlanes = 3\nmax_clients = 200\n");
    file_write("conf.d/30.conf.bak", "[daemon]\nlanes = 9\n");
    file_write("conf.d/.40.conf", "[daemon]\nlanes = 9\n");
    assert_int_equal(config_with(&o), DDBS_OK);
    assert_int_equal(s.config.lanes, 4);
    assert_int_equal(s.config.max_clients, 200);
    settings_fini(&s);

    setenv("DDBSIDECAR_DAEMON_LANES", "5", 1);
    setenv("DDBSIDECAR_DEFAULTS_LINGER", "9ms", 1);
    setenv("DDBSIDECAR_SOCKET", "/env", 1);
    setenv("DDBSIDECAR_CONNECT_TIMEOUT", "a client's", 1);
    setenv("DDBSIDECAR_AWS_REGION", "", 1);
    assert_int_equal(config_with(&o), DDBS_OK);
    assert_int_equal(s.config.lanes, 5);
    assert_int_equal(s.config.defaults.linger_ms, 9);
    assert_string_equal(s.config.socket, "/env");
    settings_fini(&s);

    o.sets[0] = (struct option_set){.path = "daemon.lanes=6", .flag = "--set"};
    o.sets[1] = (struct option_set){.path = "daemon.socket", .value = "/flag=x", .flag = "--socket"};
    o.set_count = 2;
    assert_int_equal(config_with(&o), DDBS_OK);
    assert_int_equal(s.config.lanes, 6);
    assert_string_equal(s.config.socket, "/flag=x");
    settings_fini(&s);
    unsetenv("DDBSIDECAR_DAEMON_LANES");
    unsetenv("DDBSIDECAR_DEFAULTS_LINGER");
    unsetenv("DDBSIDECAR_SOCKET");
    unsetenv("DDBSIDECAR_CONNECT_TIMEOUT");
    unsetenv("DDBSIDECAR_AWS_REGION");
    file_remove("conf.d/10.conf");
    file_remove("conf.d/20.conf");
    file_remove("conf.d/30.conf.bak");
    file_remove("conf.d/.40.conf");
}

/* Settings that cannot be read are not treated as missing. */
static void a_folder_that_cannot_be_read_is_a_mistake(void **state)
{
    (void)state;
    struct options o = {0};
    char path[160];
    file_write("main.conf", "");
    snprintf(path, sizeof path, "%s/conf.d", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(config_with(&o), DDBS_OK);
    settings_fini(&s);
    file_write("conf.d", "");
    assert_int_equal(config_with(&o), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "conf.d cannot be read"));
    settings_fini(&s);
    file_remove("conf.d");
    assert_int_equal(mkdir(path, 0700), 0);
}

static void mistakes_name_their_source(void **state)
{
    (void)state;
    struct options o = {0};
    file_write("main.conf", "[daemon]\nlanes = 0\n");
    assert_int_equal(config_with(&o), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "main.conf:2: "));
    settings_fini(&s);
    file_write("main.conf", "");
    setenv("DDBSIDECAR_DAEMON_LANE", "1", 1);
    assert_int_equal(config_with(&o), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "DDBSIDECAR_DAEMON_LANE: "));
    assert_non_null(strstr(errmsg, "did you mean lanes?"));
    settings_fini(&s);
    unsetenv("DDBSIDECAR_DAEMON_LANE");
    o.sets[0] = (struct option_set){.path = "daemon.lanes", .flag = "--set"};
    o.set_count = 1;
    assert_int_equal(config_with(&o), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "SECTION.KEY=VALUE"));
    settings_fini(&s);
    struct options missing = {.config = "/nowhere/main.conf"};
    assert_int_equal(settings_config(&s, &missing, errmsg), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "/nowhere/main.conf cannot be read"));
    settings_fini(&s);
    assert_int_equal(mem_live(), 0);
}

static int aws_with(const char *region, const char *ca_bundle)
{
    struct options o = {0};
    file_write("main.conf", "");
    assert_int_equal(config_with(&o), DDBS_OK);
    snprintf(s.config.region, sizeof s.config.region, "%s", region);
    snprintf(s.config.ca_bundle, sizeof s.config.ca_bundle, "%s", ca_bundle);
    return settings_aws(&s, errmsg);
}

static void aws_needs_region_and_credentials(void **state)
{
    (void)state;
    assert_int_equal(aws_with("", ""), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "AWS_REGION"));
    assert_int_equal(aws_with("us-east-1", ""), DDBS_E_CREDENTIALS);
    assert_non_null(strstr(errmsg, "AWS_ACCESS_KEY_ID"));
    setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1);
    assert_int_equal(aws_with("us-east-1", "/nowhere/ca.pem"), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "[aws] ca_bundle"));
    setenv("AWS_CA_BUNDLE", "/nowhere/either.pem", 1);
    assert_int_equal(aws_with("us-east-1", ""), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "AWS_CA_BUNDLE"));
    setenv("AWS_CA_BUNDLE", main_file, 1);
    assert_int_equal(aws_with("us-east-1", ""), DDBS_OK);
    assert_string_equal(s.ca_bundle, main_file);
    assert_string_equal(s.endpoint.region, "us-east-1");
    assert_string_equal(s.creds.id, "AKID");
    settings_fini(&s);
    assert_string_equal(s.creds.secret, "");
}

/* Files, drop-ins and flags: none may be skipped because memory ran out. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct options o = {.set_count = 1, .sets = {{.path = "table flag.linger=1s", .flag = "--set"}}};
    int64_t live = mem_live();
    file_write("main.conf", "[table main]\nlinger = 1s\n");
    file_write("conf.d/10-a.conf", "[table a]\nlinger = 2s\n");
    file_write("conf.d/20-b.conf", "[table b]\nlinger = 3s\n");
    uint64_t asked = mem_asked();
    assert_int_equal(config_with(&o), DDBS_OK);
    asked = mem_asked() - asked;
    settings_fini(&s);
    assert_true(asked >= 9);
    for (uint64_t n = 1; n <= asked; n++) {
        errno = ENOENT; /* a planned failure does not set errno */
        mem_fail_nth(n);
        int rc = config_with(&o);
        mem_fail_nth(0);
        assert_int_equal(rc, DDBS_E_OUT_OF_MEMORY);
        assert_non_null(strstr(errmsg, "memory ran out"));
        settings_fini(&s);
        assert_int_equal(mem_live(), live);
    }
    file_remove("conf.d/10-a.conf");
    file_remove("conf.d/20-b.conf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearer_one_wins),        cmocka_unit_test(a_folder_that_cannot_be_read_is_a_mistake),
        cmocka_unit_test(mistakes_name_their_source), cmocka_unit_test(aws_needs_region_and_credentials),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
