/* test_core: the life of a writer: connect, connection loss, resend, flush, abort, end. Numbers and spans only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/c/core.h"
#include "client/c/core_input.h"
#include "client/c/core_output.h"
#include "proto/err.h"
#include "proto/msg_encode.h"
#include "tests/unit/client/script.h"

static const struct script_options plain;

/* Reach the open state; the rest of each scenario follows. */
#define OPEN(credit) "connect\n> HELLO t\n< WELCOME " credit "\n"
#define LOSE         "eof\n= state waiting\nwait 2000\n"

static void a_record_goes_out_and_settles(void **state)
{
    (void)state;
    script_run(&plain, OPEN("100000") "put 3 100\n>\npush\n> WRITE 1-3\nflush\n> FLUSH 3\n= done 3 no\n"
                                      "< SETTLED 3\n= done 3 yes\n= counts 3 0 0 0 0\n< FLUSHED 3\n= state open\n"
                                      "= busy no\nflush\n>\n= done 3 yes\n");
}

static void failures_are_listed_once(void **state)
{
    (void)state;
    script_run(&plain, OPEN("100000") "put 5 50\nflush\n> WRITE 1-5; FLUSH 5\n"
                                      "< SETTLED 3 !2:invalid_item !3:rejected:maybe\n"
                                      "= counts 1 2 0 0 2\n< SETTLED 5 !2:invalid_item !3:rejected:maybe\n"
                                      "= counts 3 2 0 0 0\n= failure 2 invalid_item\n= failure 3 rejected maybe\n"
                                      "= failure none\n");
    script_run(
        &(struct script_options){.failures_max = 2},
        OPEN("100000") "put 4 50\npush\n> WRITE 1-4\n< SETTLED 4 !1:rejected !2:rejected !3:rejected\n"
                       "= counts 1 3 0 0 0\n= lost 1\n= failure 1 rejected\n= failure 2 rejected\n= failure none\n");
}

static void ranges_settle_out_of_order(void **state)
{
    (void)state;
    script_run(&plain, OPEN("100000") "put 9 50\nflush\n> WRITE 1-9; FLUSH 9\n< SETTLED 0 4-6 8-9\n= counts 5 0 0 0 4\n"
                                      "= unsettled 4 no\n= unsettled 7 yes\n= done 9 no\n< SETTLED 3 4-6\n"
                                      "= counts 8 0 0 0 1\n< SETTLED 9\n= counts 9 0 0 0 0\n= done 9 yes\n");
    script_run(&plain, OPEN("100000") "put 4 50\npush\n> WRITE 1-4\n< SETTLED 4 s=3\n= counts 1 0 3 0 0\n"
                                      "< SETTLED 4 s=3\n= counts 1 0 3 0 0\n");
}

static void a_lost_connection_resends_in_order(void **state)
{
    (void)state;
    script_run(
        &plain,
        OPEN("100000") "put 6 100\nflush\n> WRITE 1-6; FLUSH 6\n< SETTLED 1 3-4\nput 1 100\n"
                       "eof\n= wants nothing\nput 1 100\nwait 2000\n" OPEN(
                           "100000") "> WRITE 2; WRITE 5-8; FLUSH 6\n< SETTLED 8\n= done 6 yes\n= counts 8 0 0 0 0\n");
    /* the token waits until every record before it was sent on this connection */
    script_run(&plain, OPEN("100000") "put 2 100\nflush\n> WRITE 1-2; FLUSH 2\n" LOSE OPEN(
                           "356") "> WRITE 1; BLOCKED 356\n< CREDIT 712\n> WRITE 2; FLUSH 2\n");
    /* a half-sent frame does not count: all of it is resent */
    script_run(&plain, OPEN("100000") "put 2 100\npush\nsend 30\n" LOSE "= state waiting\n");
}

