/* test_host: reading whole files up to a maximum, entropy, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/os/host.h"
#include "proto/err.h"

static void files_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    char path[] = "/tmp/ddbsidecar-host.XXXXXX", *text;
    size_t n;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "hello", 5), 5);
    assert_int_equal(host_file_read(path, 5, &text, &n), DDBS_OK);
    assert_int_equal(n, 5);
    assert_memory_equal(text, "hello", 5);
    mem_free(text);
    assert_int_equal(host_file_read(path, 4, &text, &n), DDBS_E_BAD_CONFIG);
    assert_int_equal(errno, EFBIG);
    mem_fail_nth(1);
    assert_int_equal(host_file_read(path, 5, &text, &n), DDBS_E_OUT_OF_MEMORY);
    assert_int_equal(host_file_read("/tmp", 5, &text, &n), DDBS_E_BAD_CONFIG);
    assert_int_equal(errno, EISDIR);
    unlink(path);
    close(fd);
    assert_int_equal(host_file_read(path, 5, &text, &n), DDBS_E_BAD_CONFIG);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(mem_live(), 0);
}

static void random_numbers_differ(void **state)
{
    (void)state;
    uint64_t a = host_random(), b = host_random();
    assert_true(a != 0 && b != 0 && a != b);
}

/* With the standard streams closed, the log's descriptor was libuv's signal pipe, and SIGTERM aborted. */
static void closed_standard_streams_are_filled(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(STDIN_FILENO);
        close(STDERR_FILENO);
        host_stdio_keep();
        int next = dup(STDIN_FILENO);
        bool filled = fcntl(STDIN_FILENO, F_GETFD) == 0 && fcntl(STDERR_FILENO, F_GETFD) == 0;
        _exit(filled && next > STDERR_FILENO ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void limits_go_up(void **state)
{
    (void)state;
    struct rlimit r;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
    r.rlim_cur = r.rlim_max > 64 ? 64 : r.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
    assert_true(host_limits_raise() == r.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
    assert_true(r.rlim_cur == r.rlim_max);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_whole_or_not_at_all),
        cmocka_unit_test(random_numbers_differ),
        cmocka_unit_test(closed_standard_streams_are_filled),
        cmocka_unit_test(limits_go_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
