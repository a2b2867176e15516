/* test_dispatch: when a batch starts and what it contains: full, linger, flush, fairness, key order, limits. */
#include <stdio.h>
#include <string.h>

#include "daemon/engine/target/batch.h"
#include "tests/lib/rig_assert.h"

static void a_batch_lingers_and_then_goes(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 2, "k");
    rig_pump(&r);
    assert_jobs(&r, "");
    rig_advance(&r, 4);
    rig_write(c, 3, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "");
    rig_advance(&r, 1); /* the oldest has waited five */
    assert_jobs(&r, "k1 k2 k3");
    rig_done(&r);
    assert_heard(c, "settled 3");
    rig_close(&r);
}

static void a_full_batch_does_not_linger(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 24, "k");
    rig_pump(&r);
    assert_jobs(&r, "");
    rig_write(c, 25, 26, "k");
    rig_pump(&r);
    assert_int_equal(r.job_count, 2);
    assert_int_equal(r.jobs[0]->count, JOB_ITEMS_MAX);
    assert_int_equal(r.jobs[1]->count, JOB_ITEMS_MAX);
    rig_write(c, 51, 1, "k");
    rig_advance(&r, 59 * 1000);
    assert_int_equal(r.job_count, 2); /* one record is not a full batch */
    rig_finish(&r);
    rig_close(&r);
}

static void a_flush_ends_lingering(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 2, "k");
    rig_pump(&r);
    assert_jobs(&r, "");
    rig_flush(c, 9, 2);
    rig_pump(&r);
    assert_jobs(&r, "k1 k2");
    rig_done(&r);
    assert_heard(c, "settled 2; flushed 9");
    rig_write(c, 3, 1, "k"); /* the flush is over */
    rig_advance(&r, 1000);
    assert_jobs(&r, "");
    rig_close(&r);
}

static void a_flush_before_its_records_end_waits_for_what_was_sent(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_flush(c, 1, 50); /* 2..50 were never sent */
    rig_pump(&r);
    rig_done(&r);
    assert_heard(c, "settled 1; flushed 1");
    rig_flush(c, 2, 1);
    rig_pump(&r);
    assert_heard(c, "flushed 2");
    rig_close(&r);
}

static void one_key_is_in_flight_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *b = rig_writer(&r, 2, "orders");
    rig_write(a, 1, 1, "=x");
    rig_write(a, 2, 1, "=y");
    rig_write(a, 3, 1, "=x");
    rig_write(b, 1, 1, "=x");
    rig_pump(&r);
    assert_jobs(&r, "x y");
    rig_advance(&r, 600);
    assert_jobs(&r, "x y");
    rig_done(&r);
    assert_jobs(&r, "x");
    assert_heard(a, "settled 2");
    rig_advance(&r, 400);
    assert_heard(b, "notice key_order");
    rig_done(&r); /* a's second record comes before b's, by order of receipt */
    assert_heard(a, "settled 3");
    assert_jobs(&r, "x");
    rig_done(&r);
    assert_heard(b, "settled 1");
    rig_close(&r);
}

static void a_retried_key_stays_before_its_successor(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "=x");
    rig_write(c, 2, 1, "=x");
    rig_pump(&r);
    for (int i = 0; i < 5; i++) {
        assert_jobs(&r, "x");
        rig_outcome(&r, 0, JOB_TRANSIENT);
        rig_advance(&r, 21 * 1000);
    }
    assert_heard(c, "notice in_flight; notice backoff");
    rig_done(&r);
    assert_heard(c, "settled 1");
    assert_jobs(&r, "x");
    rig_done(&r);
    assert_heard(c, "settled 2");
    rig_close(&r);
}

static void at_most_max_in_flight_requests(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.max_in_flight=2", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 100, "k");
    rig_pump(&r);
    assert_int_equal(r.job_count, 2);
    rig_advance(&r, 1500);
    assert_int_equal(r.job_count, 2);
    assert_heard(c, "notice in_flight");
    rig_done(&r);
    assert_int_equal(r.job_count, 2);
    rig_finish(&r);
    assert_int_equal(c->settled, 100);
    rig_close(&r);
}

