/* test_open: what ddbs_open refuses, and with which message. A tiny daemon (peer.c) serves the socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/c/client.h"
#include "tests/unit/client/peer.h"

static struct peer peer;

static void the_daemons_refusal_is_reported(void **state)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *c = NULL;
    char errmsg[DDBS_ERRMSG_SIZE];
    (void)state;
    peer_start(&peer, &(struct peer_plan){.refuse = DDBS_E_NOT_PERMITTED});
    options.table = "t";
    options.socket_path = peer.path;
    assert_int_equal(ddbs_open(&options, &c, errmsg), DDBS_E_NOT_PERMITTED);
    assert_string_equal(errmsg, "the daemon ended the connection: not_permitted: not you");
    assert_null(c);
    peer_stop(&peer);
    assert_int_equal(peer.seen.connections, 1);
}

static void no_welcome_is_no_daemon(void **state)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *c = NULL;
    char errmsg[DDBS_ERRMSG_SIZE];
    (void)state;
    peer_start(&peer, &(struct peer_plan){.no_welcome = true});
    options.table = "t";
    options.socket_path = peer.path;
    options.connect_timeout_ms = -1;
    assert_int_equal(ddbs_open(&options, &c, errmsg), DDBS_E_NOT_REACHABLE);
    assert_non_null(strstr(errmsg, "no WELCOME"));
    peer_stop(&peer);
}

static void no_daemon_is_reported_with_the_path(void **state)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *c = NULL;
    char errmsg[DDBS_ERRMSG_SIZE];
    (void)state;
    options.table = "t";
    options.socket_path = "/tmp/ddbs-nobody-is-here/sock";
    options.connect_timeout_ms = 20;
    assert_int_equal(ddbs_open(&options, &c, errmsg), DDBS_E_NOT_REACHABLE);
    assert_non_null(strstr(errmsg, "connect /tmp/ddbs-nobody-is-here/sock: No such file or directory"));
    assert_non_null(strstr(errmsg, "Is ddbsidecard running? Start it, or set"));
    assert_non_null(strstr(errmsg, "DDBSIDECAR_SOCKET"));
    /* the environment names the socket when the options do not */
    options.socket_path = NULL;
    options.connect_timeout_ms = -1;
    setenv("DDBSIDECAR_SOCKET", "/tmp/ddbs-from-the-environment", 1);
    assert_int_equal(ddbs_open(&options, &c, errmsg), DDBS_E_NOT_REACHABLE);
    assert_non_null(strstr(errmsg, "connect /tmp/ddbs-from-the-environment: "));
    unsetenv("DDBSIDECAR_SOCKET");
}

static void bad_options_are_reported(void **state)
{
    static char long_path[109], long_table[1026], long_app[257];
    struct {
        struct ddbs_options options;
        long unknown;
    } newer = {.options = {.struct_size = sizeof newer, .table = "t"}, .unknown = 1};
    const struct {
        struct ddbs_options options;
        const char *says;
    } cases[] = {
        {{.struct_size = 0, .table = "t"}, "DDBS_OPTIONS_INIT"},
        {{.struct_size = sizeof(struct ddbs_options)}, "options.table"},
        {{.struct_size = sizeof(struct ddbs_options), .table = ""}, "options.table"},
        {{.struct_size = sizeof(struct ddbs_options), .table = long_table}, "options.table"},
        {{.struct_size = sizeof(struct ddbs_options), .table = "t", .app = long_app}, "options.app"},
        {{.struct_size = sizeof(struct ddbs_options), .table = "t", .memory_max = 65535},
         "options.memory_max is 65535"},
        {{.struct_size = sizeof(struct ddbs_options), .table = "t", .on_eof = 2}, "options.on_eof is 2"},
        {{.struct_size = sizeof(struct ddbs_options), .table = "t", .socket_path = long_path},
         "is 108 bytes long, a Unix socket's is at most 107"},
    };
    char errmsg[DDBS_ERRMSG_SIZE];
    struct ddbs_client *c = NULL;
    (void)state;
    memset(long_path, 'p', sizeof long_path - 1);
    memset(long_table, 't', sizeof long_table - 1);
    memset(long_app, 'a', sizeof long_app - 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(ddbs_open(&cases[i].options, &c, errmsg), DDBS_E_INVALID_ARGUMENT);
        if (strstr(errmsg, cases[i].says) == NULL)
            fail_msg("case %zu says: %s", i, errmsg);
    }
    assert_int_equal(ddbs_open(NULL, &c, NULL), DDBS_E_INVALID_ARGUMENT);
    assert_int_equal(ddbs_open(&newer.options, &c, errmsg), DDBS_E_UNSUPPORTED_OPTION);
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_daemons_refusal_is_reported),
        cmocka_unit_test(no_welcome_is_no_daemon),
        cmocka_unit_test(no_daemon_is_reported_with_the_path),
        cmocka_unit_test(bad_options_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
