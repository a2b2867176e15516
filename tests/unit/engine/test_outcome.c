/* test_outcome: what happens to the records of a batch for every outcome of its request. */
#include <stdio.h>
#include <string.h>

#include "daemon/engine/value/backoff.h"
#include "tests/lib/rig_assert.h"

static struct rig_conn *open_three(struct rig *r)
{
    rig_open(r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(r, 1, "orders");
    rig_write(c, 1, 3, "k");
    rig_pump(r);
    assert_jobs(r, "k1 k2 k3");
    return c;
}

/* Whatever the outcome of a request, its records end written once the service recovers. */
static void every_outcome_ends_well(void **state)
{
    (void)state;
    for (int o = 0; o < JOB_OUTCOME_COUNT_; o++)
        for (int maybe = 0; maybe < 2; maybe++) {
            struct rig r;
            struct rig_conn *c = open_three(&r);
            rig_flush(c, 1, 3);
            struct job_result result = {.outcome = (enum job_outcome)o, .maybe_written = maybe, .text = "t"};
            rig_answer(&r, 0, &result);
            if (o != JOB_DONE)
                assert_int_equal(c->settled + c->failed, 0);
            rig_finish(&r);
            assert_int_equal(c->settled, 3);
            assert_non_null(strstr(rig_heard(c), "flushed 1"));
            struct engine_counts n;
            engine_counts(r.e, &n);
            assert_int_equal(n.ledger.written, 3);
            assert_int_equal(n.record_bytes + n.body_bytes, 0);
            assert_true((n.retries > 0) == (o != JOB_DONE));
            rig_advance(&r, 60000);
            rig_bye(c);
            rig_pump(&r);
            rig_close(&r);
        }
}

/* JOB_INVALID: one bad item fails alone (P5). */
static void a_bad_item_fails_alone(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_three(&r);
    rig_outcome(&r, 0, JOB_INVALID);
    assert_jobs(&r, "k1 | k2 | k3");
    rig_done(&r);
    struct job_result result = {.outcome = JOB_INVALID, .text = "ValidationException: too bad"};
    rig_answer(&r, 0, &result);
    rig_done(&r);
    assert_heard(c, "settled 1; settled 2 !2:rejected; settled 3");
    assert_string_equal(c->last_failure, "ValidationException: too bad");
    rig_close(&r);
}

/* The message is cut, but never inside a character (F4). */
static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        rig_write(c, 1, 1, "k");
        rig_pump(&r);
        struct job_result result = {.outcome = JOB_INVALID};
        memset(result.text, 'x', shift);
        for (size_t i = shift; i + 3 < JOB_TEXT; i += 3)
            memcpy(result.text + i, "\xe2\x82\xac", 3);
        rig_answer(&r, 0, &result);
        assert_heard(c, "settled 1 !1:rejected");
        assert_true(strlen(c->last_failure) > 100);
        rig_close(&r);
    }
}

static void unprocessed_items_join_fresh_batches(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_three(&r);
    rig_unprocessed(&r, 0, 5); /* k1 and k3 */
    assert_heard(c, "settled 0 [2-2]");
    assert_jobs(&r, "");
    rig_write(c, 4, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "k4"); /* nobody stands still for them */
    rig_advance(&r, BACKOFF_TRANSIENT_MS + 1);
    rig_finish(&r);
    assert_int_equal(c->settled, 4);
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_int_equal(n.retries, 2);
    rig_close(&r);
}

static void all_unprocessed_is_throttling(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_three(&r);
    rig_unprocessed(&r, 0, 7);
    rig_advance(&r, 1001);
    while (r.job_count > 0)
        rig_unprocessed(&r, 0, 7);
    rig_advance(&r, 1500);
    assert_non_null(strstr(rig_heard(c), "notice throttled"));
    rig_finish(&r);
    assert_int_equal(c->settled, 3);
    rig_close(&r);
}

/* There is no attempt limit: a day of throttling fails no record, and the waits stay within their cap. */
static void throttling_never_uses_up_a_record(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_three(&r);
    uint64_t day = r.now.mono_ms + 24 * 3600 * 1000ull;
    uint32_t attempts = 0;
    while (r.now.mono_ms < day) {
        while (r.job_count > 0) {
            attempts++;
            rig_outcome(&r, 0, JOB_THROTTLED);
        }
        rig_advance(&r, 1000);
    }
    assert_true(attempts > 24 * 3600 / 21);
    rig_finish(&r);
    assert_int_equal(c->settled, 3);
    rig_close(&r);
}

/* Each kind of failure has its own backoff counter: an outage does not lengthen a throttled record's wait, whether the
 * request is refused or the record is returned unprocessed. */
