/* test_stream: with a fake engine over socket pairs: which events are reported, how often, and that nothing spins or
 * stays open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "proto/err.h"
#include "tests/unit/io/loop_rig.h"

static void input_arrives_in_bounded_pieces(void **state)
{
    (void)state;
    static uint8_t bytes[150 * 1024];
    struct loop_rig r;
    loop_rig_open(&r);
    int fd = loop_rig_connect(&r);
    assert_int_equal(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].received, sizeof bytes);
    assert_in_range(fake.conns[1].biggest, 1, 64 * 1024);
    assert_int_equal(fake.conns[1].eofs, 0);
    assert_int_equal(fake.conns[1].peer.uid, 7);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    loop_rig_close(&r);
}

static void what_is_looked_at_is_taken_as_far_as_the_engine_says(void **state)
{
    (void)state;
    static uint8_t bytes[150 * 1024];
    struct loop_rig r;
    loop_rig_open(&r);
    int fd = loop_rig_connect(&r);
    loop_rig_turn(&r);
    fake.conns[1].peek = 10000;
    assert_int_equal(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].received, sizeof bytes); /* each byte once */
    assert_int_equal(fake.conns[1].biggest, 10000);
    loop_rig_close(&r);
}

static void a_hangup_is_reported_once(void **state)
{
    (void)state;
    struct loop_rig r;
    loop_rig_open(&r);
    int fd = loop_rig_connect(&r);
    assert_int_equal(send(fd, "bye", 3, 0), 3);
    loop_rig_leave(&r, 0);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].received, 3);
    assert_int_equal(fake.conns[1].eofs, 1);
    assert_int_equal(fake.conns[1].hangups, 1);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    loop_rig_close(&r);
}

static void a_hang_up_is_seen_while_reading_is_off(void **state)
{
    (void)state;
    static uint8_t bytes[150 * 1024];
    struct loop_rig r;
    loop_rig_open(&r);
    int fd = loop_rig_connect(&r);
    loop_rig_turn(&r);
    fake_effect(EFFECT_READ_OFF, 1);
    loop_turn_request(&r.loop.turn);
    loop_rig_turn(&r);
    assert_int_equal(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    loop_rig_leave(&r, 0);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].hangups, 1);
    assert_int_equal(fake.conns[1].eofs, 0);
    assert_int_equal(fake.conns[1].received, 0);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    /* Earlier input is read to its end. */
    fake_effect(EFFECT_READ_ON, 1);
    loop_turn_request(&r.loop.turn);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].received, sizeof bytes);
    assert_int_equal(fake.conns[1].eofs, 1);
    assert_int_equal(fake.conns[1].hangups, 1);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    loop_rig_close(&r);
}

/* The peer dies with unread answers: the socket's error must not hide what it had sent. */
static void a_peer_that_dies_with_unread_answers_is_read_to_the_end(void **state)
{
    (void)state;
    static uint8_t bytes[150 * 1024];
    struct loop_rig r;
    loop_rig_open(&r);
    int fd = loop_rig_connect(&r);
    loop_rig_turn(&r);
    fake_output(1, bytes, 100);
    fake_effect(EFFECT_READ_OFF, 1);
    loop_turn_request(&r.loop.turn);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].sent, 100);
    assert_int_equal(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
    loop_rig_leave(&r, 0);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].hangups, 1);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    fake_effect(EFFECT_READ_ON, 1);
    loop_turn_request(&r.loop.turn);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].received, sizeof bytes);
    assert_int_equal(fake.conns[1].eofs, 1);
    assert_int_equal(fake.conns[1].hangups, 1);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    loop_rig_close(&r);
}

static void a_half_closed_peer_still_gets_its_answers(void **state)
{
    (void)state;
    static uint8_t bytes[1000];
    struct loop_rig r;
    loop_rig_open(&r);
    int fd = loop_rig_connect(&r);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].eofs, 1);
    assert_int_equal(fake.conns[1].hangups, 0);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    fake_output(1, bytes, sizeof bytes);
    loop_turn_request(&r.loop.turn);
    loop_rig_turn(&r);
    assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_DONTWAIT), sizeof bytes);
    loop_rig_close(&r);
}

