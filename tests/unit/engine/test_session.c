/* test_session: a session over several connections: book, fence, resent seqs, BYE, discard, ABORT in all orders. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rig_assert.h"

static struct rig_conn *open_writer(struct rig *r, bool discard)
{
    rig_open(r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_connect(r, RIG_UID);
    rig_hello(c, 1, "orders", discard);
    rig_pump(r);
    assert_heard(c, "welcome 65536");
    return c;
}

static struct rig_conn *reconnect(struct rig *r, bool discard)
{
    struct rig_conn *c = rig_connect(r, RIG_UID);
    rig_hello(c, 1, "orders", discard);
    return c;
}

/* R2: what arrives again in each state. */
static void a_resent_seq_is_not_written_twice(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 1, "=written");
    rig_pump(&r);
    rig_done(&r);
    a->slow = true;
    rig_write(a, 2, 1, "=flying");
    rig_pump(&r);
    rig_write(a, 3, 1, "=flying");             /* waits behind 2 */
    rig_write_raw(a, 4, 1, "\x92\x00\x80", 3); /* fails: no key */
    rig_pump(&r);
    assert_jobs(&r, "flying");
    rig_hangup(a);
    rig_eof(a);
    rig_pump(&r);
    assert_false(a->open);

    struct rig_conn *b = reconnect(&r, false);
    rig_pump(&r);
    assert_heard(b, "welcome 65536; settled 1 !4:missing_key [4-4]");
    rig_write(b, 1, 1, "=written");
    rig_write(b, 2, 1, "=flying");
    rig_write(b, 3, 1, "=flying");
    rig_write_raw(b, 4, 1, "\x92\x00\x80", 3);
    rig_write(b, 5, 1, "=new");
    rig_flush(b, 1, 5);
    rig_pump(&r);
    assert_jobs(&r, "flying | new");
    rig_done(&r);
    assert_jobs(&r, "new | flying");
    rig_done(&r);
    rig_done(&r);
    assert_heard(b, "settled 2; settled 2 [4-5]; settled 5; flushed 1");
    assert_string_equal(r.written, "written flying new flying ");
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_int_equal(n.ledger.accepted, 5);
    assert_int_equal(n.ledger.failed, 1);
    assert_int_equal(n.ledger.written, 4);
    rig_close(&r);
}

static void resent_records_free_their_credit(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_put(a, 1, "x", 30000);
    rig_put(a, 2, "y", 30000);
    rig_pump(&r);
    rig_eof(a);
    rig_pump(&r);
    struct rig_conn *b = reconnect(&r, false);
    rig_put(b, 1, "x", 30000);
    rig_put(b, 2, "y", 30000);
    rig_pump(&r);
    assert_heard(b, "welcome 65536; settled 0");
    while (r.job_count > 0)
        rig_done(&r);
    assert_true(b->limit >= b->used + 65536 - 16384);
    assert_int_equal(b->upto, 2);
    rig_close(&r);
}

/* What settled in many places between two connections is told on the second one, holes and failures apart. */
static void a_reconnect_tells_every_hole(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.max_in_flight=256", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders");
    for (uint64_t seq = 1; seq <= 120; seq++) {
        rig_write(a, seq, 1, "k");
        rig_pump(&r);
    }
    rig_eof(a);
    rig_pump(&r);
    for (uint64_t seq = 120; seq > 0; seq--) { /* of three: one stays out, one is written, one fails */
        uint32_t i = (uint32_t)seq - 1;
        if (seq % 3 != 0)
            rig_outcome(&r, i, seq % 3 == 1 ? JOB_DONE : JOB_INVALID);
    }
    struct rig_conn *b = reconnect(&r, false);
    rig_pump(&r);
    for (uint64_t seq = 1; seq <= 120; seq++)
        assert_int_equal(b->outcome[seq], seq % 3);
    for (uint64_t seq = 3; seq <= 120; seq += 3)
        rig_write(b, seq, 1, "k");
    rig_flush(b, 1, 120);
    rig_pump(&r);
    rig_finish(&r);
    assert_int_equal(b->settled, 80);
    assert_int_equal(b->failed, 40);
    assert_non_null(strstr(rig_heard(b), "flushed 1"));
    rig_close(&r);
}

static void another_length_is_another_record(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 1, "=x");
    rig_pump(&r);
    rig_eof(a);
    struct rig_conn *b = reconnect(&r, false);
    rig_pump(&r);
    rig_write(b, 1, 1, "=other");
    rig_pump(&r);
    assert_heard(b, "welcome 65536; settled 0; error protocol_error; closed");
    rig_finish(&r);
    assert_string_equal(r.written, "x ");
    rig_close(&r);
}

static void a_second_hello_fences_the_first_connection(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 2, "k");
    rig_pump(&r);
    struct rig_conn *b = reconnect(&r, false);
    rig_pump(&r);
    assert_heard(a, "error fenced; closed");
    assert_heard(b, "welcome 65536; settled 0");
    rig_done(&r);
    assert_heard(b, "settled 2");
    rig_close(&r);
}