static void a_reconnect_in_mid_frame_starts_clean(void **state)
{
    (void)state;
    struct client_core c;
    struct core_config config = {
        .table = span_of("t", 1), .client = span_of("x", 1), .connect_timeout_ms = 1000, .reconnect_timeout_ms = 1000};
    struct span spans[CORE_SPANS];
    uint64_t seq;
    uint8_t welcome[64];
    for (int round = 0; round < 2; round++) {
        struct mp_writer w = mp_write_open(welcome, sizeof welcome);
        if (round == 0)
            assert_int_equal(core_init(&c, &config, 0), DDBS_OK);
        core_connected(&c, 0);
        assert_int_equal(core_output(&c, spans), 1);
        assert_int_equal(spans[0].p[FRAME_HEADER + 1], MSG_HELLO);
        core_output_sent(&c, spans[0].n);
        msg_encode_welcome(
            &w, &(struct msg_welcome){.version = 1, .max_frame = 65536, .max_record = 65536, .credit = 9999});
        core_input_bytes(&c, 0, span_of(welcome, w.need));
        if (round == 0) {
            assert_int_equal(core_put(&c, 0, OP_DELETE, span_of("\x80", 1), &seq), DDBS_OK);
            assert_int_equal(core_output(&c, spans), 2);
            core_output_sent(&c, 5);
            assert_int_equal(core_output(&c, spans), 2);
            core_eof(&c, 0);
            core_tick(&c, 500);
        } else {
            assert_int_equal(core_output(&c, spans), 2);
            assert_int_equal(spans[0].p[FRAME_HEADER + 1], MSG_WRITE);
            assert_memory_equal(spans[1].p, "\x92\x01\x80", 3);
        }
    }
    core_fini(&c);
}

static void an_abort_withdraws(void **state)
{
    (void)state;
    script_run(&plain,
               OPEN("712") "put 4 100\nflush\n> WRITE 1-2; BLOCKED 356\nabort\n= counts 0 0 0 2 2\n"
                           "= failure 3 aborted\n= failure 4 aborted\n> ABORT 2\n= abort open\n"
                           "< SETTLED 2 !2:aborted\n= abort done\n< ABORTED 2\n= counts 1 0 0 3 0\n= done 4 yes\n"
                           "= failure 2 aborted\n>\n< CREDIT 9999\nput 1 100\npush\n> WRITE 5\n");
    /* nothing was sent, so no ABORT */
    script_run(&plain, "put 2 100\nabort\n= abort done\n= counts 0 0 0 2 0\n= busy no\n");
}

static void an_abort_goes_first_after_a_reconnect(void **state)
{
    (void)state;
    script_run(
        &plain,
        OPEN("100000") "put 3 100\nflush\n> WRITE 1-3; FLUSH 3\nabort\n> ABORT 3\nput 2 100\nflush\n>\n" LOSE OPEN(
            "100000") "> ABORT 3\n< SETTLED 1\n= counts 1 0 0 0 4\n"
                      "< ABORTED 3\n= counts 1 0 0 2 2\n= failure 2 aborted maybe\n"
                      "= failure 3 aborted maybe\n= done 3 yes\n> WRITE 4-5; FLUSH 5\n");
    /* requested while there is no connection */
    script_run(
        &plain,
        OPEN("100000") "put 3 100\npush\n> WRITE 1-3\neof\nput 1 100\nabort\n= counts 0 0 0 1 3\nwait 2000\n" OPEN(
            "100000") "> ABORT 3\n< ABORTED 3\n= counts 0 0 0 4 0\n= abort done\n");
    /* settled by a late SETTLED: no ABORT is needed any more */
    script_run(&plain,
               OPEN("100000") "put 1 100\npush\n> WRITE 1\nabort\n> ABORT 1\n< SETTLED 1\n= abort done\n" LOSE OPEN(
                   "100000") ">\n");
}

/* PROTOCOL S5: what a new daemon reports as settled up to a seq says nothing about lower records that it never got. So
 * no new records are sent before ABORTED. */
