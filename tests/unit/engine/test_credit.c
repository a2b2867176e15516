/* test_credit: when the limit rises, and how far (PROTOCOL C2, S3). */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rig_assert.h"

static struct rig_conn *open_one(struct rig *r)
{
    rig_open(r, "defaults.linger=0", NULL);
    return rig_writer(r, 1, "orders");
}

static void the_first_window_is_64k(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_one(&r);
    assert_int_equal(c->limit, 65536);
    rig_advance(&r, 10000);
    assert_heard(c, "");
    rig_close(&r);
}

/* A raise is at least min(16 KiB, a quarter of the window). */
static void raises_are_worth_a_frame(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_one(&r);
    uint64_t limit = c->limit, raises = 0;
    for (uint64_t seq = 1; seq <= 400; seq++) {
        rig_put(c, seq, "k", 700);
        rig_pump(&r);
        rig_done(&r);
        if (c->limit != limit) {
            assert_true(c->limit - limit >= 16384);
            assert_int_equal(c->limit, c->used + 65536); /* all settled: the whole window again */
            limit = c->limit;
            raises++;
        }
    }
    assert_true(raises > 15 && raises < 30);
    rig_close(&r);
}

static void demand_doubles_the_window(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_one(&r);
    uint64_t window = 65536;
    while (window < 8 * 1024 * 1024) {
        window *= 2;
        rig_blocked(c, 300);
        rig_pump(&r);
        assert_int_equal(c->limit, window);
    }
    rig_blocked(c, 300);
    rig_pump(&r);
    assert_int_equal(c->limit, window); /* its maximum */
    rig_close(&r);
}

/* Demand beyond what the requests take does not count. */
static void a_long_queue_needs_no_larger_window(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.max_in_flight=1", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 76, "k");
    rig_blocked(c, 65536);
    rig_pump(&r); /* 25 in flight, 51 wait */
    assert_int_equal(c->limit, 65536);
    rig_done(&r); /* 25 in flight, 26 wait */
    rig_blocked(c, 65536);
    rig_pump(&r);
    assert_true(c->limit > 2 * 65536);
    rig_finish(&r);
    rig_close(&r);
}

static void a_record_above_the_window_is_granted(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_one(&r);
    rig_put(c, 1, "k", 60000);
    rig_pump(&r);
    uint64_t wanted = 2101484; /* max_record */
    rig_blocked(c, wanted);
    rig_pump(&r);
    assert_int_equal(c->limit, c->used + wanted);
    rig_close(&r);
}

/* A client that waits is always served, whatever it wants and whatever is unsettled. */
static void whoever_waits_is_served_when_all_is_settled(void **state)
{
    (void)state;
    static const uint64_t costs[] = {300, 20000, 49000, 50000, 65536, 65537, 100000, 1000000};
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++)
        for (size_t first = 0; first <= 60000; first += 15000) {
            struct rig r;
            struct rig_conn *c = open_one(&r);
            rig_put(c, 1, "k", first);
            rig_pump(&r);
            if (c->limit - c->used < costs[i])
                rig_blocked(c, costs[i]);
            rig_pump(&r);
            rig_finish(&r);
            assert_true(c->limit - c->used >= costs[i]);
            rig_close(&r);
        }
}

/* While the record pool is short, windows shrink to their minimum. */
static void windows_shrink_while_memory_is_short(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "daemon.memory_max=64M", NULL);
    struct rig_conn *c = rig_writer_of(&r, 5, 200, "mine");
    for (int i = 0; i < 5; i++) {
        rig_blocked(c, 1000);
        rig_pump(&r);
    }
    assert_int_equal(c->limit, 2 * 1024 * 1024);
    rig_fill(&r, 1, 1, "aaa");
    rig_fill(&r, 2, 30, "bbb");
    rig_fill(&r, 3, 60, "ccc");
    rig_fill(&r, 4, 90, "ddd");
    rig_fill(&r, 6, 120, "eee");
    rig_fill(&r, 7, 150, "fff");
    uint64_t limit = c->limit;
    rig_put(c, 1, "k", 1000);
    rig_pump(&r);
    while (c->settled == 0)
        rig_outcome(&r, r.job_count - 1, JOB_DONE);
    assert_int_equal(c->limit, limit); /* settled cost is not granted again */
    rig_blocked(c, 3000000 < 2101484 ? 3000000 : 2101484);
    rig_pump(&r);
    assert_int_equal(c->limit, c->used + 2101484); /* but one record is */
    rig_close(&r);
}

/* S3: no credit while the seqs are 2^20 ahead of the lowest unsettled one. */
static void a_hole_withholds_credit(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_one(&r);
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_write(c, (1 << 20) + 5, 1, "k");
    rig_blocked(c, 100000);
    rig_pump(&r);
    assert_heard(c, "");
    rig_advance(&r, 1500);
    assert_heard(c, "notice in_flight"); /* what the hole waits for */
    rig_outcome(&r, 1, JOB_DONE);
    assert_heard(c, "settled 0 [2-1048581]");
    rig_done(&r);
    rig_advance(&r, 1500);
    assert_heard(c, "settled 1048581; credit 131608; notice none");
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_window_is_64k),
        cmocka_unit_test(raises_are_worth_a_frame),
        cmocka_unit_test(demand_doubles_the_window),
        cmocka_unit_test(a_long_queue_needs_no_larger_window),
        cmocka_unit_test(a_record_above_the_window_is_granted),
        cmocka_unit_test(whoever_waits_is_served_when_all_is_settled),
        cmocka_unit_test(windows_shrink_while_memory_is_short),
        cmocka_unit_test(a_hole_withholds_credit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
