/* test_failure_log: what went wrong with a table, in status and in the journal. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rig_assert.h"

static size_t lines(const struct rig *r, const char *part)
{
    size_t n = 0;
    for (const char *p = r->log; (p = strstr(p, part)) != NULL; p++)
        n++;
    return n;
}

/* Put one record without a key. */
static void put_keyless(struct rig_conn *c, uint64_t seq)
{
    rig_write_raw(c, seq, 1, "\x92\x00\x81\xa1x\x01", 6);
}

static void failures_reported_to_clients_are_counted_in_the_log(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    for (uint64_t seq = 1; seq <= 40; seq++)
        put_keyless(c, seq);
    rig_write(c, 41, 1, "k");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_INVALID);
    rig_advance(&r, 1000);
    assert_int_equal(c->failed, 41);
    assert_int_equal(lines(&r, "event=records_failed"), 2);
    assert_non_null(strstr(r.log, "event=records_failed table=orders code=missing_key records=40 text=\""));
    assert_non_null(
        strstr(r.log, "event=records_failed table=orders code=rejected records=1 text=\"the test says so\""));
    for (uint64_t seq = 42; seq <= 60; seq++) {
        put_keyless(c, seq);
        rig_advance(&r, 1000);
    }
    assert_int_equal(lines(&r, "event=records_failed"), 2); /* not once a record, but once a minute */
    rig_advance(&r, 60 * 1000);
    assert_int_equal(lines(&r, "event=records_failed"), 3);
    assert_non_null(strstr(r.log, "code=missing_key records=19 text=\""));
    rig_bye(c);
    rig_advance(&r, 3000);
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    rig_close(&r);
}

/* What was counted but not logged when the daemon stops is not lost. */
static void the_rest_is_logged_at_the_end(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    put_keyless(c, 1);
    rig_pump(&r);
    rig_drain(&r);
    rig_pump(&r);
    assert_true(r.stopped);
    assert_non_null(strstr(r.log, "event=records_failed table=orders code=missing_key records=1"));
    rig_close(&r);
}

static void the_last_failure_is_in_status(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 0);
    rig_request(op, 1, "status");
    rig_pump(&r);
    assert_null(strstr(op->payload, "last_failure"));
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_INVALID);
    rig_advance(&r, 7000);
    rig_request(op, 2, "status");
    rig_pump(&r);
    assert_non_null(
        strstr(op->payload, "\"last_failure\":{\"code\":\"rejected\",\"text\":\"the test says so\",\"age_s\":7}"));
    rig_close(&r);
}

static void lasting_throttling_is_logged_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    for (int second = 0; second < 60; second++) {
        while (r.job_count > 0)
            rig_outcome(&r, 0, JOB_THROTTLED);
        rig_advance(&r, 1000);
        if (second == 8)
            assert_int_equal(lines(&r, "event=table_throttled"), 0);
    }
    assert_int_equal(lines(&r, "event=table_throttled "), 1);
    assert_int_equal(lines(&r, "event=table_throttled_over"), 0);
    rig_finish(&r);
    assert_int_equal(c->settled, 1);
    assert_int_equal(lines(&r, "event=table_throttled_over table=orders seconds="), 1);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_reported_to_clients_are_counted_in_the_log),
        cmocka_unit_test(the_rest_is_logged_at_the_end),
        cmocka_unit_test(the_last_failure_is_in_status),
        cmocka_unit_test(lasting_throttling_is_logged_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
