/* test_acks: the content of SETTLED: upto, ranges above gaps, failures first, too many ranges, resync. */
#include <stdio.h>
#include <string.h>

#include "daemon/engine/value/acks.h"
#include "tests/lib/rig_assert.h"

/* ---- ranges, as values ---- */

static void expect_ranges(const struct acks *a, const char *want)
{
    char text[1024] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < a->range_count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "[%llu-%llu]", (unsigned long long)a->ranges[i].first,
                              (unsigned long long)a->ranges[i].last);
    assert_string_equal(text, want);
}

static void ranges_merge(void **state)
{
    (void)state;
    static const struct {
        struct msg_range add[6];
        const char *want;
    } cases[] = {
        {{{5, 5}}, "[5-5]"},
        {{{5, 5}, {7, 7}}, "[5-5][7-7]"},
        {{{7, 7}, {5, 5}}, "[5-5][7-7]"},
        {{{5, 5}, {6, 6}}, "[5-6]"},
        {{{6, 6}, {5, 5}}, "[5-6]"},
        {{{5, 5}, {7, 7}, {6, 6}}, "[5-7]"},
        {{{5, 5}, {7, 7}, {5, 7}}, "[5-7]"},
        {{{5, 5}, {9, 9}, {12, 13}, {4, 20}}, "[4-20]"},
        {{{4, 20}, {6, 7}}, "[4-20]"},
        {{{10, 12}, {2, 3}, {5, 6}, {13, 14}, {4, 4}}, "[2-6][10-14]"},
        {{{3, 3}, {3, 3}}, "[3-3]"},
        {{{5, 6}, {0, 8}}, "[5-6]"}, /* first 0: `upto` will say it */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct acks a = {0};
        for (size_t k = 0; k < 6 && cases[i].add[k].last != 0; k++)
            acks_note_settled(&a, cases[i].add[k].first, cases[i].add[k].last);
        expect_ranges(&a, cases[i].want);
    }
}

static void too_many_ranges_turn_into_a_resync(void **state)
{
    (void)state;
    struct acks a = {0};
    for (uint64_t i = 1; i <= ACKS_RANGES_MAX; i++)
        acks_note_settled(&a, i * 3, i * 3);
    assert_int_equal(a.range_count, ACKS_RANGES_MAX);
    assert_false(a.resync);
    acks_note_settled(&a, 4, 4); /* joins: no new range */
    assert_false(a.resync);
    acks_note_settled(&a, 1000, 1000);
    assert_true(a.resync);
    assert_int_equal(a.range_count, 0);
    a.resync_from = 500;
    acks_note_settled(&a, 600, 600); /* pending anyway */
    assert_int_equal(a.resync_from, 500);
    acks_note_settled(&a, 7, 7);
    assert_int_equal(a.resync_from, 7);
}

/* ---- through the engine ---- */

/* Keys 1..n of one connection, each in a separate job (all keys differ, in_flight is large). */
static struct rig_conn *open_singles(struct rig *r, uint32_t n)
{
    rig_open(r, "defaults.linger=0", "defaults.max_in_flight=256", NULL);
    struct rig_conn *c = rig_writer(r, 1, "orders");
    for (uint64_t seq = 1; seq <= n; seq++) {
        rig_write(c, seq, 1, "k");
        rig_pump(r);
    }
    assert_int_equal(r->job_count, n);
    return c;
}

/* Answer the job that has key k<seq>. */
static void answer_seq(struct rig *r, uint64_t seq, enum job_outcome outcome)
{
    char want[16];
    snprintf(want, sizeof want, "k%llu", (unsigned long long)seq);
    size_t n = strlen(want);
    for (uint32_t i = 0; i < r->job_count; i++) {
        const struct job_item *it = &r->jobs[i]->items[0];
        if (it->key.len[0] == n + 1 && memcmp(it->item.p + it->key.off[0] + 1, want, n) == 0) {
            rig_outcome(r, i, outcome);
            return;
        }
    }
    fail_msg("no job carries %s", want);
}

static void gaps_are_reported_as_ranges(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_singles(&r, 9);
    answer_seq(&r, 5, JOB_DONE);
    assert_heard(c, "settled 0 [5-5]");
    answer_seq(&r, 6, JOB_DONE);
    assert_heard(c, "settled 0 [5-6]");
    answer_seq(&r, 9, JOB_DONE);
    assert_heard(c, "settled 0 [9-9]");
    answer_seq(&r, 1, JOB_DONE);
    assert_heard(c, "settled 1");
    answer_seq(&r, 8, JOB_DONE);
    assert_heard(c, "settled 1 [8-9]");
    answer_seq(&r, 2, JOB_DONE);
    answer_seq(&r, 4, JOB_DONE);
    assert_heard(c, "settled 2; settled 2 [4-6]");
    answer_seq(&r, 3, JOB_DONE);
    assert_heard(c, "settled 6");
    answer_seq(&r, 7, JOB_DONE);
    assert_heard(c, "settled 9");
    rig_close(&r);
}

