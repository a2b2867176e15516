/* test_pause: a table that cannot be written: pause, probes, timeout, resumption. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rig_assert.h"

static const struct trouble {
    enum job_outcome outcome;
    const char *code, *reason;
} troubles[] = {
    {JOB_TABLE_NOT_FOUND, "table_not_found", "table_paused"},
    {JOB_ACCESS_DENIED, "access_denied", "table_paused"},
    {JOB_CREDENTIALS, "credentials", "credentials"},
    {JOB_TABLE_UNUSABLE, "table_unusable", "table_paused"},
};

enum { TROUBLES = sizeof troubles / sizeof troubles[0] };

/* Let time pass, answering every probe with this outcome. Returns the number of probes. */
static uint32_t probe_for(struct rig *r, uint64_t ms, enum job_outcome outcome)
{
    uint64_t end = r->now.mono_ms + ms;
    uint32_t probes = 0;
    while (r->now.mono_ms < end) {
        assert_true(r->job_count <= 1);
        while (r->job_count > 0) {
            probes++;
            rig_outcome(r, 0, outcome);
        }
        uint64_t step = end - r->now.mono_ms;
        rig_advance(r, step < 10 ? step : 10);
    }
    return probes;
}

static void what_waits_fails_after_the_timeout(void **state)
{
    (void)state;
    for (size_t i = 0; i < TROUBLES; i++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        rig_write(c, 1, 3, "k");
        rig_flush(c, 1, 3);
        rig_pump(&r);
        rig_outcome(&r, 0, troubles[i].outcome);
        uint32_t probes = probe_for(&r, 119 * 1000, troubles[i].outcome);
        assert_true(probes >= 6 && probes <= 40); /* half a second doubling to 20 s */
        assert_int_equal(c->failed, 0);
        assert_non_null(strstr(rig_heard(c), troubles[i].reason));
        probe_for(&r, 22 * 1000, troubles[i].outcome);
        char want[64];
        snprintf(want, sizeof want, "!1:%s", troubles[i].code);
        const char *heard = rig_heard(c);
        assert_non_null(strstr(heard, want));
        assert_non_null(strstr(heard, "flushed 1"));
        assert_int_equal(c->failed, 3);
        assert_string_equal(c->last_failure, "the test says so");
        assert_int_equal(r.job_count, 0);
        rig_advance(&r, 3600 * 1000); /* nothing waits, so no probe */
        assert_int_equal(r.job_count, 0);
        rig_bye(c);
        rig_advance(&r, 61 * 1000);
        assert_true(engine_deadline(r.e) == UINT64_MAX);
        rig_close(&r);
    }
}

/* After the timeout a new record still gets one probe, and fails with it. */
static void later_records_fail_with_their_probe(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.table_error_timeout=10s", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_ACCESS_DENIED);
    probe_for(&r, 20 * 1000, JOB_ACCESS_DENIED);
    assert_int_equal(c->failed, 1);
    rig_write(c, 2, 1, "k");
    probe_for(&r, 21 * 1000, JOB_ACCESS_DENIED);
    assert_int_equal(c->failed, 2);
    rig_write(c, 3, 1, "k");
    rig_advance(&r, 21 * 1000);
    assert_jobs(&r, "k3");
    rig_done(&r); /* access is granted now */
    assert_int_equal(c->settled, 1);
    rig_write(c, 4, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "k4");
    rig_done(&r);
    rig_close(&r);
}

/* The timeout runs while something waits, not since the trouble was first seen. */
static void the_timeout_counts_from_the_first_that_waits(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_ACCESS_DENIED);
    rig_abort(c, 1);
    rig_advance(&r, 1000);
    while (r.job_count > 0)
        rig_outcome(&r, 0, JOB_ACCESS_DENIED);
    rig_advance(&r, 3600 * 1000);
    rig_write(c, 2, 1, "k");
    probe_for(&r, 110 * 1000, JOB_ACCESS_DENIED);
    assert_int_equal(c->failed, 1);
    probe_for(&r, 11 * 1000, JOB_ACCESS_DENIED);
    assert_int_equal(c->failed, 2);
    rig_close(&r);
}

static void never_means_never(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.table_error_timeout=never", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_CREDENTIALS);
    for (int hour = 0; hour < 24; hour++) {
        for (int i = 0; i < 10; i++) {
            rig_advance(&r, 360 * 1000);
            assert_int_equal(r.job_count, 1);
            rig_outcome(&r, 0, JOB_CREDENTIALS);
        }
        assert_int_equal(c->failed, 0);
    }
    rig_finish(&r);
    assert_int_equal(c->settled, 1);
    rig_close(&r);
}

/* P6: other tables are not affected. */
static void other_tables_go_on(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *bad = rig_writer(&r, 1, "orders"), *good = rig_writer(&r, 2, "others");
    rig_write(bad, 1, 1, "b");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_ACCESS_DENIED);
    rig_write(good, 1, 1, "g");
    rig_pump(&r);
    assert_jobs(&r, "g1");
    rig_done(&r);
    assert_int_equal(good->settled, 1);
    rig_close(&r);
}

