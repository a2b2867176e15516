/* test_schema: the key schema: asked for once, asked for again, records judged anew (PROTOCOL E2). */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rig_assert.h"

#define ASK "defaults.linger=0", "defaults.key_schema="

static void the_schema_is_asked_for_with_the_first_record(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, ASK, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    assert_jobs(&r, "");
    rig_write(c, 1, 2, "k");
    rig_write_raw(c, 3, 1, "\x92\x00\x80", 3); /* no key: nobody knows yet */
    rig_write_raw(c, 4, 1, "\x92\x00\x01", 3); /* no item at all */
    rig_pump(&r);
    assert_jobs(&r, "?orders");
    assert_heard(c, "settled 0 !4:invalid_item [4-4]");
    rig_advance(&r, 1500);
    assert_heard(c, "notice schema");
    rig_described(&r, "id", 'S');
    assert_jobs(&r, "k1 k2");
    assert_heard(c, "settled 0 !3:missing_key [3-4]");
    rig_done(&r);
    assert_heard(c, "settled 4");
    rig_write(c, 5, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "k5"); /* known by now */
    rig_finish(&r);
    rig_close(&r);
}

static void two_tables_are_described_at_a_time(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, ASK, NULL);
    for (uint8_t i = 0; i < 5; i++) {
        char table[16];
        snprintf(table, sizeof table, "table%u", i);
        rig_write(rig_writer(&r, (uint8_t)(i + 1), table), 1, 1, "k");
    }
    rig_pump(&r);
    assert_jobs(&r, "?table0 | ?table1");
    rig_described(&r, "id", 'S');
    assert_jobs(&r, "?table1 | k1 | ?table2");
    rig_finish(&r);
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_int_equal(n.ledger.written, 5);
    rig_close(&r);
}

static void a_describe_that_fails_is_tried_again(void **state)
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
        rig_open(&r, ASK, NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        rig_write(c, 1, 1, "k");
        rig_pump(&r);
        for (int k = 0; k < 6; k++) {
            assert_jobs(&r, "?orders");
            rig_outcome(&r, 0, cases[i].outcome);
            rig_advance(&r, 21 * 1000);
        }
        assert_non_null(strstr(rig_heard(c), cases[i].notice)); /* why, not only that the schema is missing */
        rig_finish(&r);
        assert_int_equal(c->settled, 1);
        rig_close(&r);
    }
}

static void a_table_that_is_not_there_pauses_and_fails(void **state)
{
    (void)state;
    static const enum job_outcome outcomes[] = {JOB_TABLE_NOT_FOUND, JOB_ACCESS_DENIED, JOB_CREDENTIALS};
    static const char *const want[] = {"!1:table_not_found", "!1:access_denied", "!1:credentials"};
    for (size_t i = 0; i < 3; i++) {
        struct rig r;
        rig_open(&r, ASK, NULL);
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

static void a_table_that_is_being_created_is_waited_for(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, ASK, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    struct job_result creating = {.outcome = JOB_DONE, .table_active = false, .text = "CREATING"};
    creating.schema.count = 1;
    creating.schema.attr[0] = (struct key_attr){.type = 'S', .name_len = 2, .name = "id"};
    rig_answer(&r, 0, &creating);
    rig_advance(&r, 1500);
    assert_non_null(strstr(rig_heard(c), "notice table_paused"));
    rig_described(&r, "id", 'S');
    rig_finish(&r);
    assert_int_equal(c->settled, 1);
    rig_close(&r);
}

/* E2: a key refusal, some time after the schema was read: nothing starts before all in flight is done, then it is asked
 * for again and what waits is judged anew. */
static void a_key_refusal_describes_again(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, ASK, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 50, "k");
    rig_pump(&r);
    rig_described(&r, "id", 'S');
    assert_int_equal(r.job_count, 2);
    rig_advance(&r, 11 * 1000);
    rig_outcome(&r, 0, JOB_KEY_SCHEMA);
    rig_write(c, 51, 1, "k");
    rig_advance(&r, 1000);
    assert_int_equal(r.job_count, 1); /* the other one is still out */
    rig_done(&r);
    assert_jobs(&r, "?orders");
    rig_described(&r, "other", 'S');
    assert_jobs(&r, "");
    assert_int_equal(c->failed, 26); /* 25 of the batch and the one that came later */
    assert_int_equal(c->settled, 25);
    assert_non_null(strstr(rig_heard(c), "missing_key"));
    rig_close(&r);
}

static void records_that_fit_go_on_under_the_new_schema(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, ASK, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "=x");
    rig_pump(&r);
    rig_described(&r, "id", 'S');
    rig_write(c, 2, 1, "=x");
    rig_write(c, 3, 1, "=y");
    rig_pump(&r);
    assert_jobs(&r, "x | y");
    rig_advance(&r, 11 * 1000);
    rig_outcome(&r, 0, JOB_KEY_SCHEMA);
    rig_outcome(&r, 0, JOB_TRANSIENT); /* comes back while the schema settles */
    rig_advance(&r, 100);
    assert_jobs(&r, "?orders");
    rig_described(&r, "id", 'S');
    assert_jobs(&r, "x y");
    rig_finish(&r);
    assert_int_equal(c->settled, 3);
    assert_string_equal(r.written, "x y x ");
    rig_close(&r);
}