static void nothing_is_written_while_an_abort_is_open(void **state)
{
    (void)state;
    /* the daemon is killed: the next one knows only 4 and 5, so its "settled up to 3" must not count */
    script_run(&plain,
               OPEN("100000") "put 3 100\nflush\n> WRITE 1-3; FLUSH 3\nabort\n> ABORT 3\nput 2 100\nflush\n>\n" LOSE
                              "connect\n> HELLO t\n< WELCOME 9999 70000 70000 1 8\n> ABORT 3\n< ABORTED 3\n"
                              "= counts 0 0 0 3 2\n= failure 1 aborted maybe\n= failure 2 aborted maybe\n"
                              "> WRITE 4-5; FLUSH 5\n< SETTLED 5\n= counts 2 0 0 3 0\n");
    /* aborted while they are being resent: 2 and 3 never reach the new daemon */
    script_run(&plain, OPEN("100000") "put 3 100\npush\n> WRITE 1-3\n" LOSE OPEN(
                           "356") "> WRITE 1; BLOCKED 356\nabort\nput 1 100\npush\n< CREDIT 9999\n> ABORT 3\n"
                                  "< SETTLED 1\n< ABORTED 3\n= counts 1 0 0 2 1\n> WRITE 4\n");
    /* the client waits for ABORTED even if all that it covers has settled meanwhile */
    script_run(&plain, OPEN("9999") "put 1 100\npush\n> WRITE 1\nabort\n> ABORT 1\n< SETTLED 1\n= abort done\n"
                                    "put 1 100\npush\n>\n< ABORTED 1\n> WRITE 2\n");
}

static void an_abort_without_an_answer_reconnects(void **state)
{
    (void)state;
    script_run(&plain,
               OPEN("100000") "put 1 100\npush\n> WRITE 1\nabort\n> ABORT 1\n= deadline 15000\nwait 4999\n"
                              "= wants nothing\nwait 1\n= wants close\n>\n" LOSE OPEN(
                                  "100000") "> ABORT 1\n= deadline none\nwait 60000\n= state open\n= wants nothing\n");
}

static void a_second_abort_is_answered_by_the_first(void **state)
{
    (void)state;
    /* what was put since was never sent, so it is withdrawn at once */
    script_run(&plain, OPEN("100000") "put 1 100\npush\n> WRITE 1\nabort\n> ABORT 1\nput 1 100\npush\n>\nabort\n>\n"
                                      "= failure 2 aborted\n= abort open\n< SETTLED 1 !1:aborted\n< ABORTED 1\n"
                                      "= abort done\n= counts 0 0 0 2 0\n>\n");
    script_run(&plain,
               OPEN("100000") "put 1 100\npush\n> WRITE 1\nabort\n> ABORT 1\nput 1 100\npush\nabort\n>\n" LOSE OPEN(
                   "100000") "> ABORT 1\n");
}

static void bye_delivers_first(void **state)
{
    (void)state;
    script_run(&plain,
               OPEN("356") "put 2 100\nbye\n> WRITE 1; BLOCKED 356\n= state open\nreject 100 closed\n< CREDIT 712\n"
                           "> WRITE 2; BYE\n= state ended\n= wants close\neof\n= wants nothing\n");
    script_run(&plain, OPEN("356") "put 2 100\nbye\n> WRITE 1; BLOCKED 356\n" LOSE OPEN(
                           "9999") "> WRITE 1-2; BYE\n= state ended\n");
    script_run(&plain, "bye\n= state ended\n= wants nothing\n");
    script_run(&plain, OPEN("356") "bye\nsend 3\neof\n= state ended\n");
}

static void discard_leaves_without_bye(void **state)
{
    static const struct script_options discard = {.discard = true};
    (void)state;
    script_run(&discard, "connect\n> HELLO t discard\n< WELCOME 9999\nput 1 100\npush\n> WRITE 1\nbye\n>\n= state "
                         "ended\n= wants close\n");
    script_run(&discard, "connect\n> HELLO t discard\n< WELCOME 9999\nput 1 100\npush\n> WRITE 1\n< SETTLED 1\nbye\n> "
                         "BYE\n= state ended\n");
}

static void memory_is_bounded(void **state)
{
    static const struct script_options small = {.memory_max = 64 * 1024};
    (void)state;
    script_run(&small,
               OPEN("10000000") "put 1 300000\nfull 100\npush\n> WRITE 1\n< SETTLED 1\nput 1 100\nfull 70000\n");
    script_run(&small,
               "put 13 5000\nfull 5000\n" OPEN(
                   "100000") "> WRITE 1; WRITE 2; WRITE 3-4; WRITE 5-8; WRITE 9-13\n< SETTLED 12\nput 4 5000\n");
}

