/* test_notice: the reason of a wait is reported on change, at most once a second (PROTOCOL M6). rig_script.h explains
 * the words of the scenarios. */
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
        /* The last record is in flight when the second has passed: its end is reported all the same. */
        .name = "the_end_is_reported_when_the_last_record_was_in_flight",
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
        /* At most one NOTICE a second, also when the first one was read late. */
        .name = "a_late_reader_gets_one_notice_a_second",
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
        /* A slow reader gets only the latest reason. */
        .name = "a_slow_reader_gets_the_latest",
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
        /* A request that hangs is a reason for its own records, then for those that wait for their key, and finally no
         * more. */
        .name = "a_late_answer_is_reported",
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
        /* A record that waits for its key gets the reason of the write ahead of it. */
        .name = "a_key_waiter_gets_its_holders_reason",
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
        /* The reason is what happened, also after other records of the table have succeeded. */
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
        /* The service's message is included, and sent again when it changes, at most once a second. */
        .name = "a_paused_table_reports_why",
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

static void no_notice_while_nothing_waits(void **state)
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

static void changes_are_reported_at_most_once_a_second(void **state)
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
        cmocka_unit_test(no_notice_while_nothing_waits),
        cmocka_unit_test(changes_are_reported_at_most_once_a_second),
    };
    return rig_script_run(scenarios, sizeof scenarios / sizeof scenarios[0], tests, sizeof tests / sizeof tests[0]);
}