/* A flood of one session does not delay the few records of another. */
static void sessions_take_turns_by_bytes(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.max_in_flight=1", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *b = rig_writer(&r, 2, "orders");
    rig_write(a, 1, 200, "a");
    rig_pump(&r);
    rig_write(b, 1, 3, "b");
    rig_pump(&r);
    for (int jobs = 0; b->settled < 3; jobs++) {
        assert_true(jobs < 4); /* a round is 16 KiB: about two batches of such records */
        rig_done(&r);
    }
    assert_true(a->settled < 200);
    rig_finish(&r);
    assert_int_equal(a->settled, 200);
    rig_close(&r);
}

static void failing_requests_slow_down_to_one_at_a_time(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 100, "k");
    rig_pump(&r);
    assert_int_equal(r.job_count, 4);
    for (int i = 0; i < 4; i++)
        rig_outcome(&r, 0, JOB_UNREACHABLE);
    for (int i = 0; i < 20; i++) {
        rig_advance(&r, 1100);
        assert_int_equal(r.job_count, 1); /* retried at least once a second, always by one request only */
        rig_outcome(&r, 0, JOB_UNREACHABLE);
        rig_pump(&r);
        assert_int_equal(r.job_count, 0);
    }
    assert_heard(c, "notice endpoint_down");
    rig_advance(&r, 1100);
    rig_done(&r); /* it recovered: no limit any more */
    rig_advance(&r, 20 * 1000);
    assert_true(r.job_count >= 2);
    rig_finish(&r);
    assert_int_equal(c->settled, 100);
    rig_advance(&r, 2000);
    assert_non_null(strstr(rig_heard(c), "notice none"));
    rig_close(&r);
}

/* A table is retried within a second, however many of its requests failed together. */
static void requests_that_fail_together_do_not_add_up(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 200, "k");
    rig_pump(&r);
    assert_int_equal(r.job_count, 8);
    for (int i = 0; i < 8; i++)
        rig_outcome(&r, 0, JOB_THROTTLED);
    rig_advance(&r, 1100);
    assert_int_equal(r.job_count, 1);
    rig_done(&r);
    rig_finish(&r);
    assert_int_equal(c->settled, 200);
    rig_close(&r);
}

/* A record that waited for an earlier one of its key does not linger again. */
static void a_key_lingers_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "=k");
    rig_write(c, 2, 1, "=k");
    rig_advance(&r, 5);
    assert_jobs(&r, "k");
    rig_done(&r);
    assert_jobs(&r, "k");
    rig_done(&r);
    assert_heard(c, "settled 1; settled 2");
    rig_close(&r);
}

/* A client without credit cannot fill the batch whose completion would bring credit: it waits only while something is
 * in flight. */
static void a_blocked_client_ends_lingering(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 30, "k");
    rig_pump(&r);
    rig_blocked(c, 70000);
    rig_pump(&r);
    assert_int_equal(r.job_count, 1);
    assert_int_equal(r.jobs[0]->count, JOB_ITEMS_MAX);
    rig_done(&r);
    assert_int_equal(r.job_count, 1);
    assert_int_equal(r.jobs[0]->count, 5);
    rig_done(&r);
    assert_int_equal(c->settled, 30);
    rig_close(&r);
}

/* One failed request is not a trend: it delays only its own records. */
static void one_failure_holds_only_its_own_records(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_THROTTLED);
    rig_write(c, 2, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "k2");
    rig_done(&r);
    assert_heard(c, "settled 0 [2-2]");
    rig_finish(&r);
    assert_non_null(strstr(rig_heard(c), "settled 2"));
    rig_close(&r);
}

/* A batch needs its body's memory first; the next completion frees some. */
static void bodies_have_a_pool_of_their_own(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "daemon.memory_max=64M", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    uint64_t seq = 1, want = 300 * 1024 + 600;
    char key[16];
    for (int i = 0; i < 8; i++) { /* demand lets the window grow to its maximum */
        rig_blocked(c, want);
        rig_pump(&r);
    }
    for (; c->limit >= c->used + want; seq++) {
        snprintf(key, sizeof key, "k%u", (unsigned)seq);
        rig_put(c, seq, key, 300 * 1024);
        rig_pump(&r);
    }
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_true(n.body_bytes <= n.body_bytes_max / 2 + 1000 * 1000); /* one target: it may hold as much as is free */
    assert_true(n.ledger.queued > 0 && r.job_count > 1);
    rig_heard(c);
    rig_advance(&r, 1500);
    assert_heard(c, "notice memory");
    rig_finish(&r);
    assert_int_equal(c->settled, seq - 1);
    engine_counts(r.e, &n);
    assert_int_equal(n.body_bytes, 0);
    assert_int_equal(n.record_bytes, 0);
    rig_close(&r);
}