static void no_daemon_ends_with_a_sentence(void **state)
{
    (void)state;
    script_run(
        &plain,
        "= wants connect\nrefuse not_reachable\n= state waiting\nwait 999\n= wants connect\nrefuse not_reachable\n"
        "= state waiting\nwait 1\n= wants connect\nrefuse not_reachable\n= error not_reachable\n"
        "= says /tried: because; tried for 1000 ms. Is ddbsidecard running?\n");
    script_run(&plain, "put 2 50\nwait 1000\nrefuse not_reachable\n= says 2 records are not known to be written\n"
                       "reject 50 not_reachable\nflush not_reachable\n= done 2 no\n");
    script_run(&(struct script_options){.connect_timeout_ms = 60000},
               "refuse not_permitted\nwait 1500\nrefuse not_permitted\n= state waiting\nwait 500\nrefuse "
               "not_permitted\n= error not_permitted\n");
    /* a socket that could not be opened for a moment is not a refusal */
    script_run(
        &(struct script_options){.connect_timeout_ms = 60000},
        "refuse not_permitted\nwait 1500\nrefuse not_reachable\nwait 2000\nrefuse not_permitted\n= state waiting\n");
}

static void no_welcome_ends_with_a_sentence(void **state)
{
    (void)state;
    script_run(&plain, "connect\n> HELLO t\n= deadline 11000\nwait 999\n= state greeting\nwait 1\n= error "
                       "not_reachable\n= wants close\n");
    /* a code that ddbs_flush or ddbs_put would use for "try again" does not become the final error */
    script_run(&plain, "connect\n< ERROR timed_out\neof\nwait 2000\nconnect\n< ERROR timed_out\neof\n"
                       "= error not_reachable\n= says the daemon says timed_out: because\n");
    script_run(&plain, "connect\n< ERROR busy\n= wants close\neof\nwait 2000\nconnect\n< ERROR busy\neof\n= error "
                       "busy\n= says because\n");
    script_run(&plain, "connect\neof\nwait 2000\nconnect\neof\n= error connection_lost\n");
    /* a connection made at the last moment gets one more second */
    script_run(&plain, "wait 5000\nconnect\nwait 999\n= state greeting\nwait 1\n= error not_reachable\n");
}

static void the_time_without_a_welcome_is_what_counts(void **state)
{
    (void)state;
    script_run(
        &plain,
        OPEN("9999") "put 1 100\nwait 600000\n= state open\neof\nwait 4000\nrefuse not_reachable\n= state waiting\n"
                     "wait 1000\nrefuse not_reachable\n= error not_reachable\n");
}

/* `text`, repeated n times. */
static char *repeat(char *out, const char *text, int n)
{
    size_t len = strlen(text);
    for (int i = 0; i < n; i++)
        memcpy(out + (size_t)i * len, text, len + 1);
    return out + (size_t)n * len;
}

static void ten_losses_without_progress_end_it(void **state)
{
    static const char lose[] = OPEN("9999") "> WRITE 1-2\neof\nwait 2000\n";
    static const char lose_later[] = OPEN("9999") "> WRITE 2\neof\nwait 2000\n";
    char text[8192], *end;
    (void)state;
    end = repeat(text, "put 2 100\npush\n", 1);
    end = repeat(end, lose, 9);
    repeat(end, OPEN("9999") "> WRITE 1-2\neof\n= error connection_lost\n= says 2 records are not known\n", 1);
    script_run(&plain, text);
    /* a connection that settled something resets the count */
    end = repeat(text, "put 2 100\npush\n", 1);
    end = repeat(end, lose, 9);
    end = repeat(end, OPEN("9999") "> WRITE 1-2\n< SETTLED 1\neof\nwait 2000\n", 1);
    end = repeat(end, lose_later, 9);
    repeat(end, "= state waiting\n" OPEN("9999") "> WRITE 2\neof\n= error connection_lost\n", 1);
    script_run(&plain, text);
}

