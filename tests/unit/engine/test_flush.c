/* test_flush: the host-wide flush (PROTOCOL L4). */

#include "tests/lib/rig_assert.h"

static void arguments_of_flush_are_validated(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *op = rig_asker(&r, 0);
    rig_request_with(op, 1, "flush", "timeout", 5, NULL);
    rig_request_with(op, 2, "flush", "timeout_ms", 0, "5");
    rig_pump(&r);
    assert_heard(op, "reply 1 invalid_argument; reply 2 invalid_argument");
    rig_request_with(op, 3, "flush", "timeout_ms", UINT64_MAX, NULL);
    rig_pump(&r);
    assert_heard(op, "reply 3 ok");
    assert_string_equal(op->payload, "{\"pending\":0,\"failed\":0}");
    rig_close(&r);
}

static void a_host_wide_flush_waits_for_everything_before_it(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *b = rig_writer_of(&r, 1001, 2, "others");
    struct rig_conn *op = rig_asker(&r, 0);
    rig_write(a, 1, 2, "a");
    rig_write(b, 1, 1, "b");
    rig_pump(&r);
    assert_jobs(&r, "");
    rig_request(op, 1, "flush");
    rig_pump(&r);
    assert_jobs(&r, "a1 a2 | b1"); /* lingering ends */
    rig_bye(b);                    /* its client leaves: no effect */
    rig_write(a, 3, 1, "=a1");     /* later ones do not delay it */
    rig_pump(&r);
    assert_heard(op, "");
    rig_outcome(&r, 1, JOB_TRANSIENT);
    rig_done(&r);
    assert_heard(op, "");
    rig_advance(&r, 200);
    assert_jobs(&r, "a1 | b1");
    rig_outcome(&r, 1, JOB_DONE);
    assert_heard(op, "reply 1 ok");
    assert_string_equal(op->payload, "{\"pending\":0,\"failed\":0}");
    assert_jobs(&r, "a1");
    rig_close(&r);
}

static void a_host_wide_flush_counts_failed_records_as_done(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 0);
    rig_write(a, 1, 1, "a");
    rig_request(op, 1, "flush");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_INVALID);
    assert_heard(op, "reply 1 ok");
    assert_string_equal(op->payload, "{\"pending\":0,\"failed\":1}");
    rig_request(op, 2, "flush"); /* what failed before it is not its own to tell */
    rig_pump(&r);
    assert_heard(op, "reply 2 ok");
    assert_string_equal(op->payload, "{\"pending\":0,\"failed\":0}");
    rig_write(a, 2, 1, "a");
    rig_write(a, 3, 1, "b");
    rig_request_with(op, 3, "flush", "timeout_ms", 5000, NULL);
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_INVALID); /* refused as a batch: resent singly */
    rig_advance(&r, 5000);
    assert_heard(op, "reply 3 timed_out");
    rig_finish(&r);
    rig_close(&r);
}

static void a_flush_times_out_with_what_is_left(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 0);
    rig_write(a, 1, 30, "a");
    rig_pump(&r);
    rig_request_with(op, 1, "flush", "timeout_ms", 1000, NULL);
    rig_pump(&r);
    rig_done(&r);
    rig_write(a, 31, 5, "b");
    rig_advance(&r, 999);
    assert_heard(op, "");
    rig_advance(&r, 1);
    assert_heard(op, "reply 1 timed_out");
    assert_string_equal(op->payload, "{\"pending\":5,\"failed\":0}");
    rig_request_with(op, 2, "flush", "timeout_ms", 0, NULL);
    rig_pump(&r);
    assert_heard(op, "reply 2 timed_out");
    assert_string_equal(op->payload, "{\"pending\":10,\"failed\":0}");
    rig_finish(&r);
    rig_close(&r);
}

static void a_flush_ends_with_its_connection(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders");
    rig_write(a, 1, 1, "a");
    for (int how = 0; how < 3; how++) {
        struct rig_conn *op = rig_asker(&r, 0);
        rig_request_with(op, 1, "flush", "timeout_ms", 5000, NULL);
        rig_pump(&r);
        if (how == 0)
            rig_eof(op);
        else if (how == 1)
            rig_hangup(op);
        else
            rig_bye(op);
        rig_pump(&r);
        assert_false(op->open);
    }
    rig_advance(&r, 10000);
    rig_done(&r);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_of_flush_are_validated),
        cmocka_unit_test(a_host_wide_flush_waits_for_everything_before_it),
        cmocka_unit_test(a_host_wide_flush_counts_failed_records_as_done),
        cmocka_unit_test(a_flush_times_out_with_what_is_left),
        cmocka_unit_test(a_flush_ends_with_its_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