/* What the fenced connection had sent and was not admitted yet is dropped; nothing of it is half-accepted. */
static void a_fence_drops_unadmitted_input(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 1, "k");
    rig_write(a, 2, 1, "k");
    a->to_len -= 3; /* the second frame is not complete */
    rig_pump(&r);
    struct rig_conn *b = reconnect(&r, false);
    rig_pump(&r);
    assert_heard(a, "error fenced; closed");
    rig_write(b, 1, 2, "k");
    rig_flush(b, 1, 2);
    rig_pump(&r);
    rig_finish(&r);
    assert_heard(b, "welcome 65536; settled 0; settled 1; settled 2; flushed 1");
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_int_equal(n.ledger.accepted, 2);
    rig_close(&r);
}

static void table_and_options_must_match(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    struct rig_conn *b = rig_connect(&r, RIG_UID);
    rig_hello(b, 1, "others", false);
    struct rig_conn *c = rig_connect(&r, RIG_UID);
    rig_hello(c, 1, "orders", true);
    struct rig_conn *d = rig_connect(&r, RIG_UID + 1); /* another user's session of the same id is another session */
    rig_hello(d, 1, "others", true);
    rig_pump(&r);
    assert_heard(b, "error protocol_error; closed");
    assert_heard(c, "error protocol_error; closed");
    assert_heard(d, "welcome 65536");
    assert_heard(a, "");
    assert_true(a->open);
    rig_close(&r);
}

static void bye_ends_the_book(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 1, "k");
    rig_bye(a);
    rig_pump(&r);
    assert_heard(a, "closed");
    rig_finish(&r); /* delivered all the same */
    struct rig_conn *b = reconnect(&r, false);
    rig_write(b, 1, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "k1"); /* nobody knows it any more */
    rig_done(&r);
    assert_heard(b, "welcome 65536; settled 1");
    rig_close(&r);
}

static void the_book_expires(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 1, "k");
    rig_pump(&r);
    rig_done(&r);
    rig_eof(a);
    rig_pump(&r);
    struct engine_counts n;
    rig_advance(&r, 5 * 60 * 1000 - 1);
    engine_counts(r.e, &n);
    assert_int_equal(n.sessions, 1);
    rig_advance(&r, 1);
    engine_counts(r.e, &n);
    assert_int_equal(n.sessions, 0);
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    /* who comes back all the same is told by another epoch that its records may have been written before */
    assert_int_equal(a->epoch, RIG_EPOCH);
    struct rig_conn *b = reconnect(&r, false);
    rig_pump(&r);
    assert_int_equal(b->epoch, RIG_EPOCH + 1);
    rig_close(&r);
}

static void the_book_does_not_expire_while_it_is_used(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 1, "k");
    rig_pump(&r);
    rig_done(&r);
    rig_eof(a);
    rig_advance(&r, 4 * 60 * 1000);
    struct rig_conn *b = reconnect(&r, false);
    rig_advance(&r, 10 * 60 * 1000);
    assert_heard(b, "welcome 65536; settled 1");
    assert_int_equal(b->epoch, RIG_EPOCH);
    rig_write(b, 1, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "");
    rig_close(&r);
}

/* S6: with discard the end of the connection withdraws what is not with DynamoDB. */
static void discard_withdraws_what_waits(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, true);
    rig_write(a, 1, 1, "=x");
    rig_pump(&r);
    rig_write(a, 2, 1, "=x");
    rig_pump(&r);
    rig_eof(a);
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_TRANSIENT); /* comes back: nobody wants it any more */
    rig_finish(&r);
    assert_string_equal(r.written, "");
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_int_equal(n.ledger.withdrawn, 2);
    struct rig_conn *b = reconnect(&r, true);
    rig_pump(&r);
    assert_heard(b, "welcome 65536; settled 2 !2:aborted !1:aborted");
    rig_close(&r);
}

static void discard_on_hangup_drops_unread_input(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, true);
    rig_write(a, 1, 1, "=x");
    rig_hangup(a);
    assert_false(a->open);
    assert_jobs(&r, "");
    rig_close(&r);
}

static void discard_after_bye_delivers(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, true);
    rig_write(a, 1, 1, "=x");
    rig_bye(a);
    rig_eof(a);
    rig_pump(&r);
    rig_finish(&r);
    assert_string_equal(r.written, "x ");
    rig_close(&r);
}

static void deliver_after_hangup_reads_to_the_end(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 3, "k");
    rig_hangup(a);
    rig_eof(a);
    rig_pump(&r);
    assert_false(a->open);
    rig_finish(&r);
    assert_string_equal(r.written, "k1 k2 k3 ");
    rig_close(&r);
}

/* ---- S5: ABORT ---- */

static void abort_withdraws_what_waits_and_waits_for_what_flies(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 1, "=x");
    rig_pump(&r);
    rig_write(a, 2, 1, "=x");
    rig_write(a, 3, 1, "=x");
    rig_write(a, 4, 1, "=x"); /* above: goes on */
    rig_flush(a, 7, 3);
    rig_abort(a, 3);
    rig_pump(&r);
    assert_heard(a, "settled 0 !2:aborted !3:aborted [2-3]");
    rig_done(&r);
    assert_heard(a, "settled 3; aborted 3; flushed 7");
    assert_jobs(&r, "x");
    rig_done(&r);
    assert_heard(a, "settled 4");
    assert_string_equal(r.written, "x x ");
    rig_close(&r);
}

