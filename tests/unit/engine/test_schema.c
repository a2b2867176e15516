/* test_schema: the key schema: described once, described again, records validated again (PROTOCOL E2). rig_script.h
 * explains the words of the scenarios. */
#include <string.h>

#include "tests/lib/rig_script.h"

#define ASK        .settings = {"defaults.linger=0", "defaults.key_schema="}
#define CONFIGURED .settings = {"defaults.linger=0", "defaults.key_schema=id:S"}

/* clang-format off */
static const struct rig_scenario scenarios[] = {
    {
        .name = "the_schema_is_asked_for_with_the_first_record",
        ASK,
        .lines = {
            "a opens, jobs ",
            "a write 1 2 k, a nokey 3, a noitem 4", /* nobody knows the key yet */
            "jobs ?orders",
            "a hears settled 0 !4:invalid_item [4-4]",
            "pass 1500, a hears notice schema",
            "schema id, jobs k1 k2",
            "a hears settled 0 !3:missing_key [3-4]",
            "done, a hears settled 4",
            "a write 5 1 k",
            "jobs k5", /* known by now */
            "finish",
        },
    },
    {
        .name = "two_tables_are_described_at_a_time",
        ASK,
        .lines = {
            "a opens table=table0 session=1, b opens table=table1 session=2, c opens table=table2 session=3",
            "d opens table=table3 session=4, e opens table=table4 session=5",
            "a write 1 1 k, b write 1 1 k, c write 1 1 k, d write 1 1 k, e write 1 1 k",
            "jobs ?table0 | ?table1",
            "schema id, jobs ?table1 | k1 | ?table2",
            "finish, counts written 5",
        },
    },
    {
        .name = "a_describe_that_fails_is_tried_again",
        ASK,
        .lines = {
            "a opens",
            "a write 1 1 k",
            "6x jobs ?orders, fails $1, pass 21000",
            "a hears *notice $2*", /* why, not only that the schema is missing */
            "finish, a has settled 1",
        },
        .each = {"transient|backoff", "unreachable|endpoint_down", "throttled|throttled"},
    },
    {
        .name = "a_table_that_is_being_created_is_waited_for",
        ASK,
        .lines = {
            "a opens",
            "a write 1 1 k",
            "fails creating",
            "pass 1500, a hears *notice table_paused*",
            "schema id, finish",
            "a has settled 1",
        },
    },
    {
        /* E2: a key refusal some time after the schema was read: nothing starts before all in flight is done, then the
         * table is described again and what waits is validated again. */
        .name = "a_key_refusal_describes_again",
        ASK,
        .lines = {
            "a opens",
            "a write 1 50 k",
            "schema id, out 2",
            "pass 11000",
            "fails key_schema, a write 51 1 k",
            "pass 1000, out 1", /* the other one is still out */
            "done, jobs ?orders",
            "schema other, jobs ",
            "a has failed 26", /* 25 of the batch and the one that came later */
            "a has settled 25",
            "a hears *missing_key*",
        },
    },
    {
        .name = "records_that_fit_go_on_under_the_new_schema",
        ASK,
        .lines = {
            "a opens",
            "a write 1 1 =x",
            "schema id",
            "a write 2 1 =x, a write 3 1 =y",
            "jobs x | y",
            "pass 11000",
            "fails key_schema",
            "fails transient", /* comes back while the schema settles */
            "pass 100, jobs ?orders",
            "schema id, jobs x y",
            "finish",
            "a has settled 3, written x y x ",
        },
    },
    {
        /* A table that was recreated with another key: a record that does not fit the old schema triggers a new
         * DescribeTable. */
        .name = "a_record_that_does_not_fit_asks_again",
        ASK,
        .lines = {
            "a opens",
            "a write 1 1 k",
            "schema old, a has failed 1",
            "a write 2 1 k",
            "jobs , a has failed 2", /* the schema was read just now: the record is wrong */
            "pass 11000",
            "a write 3 1 k",
            "jobs ?orders",
            "schema id, finish",
            "written k3 , a has failed 2",
        },
    },
    /* A refusal right after the schema was read is the item's own fault: it is isolated by single writes. */
    {
        .name = "a_refusal_under_a_fresh_schema_splits",
        ASK,
        .lines = {
            "a opens",
            "a write 1 2 k",
            "schema id, fails key_schema",
            "jobs k1 | k2",
            "fails key_schema, done",
            "a hears settled 1 !1:rejected; settled 2",
        },
    },
    {
        .name = "a_refusal_under_a_configured_schema_splits",
        CONFIGURED,
        .lines = {
            "a opens",
            "a write 1 2 k",
            "fails key_schema",
            "jobs k1 | k2",
            "fails key_schema, done",
            "a hears settled 1 !1:rejected; settled 2",
        },
    },
    {
        .name = "not_found_asks_for_the_schema_when_it_is_back",
        ASK,
        .lines = {
            "a opens",
            "a write 1 30 k",
            "schema id, out 2",
            "fails table_not_found, a write 31 2 k", /* judged later */
            "pass 5000, out 1",
            "fails table_not_found",
            "pass 21000, jobs ?orders",
            "schema id, finish",
            "a has settled 32",
        },
    },
    {
        /* The schema was dropped while a probe was in flight, and the probe succeeded: the table is described all the
         * same. */
        .name = "a_probe_that_went_well_does_not_stand_for_a_schema",
        ASK,
        .lines = {
            "a opens",
            "a write 1 50 k",
            "schema id",
            "fails access_denied",
            "pass 1000, out 2", /* one of before the pause, and the probe */
            "fails table_not_found, done",
            "pass 1000, jobs ?orders",
            "finish, a has settled 50",
        },
    },
    {
        .name = "no_schema_is_asked_for_when_all_is_withdrawn",
        ASK,
        .lines = {
            "a opens",
            "a write 1 2 k",
            "fails unreachable, a abort 2",
            "pass 60000, jobs ",
            "idle",
        },
    },
};
/* clang-format on */

static void a_table_that_is_not_there_pauses_and_fails(void **state)
{
    (void)state;
    static const enum job_outcome outcomes[] = {JOB_TABLE_NOT_FOUND, JOB_ACCESS_DENIED, JOB_CREDENTIALS};
    static const char *const want[] = {"!1:table_not_found", "!1:access_denied", "!1:credentials"};
    for (size_t i = 0; i < 3; i++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", "defaults.key_schema=", NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        rig_write(c, 1, 2, "k");
        rig_flush(c, 1, 2);
        rig_pump(&r);
        for (int k = 0; k < 20 && c->failed == 0; k++) {
            if (r.job_count > 0)
                rig_outcome(&r, 0, outcomes[i]);
            rig_advance(&r, 10 * 1000);
        }
        const char *heard = rig_heard(c);
        assert_non_null(strstr(heard, want[i]));
        assert_non_null(strstr(heard, "flushed 1"));
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_table_that_is_not_there_pauses_and_fails)};
    return rig_script_run(scenarios, sizeof scenarios / sizeof scenarios[0], tests, 1);
}
