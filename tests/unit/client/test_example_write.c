/* test_example_write: runs the compiled example against a tiny daemon. Takes the example's path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/client/peer.h"

static const char *example;

static int run(const char *args, char *out, size_t room)
{
    char command[1024];
    FILE *f;
    size_t n;
    snprintf(command, sizeof command, "'%s' %s 2>&1", example, args);
    f = popen(command, "r");
    assert_non_null(f);
    n = fread(out, 1, room - 1, f);
    out[n] = '\0';
    return pclose(f);
}

static void it_writes(void **state)
{
    struct peer peer;
    char out[512];
    (void)state;
    peer_start(&peer, &(struct peer_plan){0});
    setenv("DDBSIDECAR_SOCKET", peer.path, 1);
    assert_int_equal(run("t id 250", out, sizeof out), 0);
    assert_string_equal(out, "250 written, 0 failed\n");
    peer_stop(&peer);
    assert_int_equal(peer.seen.records, 250);
}

static void it_tells_failures_and_bad_usage(void **state)
{
    struct peer peer;
    char out[512];
    (void)state;
    peer_start(&peer, &(struct peer_plan){.fail_seq = 2});
    setenv("DDBSIDECAR_SOCKET", peer.path, 1);
    assert_int_not_equal(run("t id 3", out, sizeof out), 0);
    assert_non_null(strstr(out, "record 2: rejected: bad luck\n"));
    assert_non_null(strstr(out, "2 written, 1 failed\n"));
    assert_int_not_equal(run("t id 3x", out, sizeof out), 0);
    assert_non_null(strstr(out, "usage: "));
    peer_stop(&peer);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_writes), cmocka_unit_test(it_tells_failures_and_bad_usage)};
    if (argc != 2)
        return 2;
    example = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
