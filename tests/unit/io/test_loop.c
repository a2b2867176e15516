/* test_loop: with a fake engine: one engine turn per loop iteration, its timer, and the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>

#include "tests/unit/io/loop_rig.h"

static void policy_runs_once_a_loop_turn(void **state)
{
    (void)state;
    struct loop_rig r;
    loop_rig_open(&r);
    for (int i = 0; i < 8; i++)
        loop_rig_connect(&r);
    loop_rig_turn(&r);
    fake.turns = 0;
    for (int i = 0; i < 8; i++)
        assert_int_equal(send(r.peer[i], "x", 1, 0), 1);
    uv_run(&r.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(fake.turns, 1);
    for (uint64_t id = 1; id <= 8; id++)
        assert_int_equal(fake.conns[id].received, 1);
    loop_rig_turn(&r);
    assert_int_equal(fake.turns, 1);
    loop_rig_close(&r);
}

static void the_timer_follows_the_deadline(void **state)
{
    (void)state;
    struct loop_rig r;
    loop_rig_open(&r);
    loop_rig_turn(&r);
    assert_int_equal(uv_is_active((uv_handle_t *)&r.loop.timer), 0);
    fake.deadline = uv_now(&r.loop.uv) + 20;
    loop_turn_request(&r.loop.turn);
    uv_run(&r.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(uv_is_active((uv_handle_t *)&r.loop.timer), 1);
    fake.turns = 0;
    uint64_t due = fake.deadline;
    while (fake.turns == 0)
        uv_run(&r.loop.uv, UV_RUN_NOWAIT);
    assert_true(uv_now(&r.loop.uv) >= due);
    assert_int_equal(uv_is_active((uv_handle_t *)&r.loop.timer), 0);
    /* Withdrawing a deadline stops the timer. */
    fake.deadline = uv_now(&r.loop.uv) + 1000000;
    loop_turn_request(&r.loop.turn);
    uv_run(&r.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(uv_is_active((uv_handle_t *)&r.loop.timer), 1);
    fake.deadline = UINT64_MAX;
    loop_turn_request(&r.loop.turn);
    uv_run(&r.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(uv_is_active((uv_handle_t *)&r.loop.timer), 0);
    loop_rig_close(&r);
}

static void stopped_ends_the_loop(void **state)
{
    (void)state;
    struct loop_rig r;
    loop_rig_open(&r);
    loop_rig_connect(&r);
    fake_effect(EFFECT_STOPPED, 0);
    loop_turn_request(&r.loop.turn);
    assert_true(loop_run(&r.loop));
    loop_rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_runs_once_a_loop_turn),
        cmocka_unit_test(the_timer_follows_the_deadline),
        cmocka_unit_test(stopped_ends_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
