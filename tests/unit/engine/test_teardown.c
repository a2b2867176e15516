/* test_teardown: a connection that fails or leaves is released in the turn, and still says its last words, whatever
 * else falls into that turn.
 */
#include <string.h>

#include "daemon/base/mem.h"
#include "tests/lib/rig_assert.h"

static const char RUBBISH[] = "\xff\xff\xff\xff\xff\xff\xff\xff";

/* The timer of the connection's old state is due in the very turn in which it fails: a timer of HELLO, of a frame that
 * was begun. */
static void a_timer_of_the_old_state_takes_no_last_words(void **state)
{
    (void)state;
    enum { HELLO_MS = 5000, FRAME_MS = 10000 };
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *mute = rig_connect(&r, 1000);
    rig_pump(&r);
    r.now.mono_ms += HELLO_MS;
    rig_send(mute, RUBBISH, sizeof RUBBISH - 1);
    rig_pump(&r);
    assert_string_equal(rig_heard(mute), "error protocol_error; closed");

    struct rig_conn *old = rig_writer(&r, 1, "orders");
    rig_heard(old);
    rig_send(old, "\x00\x00\x00\x20", 4);
    rig_pump(&r);
    r.now.mono_ms += FRAME_MS;
    struct rig_conn *newer = rig_connect(&r, 1000);
    rig_hello(newer, 1, "orders", false);
    rig_pump(&r);
    assert_string_equal(rig_heard(old), "error fenced; closed");

    struct rig_conn *late = rig_connect(&r, 1000);
    rig_pump(&r);
    r.now.mono_ms += HELLO_MS;
    rig_drain(&r);
    rig_pump(&r);
    assert_string_equal(rig_heard(late), "error shutting_down; closed");
    rig_close(&r);
}

/* No memory to record a failure breaks a writer; it sends rubbish before the turn notices. */
static void a_broken_writer_that_fails_too_says_its_error_at_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_heard(c);
    rig_write_raw(c, 1, 1, "\x92\x09\x80", 3); /* an unknown op: the record fails on arrival */
    rig_send(c, RUBBISH, sizeof RUBBISH - 1);
    mem_fail_nth(1);
    rig_pump(&r);
    mem_fail_nth(0);
    assert_string_equal(rig_heard(c), "error protocol_error; closed");
    rig_close(&r);
}

/* What has nothing left to say is closed when the shell asks for its output, in the same turn, and before STOPPED. */
static void what_has_said_all_is_closed_in_its_turn(void **state)
{
    (void)state;
    struct rig r;
    struct effect f;
    bool closed = false, stopped = false;
    rig_open(&r, NULL);
    struct rig_conn *c = rig_connect(&r, 1000); /* no HELLO yet */
    rig_pump(&r);
    engine_drain(r.e, r.now);
    engine_turn(r.e, r.now);
    while (engine_next_effect(r.e, &f)) {
        struct span out;
        while (f.kind == EFFECT_WRITE && (out = engine_output(r.e, c->id, r.now)).n > 0)
            engine_sent(r.e, c->id, out.n, r.now);
        closed |= f.kind == EFFECT_CLOSE;
        stopped |= f.kind == EFFECT_STOPPED;
        assert_true(closed || !stopped);
    }
    assert_true(closed && stopped);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_of_the_old_state_takes_no_last_words),
        cmocka_unit_test(a_broken_writer_that_fails_too_says_its_error_at_once),
        cmocka_unit_test(what_has_said_all_is_closed_in_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