static void an_outage_does_not_lengthen_throttling(void **state)
{
    (void)state;
    for (int unprocessed = 0; unprocessed < 2; unprocessed++) {
        struct rig r;
        struct rig_conn *c = open_three(&r);
        for (uint32_t failures = 0; failures < 20;) {
            for (; r.job_count > 0; failures++)
                rig_outcome(&r, 0, JOB_UNREACHABLE);
            rig_advance(&r, 1000);
        }
        while (r.job_count == 0)
            rig_advance(&r, 1000);
        uint64_t thrown_back = r.now.mono_ms;
        if (unprocessed)
            rig_unprocessed(&r, 0, (1u << r.jobs[0]->count) - 1);
        else
            rig_outcome(&r, 0, JOB_THROTTLED);
        while (r.job_count == 0)
            rig_advance(&r, 10);
        assert_true(r.now.mono_ms - thrown_back <= BACKOFF_THROTTLED_MS + 10);
        rig_finish(&r);
        assert_int_equal(c->settled, 3);
        rig_close(&r);
    }
}

/* Unprocessed records need not wait out their backoff once answers show headroom. After a wrong guess more answers are
 * needed. */
static void records_leave_their_backoff_early(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_three(&r);
    rig_outcome(&r, 0, JOB_THROTTLED);
    rig_write(c, 4, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "k4");
    rig_done(&r);
    assert_int_equal(r.job_count, 1);
    assert_int_equal(r.jobs[0]->count, 3);
    rig_unprocessed(&r, 0, 4);
    for (uint64_t seq = 5; seq < 7; seq++) {
        assert_jobs(&r, "");
        rig_write(c, seq, 1, "k");
        rig_pump(&r);
        rig_done(&r);
    }
    assert_int_equal(r.job_count, 1); /* one good answer was not enough this time, two were */
    rig_done(&r);
    assert_int_equal(c->settled, 6);
    rig_close(&r);
}

/* After trouble, requests start one by one: all at once would be throttled together. */
static void in_flight_grows_with_the_good_answers(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 50, "k");
    rig_pump(&r);
    assert_int_equal(r.job_count, 2);
    while (r.job_count > 0)
        rig_outcome(&r, 0, JOB_THROTTLED);
    rig_write(c, 51, 125, "k");
    while (r.job_count == 0)
        rig_advance(&r, 10);
    for (uint32_t allowed = 1; allowed <= 3; allowed++) {
        assert_int_equal(r.job_count, allowed);
        rig_done(&r);
    }
    rig_finish(&r);
    assert_int_equal(c->settled, 175);
    rig_close(&r);
}

static void maybe_written_is_remembered(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_three(&r);
    struct job_result lost = {.outcome = JOB_TRANSIENT, .maybe_written = true, .text = "reset"};
    rig_answer(&r, 0, &lost);
    rig_abort(c, 3);
    rig_pump(&r);
    assert_heard(c, "settled 0 !1:aborted:maybe !2:aborted:maybe; settled 3 !3:aborted:maybe; aborted 3");
    rig_close(&r);
}

static void silence_of_the_endpoint_has_its_own_reason(void **state)
{
    (void)state;
    static const char *const notices[] = {"notice backoff", "notice endpoint_down"};
    for (int silent = 0; silent < 2; silent++) {
        struct rig r;
        struct rig_conn *c = open_three(&r);
        struct job_result lost = {.outcome = JOB_TRANSIENT, .unanswered = silent == 1, .text = "no answer"};
        for (int k = 0; k < 6; k++) {
            while (r.job_count > 0)
                rig_answer(&r, 0, &lost);
            rig_advance(&r, 2000);
        }
        const char *heard = rig_heard(c);
        assert_non_null(strstr(heard, notices[silent]));
        assert_null(strstr(heard, notices[1 - silent]));
        rig_finish(&r);
        rig_close(&r);
    }
}

static void a_hint_is_kept(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_three(&r);
    struct job_result hint = {.outcome = JOB_THROTTLED, .retry_after_ms = 1500, .text = "t"};
    rig_answer(&r, 0, &hint);
    rig_advance(&r, 1499);
    assert_jobs(&r, "");
    rig_finish(&r);
    assert_int_equal(c->settled, 3);
    rig_close(&r);
}

static void a_long_message_is_cut_between_words(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    struct job_result bad = {.outcome = JOB_INVALID};
    for (size_t n = 0; n + 10 < sizeof bad.text;)
        n += (size_t)snprintf(bad.text + n, sizeof bad.text - n, "word%zu ", n);
    rig_answer(&r, 0, &bad);
    size_t len = strlen(c->last_failure);
    assert_in_range(len, 180, 191);
    assert_string_equal(c->last_failure + len - 3, "...");
    assert_memory_equal(c->last_failure, bad.text, len - 3);
    assert_int_equal(bad.text[len - 3], ' ');
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_ends_well),
        cmocka_unit_test(a_bad_item_fails_alone),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_long_message_is_cut_between_words),
        cmocka_unit_test(unprocessed_items_join_fresh_batches),
        cmocka_unit_test(all_unprocessed_is_throttling),
        cmocka_unit_test(throttling_never_uses_up_a_record),
        cmocka_unit_test(an_outage_does_not_lengthen_throttling),
        cmocka_unit_test(records_leave_their_backoff_early),
        cmocka_unit_test(in_flight_grows_with_the_good_answers),
        cmocka_unit_test(maybe_written_is_remembered),
        cmocka_unit_test(silence_of_the_endpoint_has_its_own_reason),
        cmocka_unit_test(a_hint_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