/* The effect of each probe outcome on the pause. */
static void a_probe_that_reaches_the_table_ends_the_pause(void **state)
{
    (void)state;
    static const struct {
        enum job_outcome outcome;
        bool resumes;
    } cases[] = {
        {JOB_DONE, true},       {JOB_THROTTLED, true},    {JOB_INVALID, true},      {JOB_KEY_SCHEMA, true},
        {JOB_TRANSIENT, false}, {JOB_UNREACHABLE, false}, {JOB_CREDENTIALS, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        rig_write(c, 1, 1, "k");
        rig_pump(&r);
        rig_outcome(&r, 0, JOB_ACCESS_DENIED);
        rig_advance(&r, 1000);
        assert_jobs(&r, "k1");
        rig_outcome(&r, 0, cases[i].outcome);
        assert_int_equal(strstr(r.log, "event=table_resumed") != NULL, cases[i].resumes);
        rig_finish(&r);
        assert_int_equal(c->settled + c->failed, 1);
        rig_close(&r);
    }
}

/* Requests that were in flight when the trouble began have their own outcomes. */
static void others_in_flight_end_as_they_end(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 75, "k");
    rig_pump(&r);
    assert_int_equal(r.job_count, 3);
    rig_outcome(&r, 0, JOB_TABLE_NOT_FOUND);
    rig_done(&r);
    assert_int_equal(c->settled, 25);
    rig_outcome(&r, 0, JOB_TABLE_NOT_FOUND);
    rig_finish(&r);
    assert_int_equal(c->settled, 75);
    rig_close(&r);
}

/* Records in backoff when the table is paused do not make the daemon spin. */
static void a_pause_with_nothing_ready_does_not_spin(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 26, "k");
    rig_pump(&r);
    struct job_result slow = {.outcome = JOB_THROTTLED, .retry_after_ms = 4000, .text = "t"};
    rig_answer(&r, 0, &slow);
    rig_outcome(&r, 0, JOB_ACCESS_DENIED);
    rig_advance(&r, 1000); /* the probe has k26 */
    assert_jobs(&r, "k26");
    rig_done(&r);
    rig_finish(&r);
    assert_int_equal(c->settled, 26);
    rig_close(&r);
}

static bool health_is(struct rig *r, struct rig_conn *op, const char *health)
{
    char want[64];
    rig_request(op, 1, "status");
    rig_pump(r);
    rig_heard(op);
    snprintf(want, sizeof want, "\"health\":\"%s\"", health);
    return strstr(op->payload, want) != NULL;
}

/* A paused table still shows in health after all that waited has failed, until a minute after its last client left. */
static void a_paused_table_is_no_good_health(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.table_error_timeout=1s", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 0);
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_TABLE_NOT_FOUND);
    probe_for(&r, 60 * 1000, JOB_TABLE_NOT_FOUND);
    assert_int_equal(c->failed, 1);
    rig_advance(&r, 3600 * 1000);
    assert_true(health_is(&r, op, "degraded"));
    rig_bye(c);
    rig_advance(&r, 59 * 1000);
    assert_true(health_is(&r, op, "degraded"));
    rig_advance(&r, 1000);
    assert_true(health_is(&r, op, "ok"));
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    c = rig_writer(&r, 2, "orders"); /* it begins anew */
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "k1");
    rig_finish(&r);
    assert_int_equal(c->settled, 1);
    rig_close(&r);
}

/* A client that returns within that minute finds the pause unchanged. */
static void a_pause_outlives_its_clients_for_a_minute(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.table_error_timeout=1s", NULL);
    for (uint8_t i = 0; i < 5; i++) {
        struct rig_conn *c = rig_writer(&r, (uint8_t)(i + 1), "orders");
        rig_write(c, 1, 1, "k");
        probe_for(&r, 60 * 1000, JOB_ACCESS_DENIED);
        assert_int_equal(c->failed, 1);
        rig_bye(c);
        rig_advance(&r, 59 * 1000);
    }
    const char *first = strstr(r.log, "event=table_paused");
    assert_non_null(first);
    assert_null(strstr(first + 1, "event=table_paused"));
    rig_close(&r);
}

static void quotes_in_a_text_are_escaped_in_the_log(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    struct job_result quoting = {.outcome = JOB_ACCESS_DENIED, .text = "no \"orders\" for c:\\you"};
    rig_answer(&r, 0, &quoting);
    assert_non_null(
        strstr(r.log, "event=table_paused table=orders code=access_denied text=\"no \\\"orders\\\" for c:\\\\you\"\n"));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_fails_after_the_timeout),
        cmocka_unit_test(later_records_fail_with_their_probe),
        cmocka_unit_test(the_timeout_counts_from_the_first_that_waits),
        cmocka_unit_test(never_means_never),
        cmocka_unit_test(other_tables_go_on),
        cmocka_unit_test(a_probe_that_reaches_the_table_ends_the_pause),
        cmocka_unit_test(others_in_flight_end_as_they_end),
        cmocka_unit_test(a_pause_with_nothing_ready_does_not_spin),
        cmocka_unit_test(a_paused_table_is_no_good_health),
        cmocka_unit_test(a_pause_outlives_its_clients_for_a_minute),
        cmocka_unit_test(quotes_in_a_text_are_escaped_in_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
