/* test_notice: why something waits, told on change, at most once a second (PROTOCOL M6). */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rig_assert.h"

static uint32_t notices(const char *heard)
{
    uint32_t n = 0;
    for (const char *p = heard; (p = strstr(p, "notice ")) != NULL; p++)
        n++;
    return n;
}

static void nothing_is_told_while_nothing_waits(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    for (uint64_t seq = 1; seq <= 50; seq++) {
        rig_write(c, seq, 1, "k");
        rig_advance(&r, 100);
        rig_done(&r);
    }
    assert_int_equal(notices(rig_heard(c)), 0);
    rig_advance(&r, 2000);
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    rig_close(&r);
}

static void a_reason_is_told_once_and_its_end_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *other = rig_writer(&r, 2, "others");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    for (int i = 0; i < 30; i++) {
        while (r.job_count > 0)
            rig_outcome(&r, 0, JOB_UNREACHABLE);
        rig_advance(&r, 1000);
    }
    assert_int_equal(notices(rig_heard(c)), 1);
    assert_string_equal(c->last_notice, "the DynamoDB endpoint does not answer");
    rig_finish(&r);
    const char *heard = rig_heard(c);
    assert_int_equal(notices(heard), 1);
    assert_non_null(strstr(heard, "notice none"));
    assert_heard(other, "");
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    rig_close(&r);
}

/* The last record is in flight when the second passes: its end is told all the same. */
static void the_end_is_told_when_the_last_record_was_in_flight(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    for (int i = 0; i < 4; i++) {
        while (r.job_count > 0)
            rig_outcome(&r, 0, JOB_UNREACHABLE);
        rig_advance(&r, 1100);
    }
    assert_int_equal(r.job_count, 1);
    assert_heard(c, "notice endpoint_down");
    rig_advance(&r, 5000); /* a slow answer */
    rig_done(&r);
    rig_advance(&r, 2000);
    assert_heard(c, "settled 1; notice none");
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    rig_close(&r);
}

static void changes_are_told_at_most_once_a_second(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    static const enum job_outcome outcomes[] = {JOB_UNREACHABLE, JOB_THROTTLED, JOB_TRANSIENT};
    rig_write(c, 1, 1, "k");
    uint64_t start = r.now.mono_ms;
    uint32_t told = 0;
    for (int i = 0; i < 3000; i++) {
        rig_advance(&r, 10);
        while (r.job_count > 0)
            rig_outcome(&r, 0, outcomes[i % 3]);
        told += notices(rig_heard(c));
    }
    assert_true(told >= 2);
    assert_true(told <= (r.now.mono_ms - start) / 1000);
    rig_finish(&r);
    rig_close(&r);
}

/* Also when the first one was read late. */
static void a_late_reader_is_not_told_twice_in_a_second(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    c->slow = true;
    rig_write(c, 1, 1, "k");
    for (int i = 0; i < 5; i++) {
        rig_advance(&r, 1000);
        while (r.job_count > 0)
            rig_outcome(&r, 0, JOB_UNREACHABLE);
    }
    rig_advance(&r, 900);
    while (r.job_count > 0)
        rig_outcome(&r, 0, JOB_THROTTLED);
    c->slow = false;
    rig_pump(&r);
    assert_heard(c, "notice endpoint_down");
    for (int i = 0; i < 9; i++) {
        rig_advance(&r, 100);
        assert_heard(c, "");
    }
    rig_advance(&r, 1100);
    assert_heard(c, "notice throttled");
    rig_finish(&r);
    rig_close(&r);
}

/* A reader that was slow hears only the last reason. */
static void a_slow_reader_hears_the_latest(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    c->slow = true;
    rig_write(c, 1, 1, "k");
    for (int i = 0; i < 10; i++) {
        rig_advance(&r, 1000);
        while (r.job_count > 0)
            rig_outcome(&r, 0, i < 6 ? JOB_UNREACHABLE : JOB_ACCESS_DENIED);
    }
    rig_advance(&r, 1000);
    c->slow = false;
    rig_pump(&r);
    assert_heard(c, "notice table_paused");
    rig_finish(&r);
    rig_close(&r);
}

static void a_reason_that_passed_unheard_is_not_told(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    c->slow = true;
    rig_write(c, 1, 1, "k");
    for (int i = 0; i < 5; i++) {
        rig_advance(&r, 1000);
        while (r.job_count > 0)
            rig_outcome(&r, 0, JOB_UNREACHABLE);
    }
    rig_finish(&r);
    c->slow = false;
    rig_pump(&r);
    assert_heard(c, "settled 1");
    rig_close(&r);
}

