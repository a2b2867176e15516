/* test_core_output: what is sent, in which order, and never beyond the credit or the daemon's limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/client/script.h"

static const struct script_options plain;

#define OPEN(credit) "connect\n> HELLO t\n< WELCOME " credit "\n"
#define LOSE         "eof\n= state waiting\nwait 2000\n"

static void records_wait_for_company_but_not_for_ever(void **state)
{
    (void)state;
    script_run(&plain, OPEN("100000") "put 1 100\n>\n= deadline 10005\nwait 4\n>\nput 1 100\n>\nwait 1\n> WRITE 1-2\n"
                                      "= deadline none\n");
    /* the next put notices that the wait is over */
    script_run(&plain, OPEN("100000") "put 1 100\nwait 3\n>\nput 1 100\n>\n");
    /* 32 KiB are sent without waiting */
    script_run(
        &plain,
        OPEN("1000000") "put 31 1024\n>\nput 1 1024\n> WRITE 1-3; WRITE 4-6; WRITE 7-13; WRITE 14-28; WRITE 29-32\n");
}

static void frames_hold_64_KiB_and_larger_records_go_alone(void **state)
{
    (void)state;
    script_run(
        &plain,
        "put 192 1000\npush\n" OPEN(
            "1000000") "> WRITE 1-4; WRITE 5-8; WRITE 9-16; WRITE 17-32; WRITE 33-64; WRITE 65-129; WRITE 130-192\n");
    script_run(&plain, OPEN("1000000") "put 1 100\nput 1 200000\nput 1 100\npush\n> WRITE 1; WRITE 2; WRITE 3\n");
}

static void a_begun_frame_is_finished_first(void **state)
{
    (void)state;
    script_run(&plain, OPEN("100000") "put 2 100\npush\nsend 7\nput 1 100\nflush\nsend 50\nabort\n"
                                      "> WRITE 1-2; ABORT 2\n= counts 0 0 0 1 2\n");
}

static void credit_is_never_exceeded(void **state)
{
    (void)state;
    /* a record of 100 bytes costs 356 */
    script_run(&plain, OPEN("1100") "put 5 100\npush\n> WRITE 1-3; BLOCKED 356\n>\n< CREDIT 1100\n>\n< CREDIT 1300\n>\n"
                                    "< CREDIT 1424\n> WRITE 4; BLOCKED 356\n< CREDIT 9999\n> WRITE 5\n");
    /* no BLOCKED for a record that is not due yet */
    script_run(&plain, OPEN("100") "put 1 100\n>\nwait 5\n> BLOCKED 356\nflush\n>\n< CREDIT 356\n> WRITE 1; FLUSH 1\n");
    /* the waiting record is withdrawn: the next one, larger, sends its own BLOCKED */
    script_run(&plain, OPEN("100") "put 1 100\npush\n> BLOCKED 356\nabort\nput 1 200\npush\n> BLOCKED 456\n>\n");
    /* a lower limit is ignored, counters start at 0 on the next connection */
    script_run(&plain, OPEN("712") "put 3 100\npush\n> WRITE 1-2; BLOCKED 356\n< CREDIT 5\n>\n" LOSE OPEN(
                           "356") "> WRITE 1; BLOCKED 356\n");
}

static void goaway_stops_writes_only(void **state)
{
    (void)state;
    script_run(&plain, OPEN("100000") "put 2 100\npush\n> WRITE 1-2\n< GOAWAY\nflush\n> FLUSH 2\nput 1 100\npush\n>\n"
                                      "< SETTLED 2\n= done 2 yes\n< FLUSHED 2\n" LOSE OPEN("100000") "> WRITE 3\n");
}

static void limits_of_the_daemon_are_kept(void **state)
{
    (void)state;
    /* max_frame 8192, max_record 5000: frames stay below the first, a larger record fails here, alone */
    script_run(&plain,
               "put 20 1000\nput 1 6000\nput 1 100\nflush\nconnect\n> HELLO t\n< WELCOME 1000000 8192 5000\n"
               "> WRITE 1-4; WRITE 5-8; WRITE 9-16; WRITE 17-20; WRITE 22; FLUSH 22\n= failure 21 item_too_large\n"
               "= counts 0 1 0 0 21\nreject 6000 item_too_large\n");
    script_run(
        &plain,
        "connect\n> HELLO t\n< WELCOME 1000000 4096 4096\nput 8 1020\npush\n> WRITE 1-3; WRITE 4-6; WRITE 7-8\n");
    script_run(&plain, "reject 2200000 item_too_large\n");
}

static void a_flush_follows_its_records(void **state)
{
    (void)state;
    script_run(&plain, OPEN("356") "put 1 100\nflush\nput 1 100\nflush\n> WRITE 1; FLUSH 1; BLOCKED 356\n< CREDIT 712\n"
                                   "> WRITE 2; FLUSH 2\n< SETTLED 2\n< FLUSHED 1\n< FLUSHED 2\n= state open\n");
    /* two flushes of the same records: one token */
    script_run(&plain, OPEN("9999") "put 1 100\nflush\n> WRITE 1; FLUSH 1\nflush\n>\n");
}

static void nothing_goes_out_before_the_welcome(void **state)
{
    (void)state;
    script_run(&plain, "put 1 100\nflush\n>\nconnect\n> HELLO t\nflush\npush\n>\n< GOAWAY\n>\n< WELCOME 9999\n>\n");
}

static void nothing_goes_out_after_an_error(void **state)
{
    (void)state;
    script_run(&plain, OPEN("9999") "put 1 100\npush\n< ERROR busy\n>\n= wants close\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_wait_for_company_but_not_for_ever),
        cmocka_unit_test(frames_hold_64_KiB_and_larger_records_go_alone),
        cmocka_unit_test(a_begun_frame_is_finished_first),
        cmocka_unit_test(credit_is_never_exceeded),
        cmocka_unit_test(goaway_stops_writes_only),
        cmocka_unit_test(limits_of_the_daemon_are_kept),
        cmocka_unit_test(a_flush_follows_its_records),
        cmocka_unit_test(nothing_goes_out_before_the_welcome),
        cmocka_unit_test(nothing_goes_out_after_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