static void a_slow_reader_hears_the_state_not_the_history(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_singles(&r, 12);
    c->slow = true;
    answer_seq(&r, 2, JOB_DONE);
    answer_seq(&r, 4, JOB_DONE);
    answer_seq(&r, 3, JOB_DONE);
    answer_seq(&r, 8, JOB_DONE);
    answer_seq(&r, 10, JOB_DONE);
    c->slow = false;
    rig_pump(&r);
    assert_heard(c, "settled 0 [2-4] [8-8] [10-10]");
    c->slow = true;
    answer_seq(&r, 1, JOB_DONE);
    answer_seq(&r, 5, JOB_DONE);
    answer_seq(&r, 6, JOB_DONE);
    answer_seq(&r, 7, JOB_DONE);
    c->slow = false;
    rig_pump(&r);
    assert_heard(c, "settled 8");
    rig_finish(&r);
    rig_close(&r);
}

static void many_holes_come_in_several_frames(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_singles(&r, 100);
    c->slow = true;
    for (uint64_t seq = 2; seq <= 100; seq += 2)
        answer_seq(&r, seq, JOB_DONE);
    c->slow = false;
    rig_pump(&r);
    assert_int_equal(c->settled, 50);
    for (uint64_t seq = 1; seq <= 100; seq++)
        assert_int_equal(c->outcome[seq], seq % 2 == 0);
    /* while the resync is being sent, earlier gaps close */
    c->slow = true;
    for (uint64_t seq = 99; seq > 60; seq -= 4)
        answer_seq(&r, seq, JOB_DONE);
    answer_seq(&r, 1, JOB_DONE);
    answer_seq(&r, 5, JOB_DONE);
    c->slow = false;
    rig_pump(&r);
    assert_int_equal(c->settled, 62);
    rig_finish(&r);
    assert_int_equal(c->settled, 100);
    assert_int_equal(c->upto, 100);
    rig_close(&r);
}

/* While the resync is sent in pieces, a record below the next piece settles. */
static void a_gap_that_closes_behind_the_resync_is_reported(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_singles(&r, 120);
    c->slow = true;
    for (uint64_t seq = 2; seq <= 120; seq += 2)
        answer_seq(&r, seq, JOB_DONE);
    struct span first = engine_output(r.e, c->id, r.now); /* one piece is encoded */
    assert_true(first.n > 0);
    answer_seq(&r, 5, JOB_DONE);
    answer_seq(&r, 9, JOB_DONE);
    answer_seq(&r, 119, JOB_DONE);
    c->slow = false;
    rig_pump(&r);
    for (uint64_t seq = 1; seq <= 120; seq++)
        assert_int_equal(c->outcome[seq], seq % 2 == 0 || seq == 5 || seq == 9 || seq == 119);
    rig_finish(&r);
    assert_int_equal(c->settled, 120);
    rig_close(&r);
}

/* S2: a failed seq is never covered before it is named. */
static void failures_are_named_before_they_are_covered(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_singles(&r, 10);
    c->slow = true;
    for (uint64_t seq = 1; seq <= 10; seq++)
        answer_seq(&r, seq, seq % 2 == 0 ? JOB_INVALID : JOB_DONE);
    c->slow = false;
    rig_pump(&r);
    assert_heard(c, "settled 0 !2:rejected !4:rejected; settled 0 !6:rejected !8:rejected; settled 10 !10:rejected");
    assert_int_equal(c->settled, 5);
    assert_int_equal(c->failed, 5);
    assert_string_equal(c->last_failure, "the test says so");
    rig_close(&r);
}

static void a_flush_waits_for_its_failures(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_singles(&r, 6);
    rig_flush(c, 1, 6);
    rig_flush(c, 2, 2);
    rig_pump(&r);
    c->slow = true;
    for (uint64_t seq = 1; seq <= 6; seq++)
        answer_seq(&r, seq, JOB_INVALID);
    c->slow = false;
    rig_pump(&r);
    assert_heard(c, "settled 0 !1:rejected !2:rejected; settled 0 !3:rejected !4:rejected; "
                    "settled 6 !5:rejected !6:rejected; flushed 1; flushed 2");
    rig_close(&r);
}

static void gaps_between_seqs_are_allowed(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 10, 2, "k");
    rig_write(c, 500, 2, "k");
    rig_write(c, UINT64_MAX - 1, 1, "k");
    rig_flush(c, 1, UINT64_MAX);
    rig_pump(&r);
    rig_unprocessed(&r, 0, 1);
    assert_heard(c, "settled 9; settled 9 [11-18446744073709551614]");
    rig_finish(&r);
    assert_non_null(strstr(rig_heard(c), "settled 18446744073709551614; flushed 1"));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_merge),
        cmocka_unit_test(too_many_ranges_turn_into_a_resync),
        cmocka_unit_test(gaps_are_reported_as_ranges),
        cmocka_unit_test(a_slow_reader_hears_the_state_not_the_history),
        cmocka_unit_test(many_holes_come_in_several_frames),
        cmocka_unit_test(a_gap_that_closes_behind_the_resync_is_reported),
        cmocka_unit_test(failures_are_named_before_they_are_covered),
        cmocka_unit_test(a_flush_waits_for_its_failures),
        cmocka_unit_test(gaps_between_seqs_are_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
