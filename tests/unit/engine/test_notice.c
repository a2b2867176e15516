/* test_notice: why something waits, told on change, at most once a second (PROTOCOL M6). The words of the scenarios are
 * explained in rig_script.h. */
#include <string.h>

#include "tests/lib/rig_script.h"

#define AT_ONCE .settings = {"defaults.linger=0"}

/* clang-format off */
static const struct rig_scenario scenarios[] = {
    {
        .name = "a_reason_is_told_once_and_its_end_once",
        AT_ONCE,
        .lines = {
            "a opens, b opens session=2 table=others",
            "a write 1 1 k",
            "30x all unreachable, pass 1000",
            "a says the DynamoDB endpoint does not answer",
            "a hears notice endpoint_down",
            "finish, a hears settled 1; notice none",
            "b hears ",
            "idle",
        },
    },
    {
        /* The last record is in flight when the second passes: its end is told all the same. */
        .name = "the_end_is_told_when_the_last_record_was_in_flight",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 k",
            "4x all unreachable, pass 1100",
            "out 1, a hears notice endpoint_down",
            "pass 5000, done", /* a slow answer */
            "pass 2000, a hears settled 1; notice none",
            "idle",
        },
    },
    {
        /* At most one notice a second, also when the first one was read late. */
        .name = "a_late_reader_is_not_told_twice_in_a_second",
        AT_ONCE,
        .lines = {
            "a opens, a slow, a write 1 1 k",
            "5x pass 1000, all unreachable",
            "pass 900, all throttled",
            "a fast",
            "a hears notice endpoint_down",
            "9x pass 100, a hears ",
            "pass 1100, a hears notice throttled",
            "finish",
        },
    },
    {
        /* A reader that was slow hears only the last reason. */
        .name = "a_slow_reader_hears_the_latest",
        AT_ONCE,
        .lines = {
            "a opens, a slow, a write 1 1 k",
            "6x pass 1000, all unreachable",
            "4x pass 1000, all access_denied",
            "pass 1000, a fast",
            "a hears notice table_paused",
            "finish",
        },
    },
    {
        .name = "a_reason_that_passed_unheard_is_not_told",
        AT_ONCE,
        .lines = {
            "a opens, a slow, a write 1 1 k",
            "5x pass 1000, all unreachable",
            "finish, a fast",
            "a hears settled 1",
        },
    },
    {
        /* A request that hangs is a reason, for what is in flight, for what waits behind its key, and at last for
         * nobody. */
        .name = "a_late_answer_is_told",
        AT_ONCE,
        .lines = {
            "a opens, b opens session=2",
            "a write 1 1 =x",
            "b write 1 1 =x",
            "pass 2100",
            "a hears notice in_flight",
            "b hears notice in_flight", /* not key_order */
            "finish, a hears settled 1; notice none",
            "pass 2000, idle",
        },
    },
    {
        /* Who waits behind a key is told why the write before it waits. */
        .name = "a_key_waiter_is_told_its_holders_trouble",
        AT_ONCE,
        .lines = {
            "a opens, b opens session=2",
            "a write 1 1 =x",
            "b write 1 1 =x",
            "fails transient later, a write 2 1 y", /* the table itself is well */
            "done, pass 2000",
            "b hears notice backoff",
            "finish",
        },
    },
    {
        /* The reason is what happened, also after the table has done well again with other records. */
        .name = "backoff_keeps_its_own_reason",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 26 k",
            "fails $1 later, done",
            "pass 1100, a hears *notice $2*",
            "finish",
        },
        .each = {"transient|backoff", "unreachable|endpoint_down", "throttled|throttled"},
    },
    {
        /* The service's words come with it, and again when they are others, at most once a second. */
        .name = "a_paused_table_says_why",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 k",
            "await, fails credentials ExpiredTokenException: old",
            "pass 1100, a says credentials: ExpiredTokenException: old, a notices 1",
            "await, fails credentials ExpiredTokenException: old",
            "pass 1100, a says credentials: ExpiredTokenException: old, a notices 0",
            "await, fails credentials UnrecognizedClientException: wrong",
            "pass 1100, a says credentials: UnrecognizedClientException: wrong, a notices 1",
            "await, fails table_not_found",
            "pass 1100, a says table_not_found: the test says so",
            "finish, pass 2000, a hears *notice none*",
        },
    },
};
/* clang-format on */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_told_while_nothing_waits),
        cmocka_unit_test(changes_are_told_at_most_once_a_second),
    };
    return rig_script_run(scenarios, sizeof scenarios / sizeof scenarios[0], tests, sizeof tests / sizeof tests[0]);
}
