/* test_listener: with a fake engine: who may connect, which sockets are replaced, what is refused, and what is cleaned
 * up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/io/listener.h"
#include "daemon/io/loop.h"
#include "proto/err.h"
#include "tests/unit/io/fake_engine.h"

static char folder[64], path[96], errmsg[IO_ERRMSG];

struct rig {
    struct loop loop;
    struct listener listener;
};

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/ddbsidecar-listener.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s", folder);
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static int rig_open(struct rig *r, const char *at, unsigned mode, const char *group)
{
    fake_engine_reset();
    errmsg[0] = '\0';
    assert_int_equal(loop_init(&r->loop), DDBS_OK);
    loop_attach(&r->loop, fake_engine_handle());
    return listener_open(&r->listener, &r->loop.streams, at, mode, group, errmsg);
}

static void rig_close(struct rig *r, bool open)
{
    if (open) {
        listener_close(&r->listener);
        listener_close(&r->listener);
        listener_unlink(&r->listener);
    }
    loop_close(&r->loop);
    assert_int_equal(mem_live(), 0);
}

static void rig_turn(struct rig *r)
{
    for (int i = 0; i < 20; i++)
        uv_run(&r->loop.uv, UV_RUN_NOWAIT);
}

static int unix_connect(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    close(fd);
    return -1;
}

/* A socket of another program. */
static int socket_bind(int type)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, type, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

/* A stale socket that nobody holds. */
static void socket_leave(void)
{
    close(socket_bind(SOCK_STREAM));
}

static void clients_are_taken_with_their_identity(void **state)
{
    (void)state;
    struct rig r;
    struct stat st;
    socket_leave();
    assert_int_equal(rig_open(&r, path, 0640, ""), DDBS_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    int a = unix_connect(), b = unix_connect();
    rig_turn(&r);
    assert_int_equal(fake.opened, 2);
    assert_int_equal(fake.conns[1].peer.uid, geteuid());
    assert_int_equal(fake.conns[1].peer.pid, getpid());
    listener_close(&r.listener);
    assert_int_equal(unix_connect(), -1);
    assert_int_equal(stat(path, &st), 0);
    close(a);
    close(b);
    rig_close(&r, true);
    assert_int_equal(stat(path, &st), -1);
}

static void a_living_socket_is_not_taken(void **state)
{
    (void)state;
    struct rig first, second;
    struct stat st;
    assert_int_equal(rig_open(&first, path, 0600, ""), DDBS_OK);
    assert_int_equal(rig_open(&second, path, 0600, ""), DDBS_E_BUSY);
    assert_non_null(strstr(errmsg, "another program holds"));
    rig_close(&second, false);
    rig_turn(&first);
    rig_close(&first, true);
    assert_int_equal(stat(path, &st), -1);
}

/* --socket /run/systemd/notify as root must not replace systemd's socket. */
static void a_socket_of_another_kind_is_not_taken(void **state)
{
    (void)state;
    static const int TYPES[] = {SOCK_DGRAM, SOCK_SEQPACKET};
    for (size_t i = 0; i < 2; i++) {
        struct rig r;
        struct stat before, st;
        int fd = socket_bind(TYPES[i]);
        assert_int_equal(stat(path, &before), 0);
        assert_int_equal(rig_open(&r, path, 0600, ""), DDBS_E_BUSY);
        assert_non_null(strstr(errmsg, "another program holds"));
        assert_int_equal(stat(path, &st), 0);
        assert_true(st.st_ino == before.st_ino);
        rig_close(&r, false);
        close(fd);
        unlink(path);
    }
}

static void only_the_own_socket_is_removed(void **state)
{
    (void)state;
    struct rig r;
    struct stat st;
    assert_int_equal(rig_open(&r, path, 0600, ""), DDBS_OK);
    unlink(path);
    socket_leave();
    rig_close(&r, true);
    assert_int_equal(stat(path, &st), 0);
    unlink(path);
}

static void bad_places_are_refused_with_a_sentence(void **state)
{
    (void)state;
    struct rig r;
    char missing[128];
    FILE *f = fopen(path, "w");
    fclose(f);
    assert_int_equal(rig_open(&r, path, 0600, ""), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "is not a socket"));
    rig_close(&r, false);
    unlink(path);
    snprintf(missing, sizeof missing, "%s/no/s", folder);
    assert_int_equal(rig_open(&r, missing, 0600, ""), DDBS_E_INTERNAL);
    assert_non_null(strstr(errmsg, "folder"));
    rig_close(&r, false);
    assert_int_equal(rig_open(&r, path, 0600, "no-such-group-here"), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "no-such-group-here"));
    rig_close(&r, false);
    struct stat st;
    assert_int_equal(stat(path, &st), -1);
}

static void places_are_checked_in_advance(void **state)
{
    (void)state;
    static const struct {
        const char *path, *group, *say;
    } CASES[] = {
        {"/nowhere/at/all/s", "", "mkdir -p /nowhere/at/all,"},
        {"/dev/null/s", "", "/dev/null is not a directory"},
        {"/tmp/s", "no-such-group", "there is no group no-such-group"},
        {"/tmp/s", "root", NULL},
        {"s", "", NULL},
        {"/proc/self/s", "", "/proc/self may not be written"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        if (strncmp(CASES[i].path, "/proc/", 6) == 0 && geteuid() == 0)
            continue; /* root may write anywhere */
        errmsg[0] = '\0';
        int rc = listener_check(CASES[i].path, CASES[i].group, errmsg);
        assert_int_equal(rc, CASES[i].say != NULL ? DDBS_E_BAD_CONFIG : DDBS_OK);
        if (CASES[i].say != NULL && strstr(errmsg, CASES[i].say) == NULL)
            fail_msg("case %zu: %s", i, errmsg);
    }
}

/* Without a free descriptor the listener waits without spinning, and accepts the client once there is one. */
static void no_descriptor_is_a_pause(void **state)
{
    (void)state;
    struct rig r;
    struct rlimit before, now;
    assert_int_equal(rig_open(&r, path, 0600, ""), DDBS_OK);
    int client = unix_connect();
    int next = dup(client);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = before;
    now.rlim_cur = (rlim_t)next; /* no new descriptor fits below */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    rig_turn(&r);
    assert_int_equal(fake.opened, 0);
    assert_int_equal(uv_is_active((uv_handle_t *)&r.listener.poll), 0);
    assert_int_equal(uv_is_active((uv_handle_t *)&r.listener.pause), 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    while (fake.opened == 0)
        uv_run(&r.loop.uv, UV_RUN_ONCE);
    close(client);
    rig_close(&r, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_are_taken_with_their_identity),
        cmocka_unit_test(a_living_socket_is_not_taken),
        cmocka_unit_test(a_socket_of_another_kind_is_not_taken),
        cmocka_unit_test(only_the_own_socket_is_removed),
        cmocka_unit_test(bad_places_are_refused_with_a_sentence),
        cmocka_unit_test(places_are_checked_in_advance),
        cmocka_unit_test(no_descriptor_is_a_pause),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
