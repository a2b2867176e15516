/* test_core_input: the daemon's messages, split at any byte, and how the client ends when a daemon breaks the protocol.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/c/core_input.h"
#include "client/c/core_output.h"
#include "daemon/base/rng.h"
#include "proto/be.h"
#include "proto/msg_encode.h"
#include "tests/unit/client/script.h"

static const struct script_options plain;

#define OPEN(credit) "connect\n> HELLO t\n< WELCOME " credit "\n"
#define SENT         OPEN("9999") "put 5 50\nflush\n> WRITE 1-5; FLUSH 5\n"

static void any_cut_reads_the_same(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 70; cut++)
        script_run(
            &(struct script_options){.cut = cut}, SENT
            "< CREDIT 12000\n< NOTICE throttled\n= reason throttled\n< NOTICE none\n= reason \n"
            "< SETTLED 2 4-5 !2:invalid_item !5:rejected s=1\n= counts 1 2 1 0 1\n< SETTLED 5\n= counts 2 2 1 0 0\n"
            "< FLUSHED 5\n= failure 2 invalid_item\n= failure 5 rejected\n= state open\n< ERROR fenced\n"
            "= error fenced\n");
}

/* A line that the daemon must not send after SENT, and the client's error message. */
static void broken_promises_end_it(void **state)
{
    static const struct {
        const char *line;
        const char *says;
    } cases[] = {
        {"< FLUSHED 5", "FLUSHED came before record 1 was settled"},
        {"< FLUSHED 4", "token 4 is not open"},
        {"< SETTLED 6", "record 6 was never sent"},
        {"< SETTLED 0 3-9", "record 9 was never sent"},
        {"< SETTLED 0 !6:rejected", "record 6 was never sent"},
        {"< ABORTED 5", "no ABORT up to 5 is open"},
        {"< WELCOME 5", "a message of type 33 is out of place here"},
        {"< HEX 00 00 00 01 91", "its bytes are no frame"},
        {"< HEX 00 00 00 05 80 22", "its bytes are no frame"},
        {"< HEX 00 01 00 01 92 22", "a frame is longer than 64 KiB"},
        {"< HEX 00 00 00 03 92 22 c0", "CREDIT: "},
        {"< HEX 00 00 00 02 91 01", "a message of type 1 is out of place here"},
        {"< HEX 00 00 00 02 91 28", "a message of type 40 is out of place here"},
        {"< HEX 00 00 00 08 95 23 00 91 92 04 03 90 00", "SETTLED"},
    };
    char text[1024];
    (void)state;
    for (size_t cut = 0; cut < 9; cut += 4)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            snprintf(text, sizeof text,
                     SENT "%s\n= error protocol_error\n= says the daemon broke the protocol: \n= says %s\n"
                          "= says 5 records are not known to be written\n= wants close\n>\n",
                     cases[i].line, cases[i].says);
            script_run(&(struct script_options){.cut = cut}, text);
        }
}

/* A daemon knows only its own requests: what was sent to an earlier one may be written. */
static void failures_after_a_new_epoch_are_maybe_written(void **state)
{
    (void)state;
    script_run(&plain,
               OPEN("9999") "put 2 100\npush\n> WRITE 1-2\neof\nwait 2000\nput 1 100\npush\nconnect\n> HELLO t\n"
                            "< WELCOME 9999 70000 70000 1 8\n> WRITE 1-3\n"
                            "< SETTLED 3 !1:access_denied !2:invalid_item !3:access_denied\n"
                            "= failure 1 access_denied maybe\n= failure 2 invalid_item\n"
                            "= failure 3 access_denied\n");
    script_run(&plain, OPEN("9999") "put 1 100\npush\n> WRITE 1\neof\nwait 2000\n" OPEN(
                           "9999") "> WRITE 1\n< SETTLED 1 !1:access_denied\n= failure 1 access_denied\n");
}

static void a_bad_welcome_ends_it(void **state)
{
    (void)state;
    script_run(&plain, "connect\n> HELLO t\n< WELCOME 5 4095\n= error protocol_error\n= says max_frame\n");
    script_run(&plain, "connect\n> HELLO t\n< WELCOME 5 4096 4095\n= error protocol_error\n");
    script_run(&plain, "connect\n> HELLO t\n< WELCOME 5 4096 4096 2\n= error unsupported_version\n= says version 2\n");
    script_run(&plain, "connect\n< WELCOME 5\n= error protocol_error\n= says before HELLO\n");
    script_run(&plain, "connect\n< CREDIT 5\n= error protocol_error\n= says before WELCOME\n");
    script_run(&plain, "connect\n< ERROR not_permitted\n= error not_permitted\n= says because\n= wants close\n");
}

static void types_of_64_and_above_are_ignored(void **state)
{
    (void)state;
    script_run(&plain, SENT
               "< HEX 00 00 00 02 91 40\n< HEX 00 00 00 04 92 7f a1 78\n= state open\n< SETTLED 5\n= done 5 yes\n");
}

static void nothing_is_read_after_the_end(void **state)
{
    (void)state;
    script_run(&plain, SENT "< ERROR fenced\n< SETTLED 5\n= counts 0 0 0 0 5\n");
}

static struct rng rng;

static uint64_t below(uint64_t bound)
{
    return rng_below(&rng, bound);
}

/* For any bytes: no crash, and the counters balance. */
static void random_bytes_are_survived(void **state)
{
    static const uint8_t types[] = {33, 34, 35, 36, 37, 38, 39, 41, 64, 40};
    struct core_config config = {.table = span_of("t", 1), .client = span_of("x", 1), .connect_timeout_ms = 1000};
    struct span spans[CORE_SPANS];
    uint8_t bytes[64], welcome[64];
    uint64_t seq, token;
    (void)state;
    rng_seed(&rng, 1);
    for (int round = 0; round < 20000; round++) {
        struct mp_writer w = mp_write_open(welcome, sizeof welcome);
        struct client_core c;
        assert_int_equal(core_init(&c, &config, 0), 0);
        core_connected(&c, 0);
        msg_encode_welcome(
            &w, &(struct msg_welcome){.version = 1, .max_frame = 65536, .max_record = 65536, .credit = 9999});
        while (core_output(&c, spans) > 0)
            core_output_sent(&c, spans[0].n);
        core_input_bytes(&c, 0, span_of(welcome, w.need));
        for (int i = 0; i < 3; i++)
            assert_int_equal(core_put(&c, 0, OP_PUT, span_of("\x80", 1), &seq), 0);
        assert_int_equal(core_flush(&c, &token), 0);
        while (core_output(&c, spans) > 0)
            core_output_sent(&c, spans[0].n);
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(below(4) == 0 ? below(256) : 0x90 + below(8));
        be_store32(bytes, (uint32_t)(below(24) + 2));
        bytes[4] = (uint8_t)(0x90 + below(8));
        bytes[5] = types[below(sizeof types)];
        core_input_bytes(&c, 0, span_of(bytes, below(sizeof bytes) + 1));
        assert_true(c.counts.put ==
                    c.counts.written + c.counts.failed + c.counts.superseded + c.counts.aborted + c.counts.unsettled);
        assert_true(c.counts.unsettled == c.store.unsettled);
        core_fini(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_reads_the_same),
        cmocka_unit_test(broken_promises_end_it),
        cmocka_unit_test(failures_after_a_new_epoch_are_maybe_written),
        cmocka_unit_test(a_bad_welcome_ends_it),
        cmocka_unit_test(types_of_64_and_above_are_ignored),
        cmocka_unit_test(nothing_is_read_after_the_end),
        cmocka_unit_test(random_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