/* A table that was made anew with another key: what does not fit the old schema asks for the new one. */
static void a_record_that_does_not_fit_asks_again(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, ASK, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_described(&r, "old", 'S');
    assert_int_equal(c->failed, 1);
    rig_write(c, 2, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, ""); /* the schema was read just now: the record is wrong */
    assert_int_equal(c->failed, 2);
    rig_advance(&r, 11 * 1000);
    rig_write(c, 3, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "?orders");
    rig_described(&r, "id", 'S');
    rig_finish(&r);
    assert_string_equal(r.written, "k3 ");
    assert_int_equal(c->failed, 2);
    rig_close(&r);
}

/* A refusal right after the schema was read is the item's own fault: it is found by sending singly. */
static void a_refusal_under_a_fresh_schema_splits(void **state)
{
    (void)state;
    for (int configured = 0; configured < 2; configured++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", configured ? "defaults.key_schema=id:S" : "defaults.key_schema=", NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        rig_write(c, 1, 2, "k");
        rig_pump(&r);
        if (!configured)
            rig_described(&r, "id", 'S');
        rig_outcome(&r, 0, JOB_KEY_SCHEMA);
        assert_jobs(&r, "k1 | k2");
        rig_outcome(&r, 0, JOB_KEY_SCHEMA);
        rig_done(&r);
        assert_heard(c, "settled 1 !1:rejected; settled 2");
        rig_close(&r);
    }
}

static void not_found_asks_for_the_schema_when_it_is_back(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, ASK, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 30, "k");
    rig_pump(&r);
    rig_described(&r, "id", 'S');
    assert_int_equal(r.job_count, 2);
    rig_outcome(&r, 0, JOB_TABLE_NOT_FOUND);
    rig_write(c, 31, 2, "k"); /* judged later */
    rig_advance(&r, 5000);
    assert_int_equal(r.job_count, 1);
    rig_outcome(&r, 0, JOB_TABLE_NOT_FOUND);
    rig_advance(&r, 21 * 1000);
    assert_jobs(&r, "?orders");
    rig_described(&r, "id", 'S');
    rig_finish(&r);
    assert_int_equal(c->settled, 32);
    rig_close(&r);
}

/* The schema was forgotten while a probe was out, and the probe went well: it is asked for all the same. */
static void a_probe_that_went_well_does_not_stand_for_a_schema(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, ASK, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 50, "k");
    rig_pump(&r);
    rig_described(&r, "id", 'S');
    rig_outcome(&r, 0, JOB_ACCESS_DENIED);
    rig_advance(&r, 1000);
    assert_int_equal(r.job_count, 2); /* one of before the pause, and the probe */
    rig_outcome(&r, 0, JOB_TABLE_NOT_FOUND);
    rig_done(&r);
    rig_advance(&r, 1000);
    assert_jobs(&r, "?orders");
    rig_finish(&r);
    assert_int_equal(c->settled, 50);
    rig_close(&r);
}

static void no_schema_is_asked_for_when_all_is_withdrawn(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, ASK, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 2, "k");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_UNREACHABLE);
    rig_abort(c, 2);
    rig_advance(&r, 60 * 1000);
    assert_jobs(&r, "");
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_is_asked_for_with_the_first_record),
        cmocka_unit_test(two_tables_are_described_at_a_time),
        cmocka_unit_test(a_describe_that_fails_is_tried_again),
        cmocka_unit_test(a_table_that_is_not_there_pauses_and_fails),
        cmocka_unit_test(a_table_that_is_being_created_is_waited_for),
        cmocka_unit_test(a_key_refusal_describes_again),
        cmocka_unit_test(records_that_fit_go_on_under_the_new_schema),
        cmocka_unit_test(a_record_that_does_not_fit_asks_again),
        cmocka_unit_test(a_refusal_under_a_fresh_schema_splits),
        cmocka_unit_test(not_found_asks_for_the_schema_when_it_is_back),
        cmocka_unit_test(a_probe_that_went_well_does_not_stand_for_a_schema),
        cmocka_unit_test(no_schema_is_asked_for_when_all_is_withdrawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
