/* loop_rig: see loop_rig.h. */
#include "tests/unit/io/loop_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "proto/err.h"

enum { QUIET_TURNS = 20 };

void loop_rig_open(struct loop_rig *r)
{
    memset(r, 0, sizeof *r);
    fake_engine_reset();
    assert_int_equal(loop_init(&r->loop), DDBS_OK);
    loop_attach(&r->loop, fake_engine_handle());
}

int loop_rig_connect(struct loop_rig *r)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
    struct peer who = {.uid = 7};
    assert_int_equal(stream_open(&r->loop.streams, pair[0], who), DDBS_OK);
    r->peer[r->peers++] = pair[1];
    return pair[1];
}

void loop_rig_turn(struct loop_rig *r)
{
    for (int i = 0; i < QUIET_TURNS; i++)
        uv_run(&r->loop.uv, UV_RUN_NOWAIT);
}

static int idle_turns;

static void on_check(uv_check_t *check)
{
    (void)check;
    idle_turns++;
}

static void on_alarm(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

int loop_rig_wakeups(struct loop_rig *r)
{
    uv_check_t check;
    uv_timer_t alarm;
    loop_rig_turn(r);
    idle_turns = 0;
    uv_check_init(&r->loop.uv, &check);
    uv_check_start(&check, on_check);
    uv_timer_init(&r->loop.uv, &alarm);
    uv_timer_start(&alarm, on_alarm, 50, 0);
    uv_run(&r->loop.uv, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&check, NULL);
    uv_close((uv_handle_t *)&alarm, NULL);
    loop_rig_turn(r);
    return idle_turns;
}

void loop_rig_close(struct loop_rig *r)
{
    loop_close(&r->loop);
    for (int i = 0; i < r->peers; i++) {
        if (r->peer[i] >= 0)
            close(r->peer[i]);
    }
    assert_int_equal(mem_live(), 0);
}

void loop_rig_leave(struct loop_rig *r, int i)
{
    close(r->peer[i]);
    r->peer[i] = -1;
}