static void output_waits_for_a_slow_reader(void **state)
{
    (void)state;
    static uint8_t bytes[2 << 20], got[64 * 1024];
    struct loop_rig r;
    loop_rig_open(&r);
    int fd = loop_rig_connect(&r);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 >> 3);
    fake_output(1, bytes, sizeof bytes);
    loop_turn_request(&r.loop.turn);
    loop_rig_turn(&r);
    assert_in_range(fake.conns[1].sent, 1, sizeof bytes - 1);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    size_t n = 0;
    while (n < sizeof bytes) {
        ssize_t part = recv(fd, got, sizeof got, MSG_DONTWAIT);
        if (part < 0) {
            assert_int_equal(errno, EAGAIN);
            uv_run(&r.loop.uv, UV_RUN_NOWAIT);
            continue;
        }
        assert_memory_equal(got, bytes + n, part);
        n += (size_t)part;
    }
    assert_int_equal(fake.conns[1].output_left, 0);
    assert_in_range(loop_rig_wakeups(&r), 1, 2);
    loop_rig_close(&r);
}

static void sending_to_a_dead_peer_is_a_hang_up(void **state)
{
    (void)state;
    static uint8_t bytes[100];
    struct loop_rig r;
    loop_rig_open(&r);
    loop_rig_connect(&r);
    loop_rig_turn(&r);
    loop_rig_leave(&r, 0);
    fake_output(1, bytes, sizeof bytes);
    loop_turn_request(&r.loop.turn);
    loop_rig_turn(&r);
    assert_int_equal(fake.conns[1].hangups, 1);
    assert_int_equal(fake.conns[1].eofs, 1);
    assert_int_equal(fake.conns[1].sent, 0);
    loop_rig_close(&r);
}

static void a_closed_stream_is_gone(void **state)
{
    (void)state;
    char byte;
    struct loop_rig r;
    loop_rig_open(&r);
    int fd = loop_rig_connect(&r);
    loop_rig_turn(&r);
    fake_effect(EFFECT_CLOSE, 1);
    fake_effect(EFFECT_WRITE, 1); /* for an id that is closed */
    fake_effect(EFFECT_READ_ON, 9);
    loop_turn_request(&r.loop.turn);
    loop_rig_turn(&r);
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    assert_null(stream_find(&r.loop.streams, 1));
    loop_rig_close(&r);
}

static void a_refused_client_is_closed(void **state)
{
    (void)state;
    static const int CODES[] = {DDBS_E_BUSY, DDBS_E_OUT_OF_MEMORY};
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        int pair[2];
        char byte;
        struct loop_rig r;
        struct peer who = {0};
        loop_rig_open(&r);
        fake.open_rc = CODES[i];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        assert_int_equal(stream_open(&r.loop.streams, pair[0], who), CODES[i]);
        assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), 0);
        close(pair[1]);
        loop_rig_close(&r);
    }
}

static void memory_may_run_out(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 2; n++) {
        int pair[2];
        struct loop_rig r;
        struct peer who = {0};
        loop_rig_open(&r);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        mem_fail_nth(n);
        assert_int_equal(stream_open(&r.loop.streams, pair[0], who), DDBS_E_OUT_OF_MEMORY);
        mem_fail_nth(0);
        /* If the engine knew it, the engine got the hang-up. */
        assert_int_equal(fake.conns[1].hangups, fake.conns[1].open);
        assert_int_equal(fake.conns[1].eofs, fake.conns[1].open);
        close(pair[1]);
        loop_rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_arrives_in_bounded_pieces),
        cmocka_unit_test(what_is_looked_at_is_taken_as_far_as_the_engine_says),
        cmocka_unit_test(a_hangup_is_reported_once),
        cmocka_unit_test(a_hang_up_is_seen_while_reading_is_off),
        cmocka_unit_test(a_peer_that_dies_with_unread_answers_is_read_to_the_end),
        cmocka_unit_test(a_half_closed_peer_still_gets_its_answers),
        cmocka_unit_test(output_waits_for_a_slow_reader),
        cmocka_unit_test(sending_to_a_dead_peer_is_a_hang_up),
        cmocka_unit_test(a_closed_stream_is_gone),
        cmocka_unit_test(a_refused_client_is_closed),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