static void an_aborted_record_that_comes_back_is_not_written(void **state)
{
    (void)state;
    static const enum job_outcome outcomes[] = {JOB_TRANSIENT,       JOB_THROTTLED,     JOB_UNREACHABLE,
                                                JOB_TABLE_NOT_FOUND, JOB_ACCESS_DENIED, JOB_CREDENTIALS};
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        struct rig r;
        struct rig_conn *a = open_writer(&r, false);
        rig_write(a, 1, 2, "k");
        rig_pump(&r);
        rig_abort(a, 2);
        rig_pump(&r);
        assert_heard(a, "");
        struct job_result result = {.outcome = outcomes[i], .maybe_written = outcomes[i] == JOB_TRANSIENT, .text = "t"};
        rig_answer(&r, 0, &result);
        assert_int_equal(a->failed, 2);
        assert_non_null(strstr(rig_heard(a), "aborted 2"));
        rig_finish(&r);
        assert_string_equal(r.written, "");
        rig_close(&r);
    }
}

static void an_abort_of_nothing_is_answered_at_once(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_abort(a, 0);
    rig_pump(&r);
    assert_heard(a, "aborted 0");
    rig_abort(a, 9);
    rig_pump(&r);
    assert_heard(a, "aborted 9");
    rig_close(&r);
}

/* The records of an older connection: first frame after WELCOME, while one flies and one waits. */
static void abort_after_a_reconnect_covers_older_connections(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 1, "=x");
    rig_pump(&r);
    rig_write(a, 2, 1, "=x");
    rig_abort(a, 2);
    rig_pump(&r);
    assert_heard(a, "settled 0 !2:aborted [2-2]");
    rig_eof(a);
    rig_pump(&r);
    struct rig_conn *b = reconnect(&r, false);
    rig_abort(b, 2);
    rig_write(b, 3, 1, "=x");
    rig_pump(&r);
    assert_heard(b, "welcome 65536; settled 0 !2:aborted [2-2]");
    rig_outcome(&r, 0, JOB_TRANSIENT);
    assert_heard(b, "settled 2 !1:aborted; aborted 2");
    rig_finish(&r);
    assert_string_equal(r.written, "x ");
    assert_int_equal(b->outcome[3], 1);
    rig_close(&r);
}

static void abort_then_bye_then_the_answer(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *a = open_writer(&r, false);
    rig_write(a, 1, 1, "=x");
    rig_pump(&r);
    rig_write(a, 2, 1, "=x");
    rig_abort(a, 2);
    rig_bye(a);
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_TRANSIENT);
    rig_finish(&r);
    assert_string_equal(r.written, "");
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_int_equal(n.ledger.withdrawn, 2);
    assert_int_equal(n.sessions, 0);
    rig_close(&r);
}

static void abort_of_unkeyed_and_backed_off_records(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.key_schema=", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders");
    rig_write(a, 1, 2, "k");
    rig_pump(&r);
    assert_jobs(&r, "?orders");
    rig_abort(a, 1);
    rig_pump(&r);
    assert_heard(a, "settled 1 !1:aborted; aborted 1");
    rig_described(&r, "id", 'S');
    assert_jobs(&r, "k2");
    rig_outcome(&r, 0, JOB_TRANSIENT);
    rig_abort(a, 2);
    rig_pump(&r);
    assert_heard(a, "settled 2 !2:aborted; aborted 2");
    rig_finish(&r);
    assert_string_equal(r.written, "");
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resent_seq_is_not_written_twice),
        cmocka_unit_test(resent_records_free_their_credit),
        cmocka_unit_test(a_reconnect_tells_every_hole),
        cmocka_unit_test(another_length_is_another_record),
        cmocka_unit_test(a_second_hello_fences_the_first_connection),
        cmocka_unit_test(a_fence_drops_unadmitted_input),
        cmocka_unit_test(table_and_options_must_match),
        cmocka_unit_test(bye_ends_the_book),
        cmocka_unit_test(the_book_expires),
        cmocka_unit_test(the_book_does_not_expire_while_it_is_used),
        cmocka_unit_test(discard_withdraws_what_waits),
        cmocka_unit_test(discard_on_hangup_drops_unread_input),
        cmocka_unit_test(discard_after_bye_delivers),
        cmocka_unit_test(deliver_after_hangup_reads_to_the_end),
        cmocka_unit_test(abort_withdraws_what_waits_and_waits_for_what_flies),
        cmocka_unit_test(an_aborted_record_that_comes_back_is_not_written),
        cmocka_unit_test(an_abort_of_nothing_is_answered_at_once),
        cmocka_unit_test(abort_after_a_reconnect_covers_older_connections),
        cmocka_unit_test(abort_then_bye_then_the_answer),
        cmocka_unit_test(abort_of_unkeyed_and_backed_off_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