/* What a table at its limit leaves free is enough for another table's first batch, even of the largest size. The sizes
 * make the first two batches hold exactly half of the pool, so that a third one may still start. */
static void a_first_batch_fits_beside_a_full_table(void **state)
{
    (void)state;
    enum { SIZE = 104340, OTHER_SIZE = 87300, ROUNDS = 10 };
    struct rig r;
    rig_open(&r, "defaults.linger=1m", "daemon.memory_max=64M", NULL);
    struct rig_conn *c[2] = {rig_writer(&r, 1, "orders"), rig_writer(&r, 2, "other")};
    char key[16];
    for (int i = 0; i < ROUNDS; i++) { /* their windows grow */
        rig_blocked(c[0], SIZE);
        rig_blocked(c[1], SIZE);
        rig_pump(&r);
    }
    for (uint64_t seq = 1; c[0]->limit >= c[0]->used + SIZE + 600; seq++) {
        snprintf(key, sizeof key, "a%u", (unsigned)seq);
        rig_put(c[0], seq, key, SIZE);
        rig_pump(&r);
    }
    uint32_t before = r.job_count;
    for (uint64_t seq = 1; seq <= 25; seq++) {
        snprintf(key, sizeof key, "b%u", (unsigned)seq);
        rig_put(c[1], seq, key, OTHER_SIZE);
    }
    rig_pump(&r);
    assert_int_equal(r.job_count, before + 1);
    assert_string_equal(r.jobs[before]->table, "other");
    rig_finish(&r);
    rig_close(&r);
}

static void a_job_says_what_its_body_needs(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 3, "k");
    rig_pump(&r);
    const struct job *j = r.jobs[0];
    assert_string_equal(j->table, "orders");
    assert_int_equal(j->kind, JOB_WRITE);
    assert_true(j->body_len > 0);
    assert_true(j->response_max >= j->body_len + JOB_RESPONSE_SLACK);
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_true(n.body_bytes >= j->body_len + (uint64_t)j->response_max + sizeof(struct batch));
    rig_done(&r);
    rig_close(&r);
}

/* The slots of [aws] max_in_flight are assigned in turns; one that is not wanted goes to the next table. */
static void places_go_round_the_tables(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "table slow.linger=1m", "aws.max_in_flight=1", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *slow = rig_writer(&r, 2, "slow");
    struct rig_conn *last = rig_writer(&r, 3, "last");
    rig_write(c, 1, 60, "a");
    rig_pump(&r);
    rig_write(slow, 1, 25, "s");
    rig_pump(&r);
    rig_write(last, 1, 1, "l");
    rig_pump(&r);
    assert_int_equal(r.job_count, 1);
    rig_done(&r); /* orders asked first */
    assert_int_equal(r.jobs[0]->count, 25);
    rig_abort(slow, 25); /* does not want its slot any more */
    rig_done(&r);
    assert_jobs(&r, "l1");
    rig_done(&r);
    assert_int_equal(r.job_count, 1);
    rig_finish(&r);
    assert_int_equal(c->settled, 60);
    assert_int_equal(slow->failed, 25);
    assert_int_equal(last->settled, 1);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_lingers_and_then_goes),
        cmocka_unit_test(a_full_batch_does_not_linger),
        cmocka_unit_test(a_flush_ends_lingering),
        cmocka_unit_test(a_flush_before_its_records_end_waits_for_what_was_sent),
        cmocka_unit_test(one_key_is_in_flight_once),
        cmocka_unit_test(a_retried_key_stays_before_its_successor),
        cmocka_unit_test(at_most_max_in_flight_requests),
        cmocka_unit_test(sessions_take_turns_by_bytes),
        cmocka_unit_test(failing_requests_slow_down_to_one_at_a_time),
        cmocka_unit_test(requests_that_fail_together_do_not_add_up),
        cmocka_unit_test(a_key_lingers_once),
        cmocka_unit_test(a_blocked_client_ends_lingering),
        cmocka_unit_test(one_failure_holds_only_its_own_records),
        cmocka_unit_test(bodies_have_a_pool_of_their_own),
        cmocka_unit_test(a_first_batch_fits_beside_a_full_table),
        cmocka_unit_test(a_job_says_what_its_body_needs),
        cmocka_unit_test(places_go_round_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
