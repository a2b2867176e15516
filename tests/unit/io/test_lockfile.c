/* test_lockfile: one holder, a waiter gets the lock, and what cannot be locked is refused with a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/io/lockfile.h"
#include "proto/err.h"

static char folder[64], path[96], lock_path[128], errmsg[IO_ERRMSG];

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/ddbsidecar-lockfile.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s", folder);
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    unlink(lock_path);
    return rmdir(folder);
}

static void a_lock_is_held_by_one(void **state)
{
    (void)state;
    int first, second;
    assert_int_equal(lockfile_take(path, 0, &first, errmsg), DDBS_OK);
    assert_int_equal(lockfile_take(path, 50, &second, errmsg), DDBS_E_BUSY);
    assert_non_null(strstr(errmsg, lock_path));
    close(first);
    assert_int_equal(lockfile_take(path, 0, &second, errmsg), DDBS_OK);
    close(second);
    assert_int_equal(access(lock_path, F_OK), 0);
}

/* The waiter gets the lock when the holder exits. */
static void a_lock_is_waited_for(void **state)
{
    (void)state;
    int fd, ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        char text[IO_ERRMSG];
        int held;
        if (lockfile_take(path, 0, &held, text) != DDBS_OK || write(ready[1], "x", 1) != 1)
            _exit(1);
        poll(NULL, 0, 300);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(lockfile_take(path, 30000, &fd, errmsg), DDBS_OK);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(fd);
    close(ready[0]);
    close(ready[1]);
}

static void a_lock_that_cannot_be_made_says_why(void **state)
{
    (void)state;
    int fd;
    assert_int_equal(lockfile_take("/nowhere/at/all/s", 0, &fd, errmsg), DDBS_E_INTERNAL);
    assert_non_null(strstr(errmsg, "/nowhere/at/all/s.lock"));
    assert_non_null(strstr(errmsg, "make the folder first"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_is_held_by_one),
        cmocka_unit_test(a_lock_is_waited_for),
        cmocka_unit_test(a_lock_that_cannot_be_made_says_why),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