static void idle_losses_and_announced_ones_are_not_counted(void **state)
{
    char text[8192], *end;
    (void)state;
    end = repeat(text, OPEN("9999") ">\neof\nwait 2000\n", 15);
    end = repeat(end, "put 1 100\npush\n", 1);
    end = repeat(end, OPEN("9999") "> WRITE 1\n< GOAWAY\neof\nwait 2000\n", 15);
    repeat(end, "= wants connect\n", 1);
    script_run(&plain, text);
}

static void an_error_ends_it(void **state)
{
    (void)state;
    script_run(
        &plain,
        OPEN("9999") "put 2 100\npush\n> WRITE 1-2\n< SETTLED 1\n< ERROR fenced\n= error fenced\n= wants close\n>\n"
                     "= says because; 1 record is not known to be written\neof\n= wants nothing\nreject 100 fenced\n");
    script_run(&plain,
               OPEN("9999") "put 1 100\npush\n> WRITE 1\n< ERROR timed_out\n= state open\n= wants close\n" LOSE OPEN(
                   "9999") "> WRITE 1\n");
}

static void a_flush_needs_no_connection_when_all_is_settled(void **state)
{
    (void)state;
    script_run(&plain, "flush\n= done 0 yes\n");
    script_run(
        &plain,
        OPEN("9999") "put 1 100\nflush\n> WRITE 1; FLUSH 1\n< SETTLED 1\neof\n= done 1 yes\nflush\nwait 2000\n" OPEN(
            "9999") ">\n");
}

static void tokens_are_bounded(void **state)
{
    struct client_core c;
    struct core_config config = {.table = span_of("t", 1), .client = span_of("x", 1), .connect_timeout_ms = 1000};
    uint64_t seq, token;
    (void)state;
    assert_int_equal(core_init(&c, &config, 0), DDBS_OK);
    for (int i = 0; i <= CORE_TOKENS_MAX; i++) {
        assert_int_equal(core_put(&c, 0, OP_PUT, span_of("\x80", 1), &seq), DDBS_OK);
        assert_int_equal(core_flush(&c, &token), i < CORE_TOKENS_MAX ? DDBS_OK : CORE_AGAIN);
    }
    core_fini(&c);
}

static void bad_configurations_are_refused(void **state)
{
    static const uint8_t tags[1025] = {0xde};
    static char long_table[MSG_TABLE_MAX + 1], long_client[MSG_CLIENT_MAX + 1];
    const struct core_config cases[] = {
        {.table = {0}, .client = span_of("x", 1)},
        {.table = span_of(long_table, sizeof long_table), .client = span_of("x", 1)},
        {.table = span_of("t", 1), .client = {0}},
        {.table = span_of("t", 1), .client = span_of(long_client, sizeof long_client)},
        {.table = span_of("t", 1), .client = span_of("x", 1), .tags = span_of(tags, sizeof tags)},
    };
    struct client_core c;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(core_init(&c, &cases[i], 0), DDBS_E_INVALID_ARGUMENT);
        core_fini(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_goes_out_and_settles),
        cmocka_unit_test(failures_are_listed_once),
        cmocka_unit_test(ranges_settle_out_of_order),
        cmocka_unit_test(a_lost_connection_resends_in_order),
        cmocka_unit_test(a_reconnect_in_mid_frame_starts_clean),
        cmocka_unit_test(an_abort_withdraws),
        cmocka_unit_test(an_abort_goes_first_after_a_reconnect),
        cmocka_unit_test(nothing_is_written_while_an_abort_is_open),
        cmocka_unit_test(an_abort_without_an_answer_reconnects),
        cmocka_unit_test(a_second_abort_is_answered_by_the_first),
        cmocka_unit_test(bye_delivers_first),
        cmocka_unit_test(discard_leaves_without_bye),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(no_daemon_ends_with_a_sentence),
        cmocka_unit_test(no_welcome_ends_with_a_sentence),
        cmocka_unit_test(the_time_without_a_welcome_is_what_counts),
        cmocka_unit_test(ten_losses_without_progress_end_it),
        cmocka_unit_test(idle_losses_and_announced_ones_are_not_counted),
        cmocka_unit_test(an_error_ends_it),
        cmocka_unit_test(a_flush_needs_no_connection_when_all_is_settled),
        cmocka_unit_test(tokens_are_bounded),
        cmocka_unit_test(bad_configurations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