/* A request that hangs is a reason, for what is in flight, for what waits behind its key, and at last for nobody. */
static void a_late_answer_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *behind = rig_writer(&r, 2, "orders");
    rig_write(c, 1, 1, "=x");
    rig_pump(&r);
    rig_write(behind, 1, 1, "=x");
    rig_pump(&r);
    rig_advance(&r, 2100);
    assert_heard(c, "notice in_flight");
    const char *heard = rig_heard(behind);
    assert_null(strstr(heard, "key_order"));
    assert_non_null(strstr(heard, "notice in_flight"));
    rig_finish(&r);
    assert_heard(c, "settled 1; notice none");
    rig_advance(&r, 2000);
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    rig_close(&r);
}

/* Who waits behind a key is told why the write before it waits. */
static void a_key_waiter_is_told_its_holders_trouble(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *behind = rig_writer(&r, 2, "orders");
    rig_write(c, 1, 1, "=x");
    rig_pump(&r);
    rig_write(behind, 1, 1, "=x");
    rig_pump(&r);
    struct job_result later = {.outcome = JOB_TRANSIENT, .text = "t", .retry_after_ms = 5000};
    rig_answer(&r, 0, &later);
    rig_write(c, 2, 1, "y"); /* the table itself is well */
    rig_pump(&r);
    rig_done(&r);
    rig_advance(&r, 2000);
    assert_heard(behind, "notice backoff");
    rig_finish(&r);
    rig_close(&r);
}

/* The reason is what happened, also after the table has done well again with other records. */
static void backoff_keeps_its_own_reason(void **state)
{
    (void)state;
    static const struct {
        enum job_outcome outcome;
        const char *notice;
    } cases[] = {
        {JOB_TRANSIENT, "notice backoff"},
        {JOB_UNREACHABLE, "notice endpoint_down"},
        {JOB_THROTTLED, "notice throttled"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        rig_write(c, 1, 26, "k");
        rig_pump(&r);
        struct job_result later = {.outcome = cases[i].outcome, .text = "t", .retry_after_ms = 5000};
        rig_answer(&r, 0, &later);
        rig_done(&r);
        rig_advance(&r, 1100);
        assert_non_null(strstr(rig_heard(c), cases[i].notice));
        rig_finish(&r);
        rig_close(&r);
    }
}

/* The service's words come with it, and again when they are others, at most once a second. */
static void a_paused_table_says_why(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    static const char *const texts[] = {"ExpiredTokenException: old", "ExpiredTokenException: old",
                                        "UnrecognizedClientException: wrong"};
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    uint32_t told = 0;
    for (size_t i = 0; i < 3; i++) {
        struct job_result refused = {.outcome = JOB_CREDENTIALS};
        snprintf(refused.text, sizeof refused.text, "%s", texts[i]);
        while (r.job_count == 0)
            rig_advance(&r, 10);
        rig_answer(&r, 0, &refused);
        rig_advance(&r, 1100);
        char want[128];
        snprintf(want, sizeof want, "credentials: %s", texts[i]);
        assert_string_equal(c->last_notice, want);
        told += notices(rig_heard(c));
        if (i == 1)
            assert_int_equal(told, 1);
    }
    assert_int_equal(told, 2);
    while (r.job_count == 0)
        rig_advance(&r, 10);
    rig_outcome(&r, 0, JOB_TABLE_NOT_FOUND);
    rig_advance(&r, 1100);
    assert_string_equal(c->last_notice, "table_not_found: the test says so");
    rig_finish(&r);
    rig_advance(&r, 2000);
    assert_non_null(strstr(rig_heard(c), "notice none"));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_told_while_nothing_waits),
        cmocka_unit_test(a_reason_is_told_once_and_its_end_once),
        cmocka_unit_test(the_end_is_told_when_the_last_record_was_in_flight),
        cmocka_unit_test(changes_are_told_at_most_once_a_second),
        cmocka_unit_test(a_late_reader_is_not_told_twice_in_a_second),
        cmocka_unit_test(a_slow_reader_hears_the_latest),
        cmocka_unit_test(a_reason_that_passed_unheard_is_not_told),
        cmocka_unit_test(a_late_answer_is_told),
        cmocka_unit_test(a_paused_table_says_why),
        cmocka_unit_test(a_key_waiter_is_told_its_holders_trouble),
        cmocka_unit_test(backoff_keeps_its_own_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
