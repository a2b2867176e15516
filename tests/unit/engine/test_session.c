/* test_session: a session over several connections: recorded outcomes, fence, resent seqs, BYE, discard, ABORT in all
 * orders. rig_script.h explains the words of the scenarios. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rig_script.h"

#define AT_ONCE .settings = {"defaults.linger=0"}

/* clang-format off */
static const struct rig_scenario scenarios[] = {
    /* ---- resent records ---- */
    {
        .name = "a_resent_seq_is_not_written_twice", /* R2: what arrives again in each state */
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 =written",
            "done, a slow, a write 2 1 =flying",
            "a write 3 1 =flying, a nokey 4", /* 3 waits behind 2; 4 fails */
            "jobs flying",
            "a hangup, a eof",
            "a has open 0",
            "b hello",
            "b hears welcome 65536; settled 1 !4:missing_key [4-4]",
            "b write 1 1 =written, b write 2 1 =flying, b write 3 1 =flying, b nokey 4, b write 5 1 =new, b flush 1 5",
            "jobs flying | new",
            "done, jobs new | flying",
            "done, done",
            "b hears settled 2; settled 2 [4-5]; settled 5; flushed 1",
            "written written flying new flying ",
            "counts accepted 5, counts failed 1, counts written 4",
        },
    },
    {
        .name = "resent_records_free_their_credit",
        AT_ONCE,
        .lines = {
            "a opens",
            "a put 1 x 30000, a put 2 y 30000",
            "a eof",
            "b hello, b put 1 x 30000, b put 2 y 30000",
            "b hears welcome 65536; settled 0",
            "all done",
            "b has spare 49152, b has upto 2", /* 65536 - 16384 */
        },
    },
    {
        .name = "another_length_is_another_record",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 =x",
            "a eof, b hello",
            "b write 1 1 =other",
            "b hears welcome 65536; settled 0; error protocol_error; closed",
            "finish, written x ",
        },
    },
    /* ---- fences ---- */
    {
        .name = "a_second_hello_fences_the_first_connection",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 2 k",
            "b hello",
            "a hears error fenced; closed",
            "b hears welcome 65536; settled 0",
            "done, b hears settled 2",
        },
    },
    {
        /* What the fenced connection had sent and was not admitted yet is dropped; nothing of it is half-admitted. */
        .name = "a_fence_drops_unadmitted_input",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 k, a write 2 1 k, a cut 3", /* the second frame is not complete */
            "b hello",
            "a hears error fenced; closed",
            "b write 1 2 k, b flush 1 2",
            "finish",
            "b hears welcome 65536; settled 0; settled 1; settled 2; flushed 1",
            "counts accepted 2",
        },
    },
    {
        .name = "table_and_options_must_match",
        AT_ONCE,
        .lines = {
            "a opens",
            /* another user's session with the same id is a different session */
            "b hello table=others, c hello discard, d hello table=others discard user=1001",
            "b hears error protocol_error; closed",
            "c hears error protocol_error; closed",
            "d hears welcome 65536",
            "a hears , a has open 1",
        },
    },
    /* ---- what the session remembers ---- */
    {
        .name = "bye_ends_the_book",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 k, a bye",
            "a hears closed",
            "finish", /* delivered all the same */
            "b hello, b write 1 1 k",
            "jobs k1", /* nobody knows it any more */
            "done, b hears welcome 65536; settled 1",
        },
    },
    {
        /* A client that returns anyway gets another epoch: its records may have been written before. */
        .name = "the_session_expires",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 k",
            "done, a eof",
            "pass 299999, counts sessions 1",
            "pass 1, counts sessions 0",
            "idle",
            "a has epoch 77",
            "b hello",
            "b has epoch 78",
        },
    },
    {
        .name = "the_book_does_not_expire_while_it_is_used",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 k",
            "done, a eof, pass 240000",
            "b hello, pass 600000",
            "b hears welcome 65536; settled 1",
            "b has epoch 77",
            "b write 1 1 k",
            "jobs ",
        },
    },
    /* ---- the end of a connection ---- */
    {
        .name = "discard_withdraws_what_waits", /* S6: all that is not with DynamoDB */
        AT_ONCE,
        .lines = {
            "a opens discard",
            "a write 1 1 =x",
            "a write 2 1 =x",
            "a eof",
            "fails transient", /* comes back: nobody wants it any more */
            "finish, written ",
            "counts withdrawn 2",
            "b hello discard",
            "b hears welcome 65536; settled 2 !2:aborted !1:aborted",
        },
    },
    {
        .name = "discard_on_hangup_drops_unread_input",
        AT_ONCE,
        .lines = {
            "a opens discard",
            "a write 1 1 =x, a hangup",
            "a has open 0, jobs ",
        },
    },
    {
        .name = "discard_after_bye_delivers",
        AT_ONCE,
        .lines = {
            "a opens discard",
            "a write 1 1 =x, a bye, a eof",
            "finish, written x ",
        },
    },
    {
        .name = "deliver_after_hangup_reads_to_the_end",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 3 k, a hangup, a eof",
            "a has open 0",
            "finish, written k1 k2 k3 ",
        },
    },
    /* ---- S5: ABORT ---- */
    {
        .name = "abort_withdraws_what_waits_and_waits_for_what_flies",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 =x",
            "a write 2 1 =x, a write 3 1 =x, a write 4 1 =x, a flush 7 3, a abort 3", /* 4 is above: it goes on */
            "a hears settled 0 !2:aborted !3:aborted [2-3]",
            "done, a hears settled 3; aborted 3; flushed 7",
            "jobs x",
            "done, a hears settled 4",
            "written x x ",
        },
    },
    {
        .name = "an_aborted_record_that_comes_back_is_not_written",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 2 k",
            "a abort 2",
            "a hears ",
            "fails $1",
            "a has failed 2, a hears *aborted 2*",
            "finish, written ",
        },
        .each = {"transient maybe", "throttled", "unreachable", "table_not_found", "access_denied", "credentials"},
    },
    {
        .name = "an_abort_of_nothing_is_answered_at_once",
        AT_ONCE,
        .lines = {
            "a opens",
            "a abort 0",
            "a hears aborted 0",
            "a abort 9",
            "a hears aborted 9",
        },
    },
    {
        /* The records of an older connection: ABORT is the first frame after WELCOME, while one is in flight and one
         * waits. */
        .name = "abort_after_a_reconnect_covers_older_connections",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 =x",
            "a write 2 1 =x, a abort 2",
            "a hears settled 0 !2:aborted [2-2]",
            "a eof",
            "b hello, b abort 2, b write 3 1 =x",
            "b hears welcome 65536; settled 0 !2:aborted [2-2]",
            "fails transient, b hears settled 2 !1:aborted; aborted 2",
            "finish, written x ",
            "b wrote 3",
        },
    },
    {
        .name = "abort_then_bye_then_the_answer",
        AT_ONCE,
        .lines = {
            "a opens",
            "a write 1 1 =x",
            "a write 2 1 =x, a abort 2, a bye",
            "fails transient, finish",
            "written ",
            "counts withdrawn 2, counts sessions 0",
        },
    },
    {
        .name = "abort_of_unkeyed_and_backed_off_records",
        .settings = {"defaults.linger=0", "defaults.key_schema="},
        .lines = {
            "a opens",
            "a write 1 2 k",
            "jobs ?orders",
            "a abort 1",
            "a hears settled 1 !1:aborted; aborted 1",
            "schema id, jobs k2",
            "fails transient, a abort 2",
            "a hears settled 2 !2:aborted; aborted 2",
            "finish, written ",
        },
    },
};
/* clang-format on */

/* What settled in many places between two connections is reported on the second one, gaps and failures separately. */
static void a_reconnect_reports_every_gap(void **state)
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
    for (uint64_t seq = 120; seq > 0; seq--) { /* of three, one stays in flight, one is written, one fails */
        uint32_t i = (uint32_t)seq - 1;
        if (seq % 3 != 0)
            rig_outcome(&r, i, seq % 3 == 1 ? JOB_DONE : JOB_INVALID);
    }
    struct rig_conn *b = rig_connect(&r, RIG_UID);
    rig_hello(b, 1, "orders", false);
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_reconnect_reports_every_gap)};
    return rig_script_run(scenarios, sizeof scenarios / sizeof scenarios[0], tests, 1);
}
