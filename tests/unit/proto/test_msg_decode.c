/* test_msg_decode: messages survive encoding and decoding; options, records and lists are walked. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"
#include "tests/unit/proto/msg_samples.h"

static void hello_round_trip(void **state)
{
    (void)state;
    uint8_t out[FRAME_ROOM];
    char errmsg[MSG_ERRMSG];
    struct msg_hello m;
    assert_int_equal(msg_decode_hello(sample_body(MSG_HELLO, out), &m, errmsg), DDBS_OK);
    assert_string_equal(errmsg, "");
    assert_int_equal(m.version_count, 2);
    assert_true(m.versions[0] == 1 && m.versions[1] == 2);
    assert_memory_equal(m.session, SAMPLE_SESSION, MSG_SESSION_BYTES);
    assert_true(span_equal(m.client, TEXT("c 0.1")));
    assert_true(m.pid == 4711);
    assert_true(span_equal(m.table, TEXT("foopojo-supplementary")));
    assert_true(m.discard);
    assert_true(m.max_window == 1 << 20);
    assert_int_equal(m.bad_option.n, 0);
    assert_true(span_equal(m.tags, TEXT("\x81\xa3job\xa1x")));
}

static void hello_without_table_and_options(void **state)
{
    (void)state;
    struct msg_hello in = {.versions = {1}, .version_count = 1};
    struct msg_hello m = {.discard = true, .max_window = 5, .table = TEXT("left over")};
    uint8_t out[FRAME_ROOM];
    char errmsg[MSG_ERRMSG];
    struct mp_writer w = mp_write_open(out, sizeof(out));
    msg_encode_hello(&w, &in);
    assert_int_equal(msg_decode_hello(span_of(out + 4, w.need - 4), &m, errmsg), DDBS_OK);
    assert_int_equal(m.table.n, 0);
    assert_int_equal(m.client.n, 0);
    assert_false(m.discard);
    assert_int_equal(m.max_window, 0);
    assert_true(span_equal(m.tags, TEXT("\x80")));
}

/* HELLO bodies that differ only in their options. */
#define HELLO_HEAD                                                                                                     \
    "\x99\x01\x91\x01\xc4\x10" SAMPLE_SESSION "\xa1"                                                                   \
    "c\x01\xa1t"
#define HELLO_TAIL "\x80\x90"

static void hello_options(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t n;
        const char *bad;
        bool discard;
        uint64_t max_window;
    } cases[] = {
        {BYTES(HELLO_HEAD "\x80" HELLO_TAIL), "", false, 0},
        {BYTES(HELLO_HEAD "\x81\xa6on_eof\xa7"
                          "deliver" HELLO_TAIL),
         "", false, 0},
        {BYTES(HELLO_HEAD "\x81\xa6on_eof\xa7"
                          "discard" HELLO_TAIL),
         "", true, 0},
        {BYTES(HELLO_HEAD "\x81\xaamax_window\xcd\x10\x00" HELLO_TAIL), "", false, 4096},
        {BYTES(HELLO_HEAD "\x81\xa9supersede\xc3" HELLO_TAIL), "supersede", false, 0},
        {BYTES(HELLO_HEAD "\x81\xab"
                          "deadline_ms\x05" HELLO_TAIL),
         "deadline_ms", false, 0},
        {BYTES(HELLO_HEAD "\x83\xa1x\x91\xc0\xa1y\x80\xa6on_eof\xa7"
                          "discard" HELLO_TAIL),
         "x", true, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct msg_hello m;
        char errmsg[MSG_ERRMSG];
        if (msg_decode_hello(span_of(cases[i].body, cases[i].n), &m, errmsg) != DDBS_OK)
            fail_msg("case %zu: %s", i, errmsg);
        assert_true(span_equal(m.bad_option, span_of(cases[i].bad, strlen(cases[i].bad))));
        assert_int_equal(m.discard, cases[i].discard);
        assert_true(m.max_window == cases[i].max_window);
    }
}

static void write_is_walked_record_by_record(void **state)
{
    (void)state;
    uint8_t out[FRAME_ROOM];
    char errmsg[MSG_ERRMSG];
    struct msg_write m;
    struct span body = sample_body(MSG_WRITE, out);
    assert_int_equal(msg_decode_write(body, &m, errmsg), DDBS_OK);
    assert_true(m.first_seq == 300);
    assert_int_equal(m.count, 2);
    struct mp_cursor c = m.records;
    for (uint8_t i = 0; i < 2; i++) {
        const uint8_t *start = NULL;
        const uint8_t *expected_start = c.p;
        uint8_t op = 99;
        assert_int_equal(msg_decode_write_next(&c, &op, &start), DDBS_OK);
        assert_int_equal(op, i == 0 ? OP_PUT : OP_DELETE);
        assert_ptr_equal(start, expected_start);
        assert_ptr_equal(c.p, start + 2);
        assert_int_equal(mp_read_skip(&c), DDBS_OK);
        assert_int_equal(c.p - start, 7);
        assert_int_equal(msg_decode_write_end(&m, &c), i == 0 ? DDBS_E_PROTOCOL_ERROR : DDBS_OK);
    }
}

static void write_with_trailing_elements(void **state)
{
    (void)state;
    static const char body[] = "\x95\x02\x01\x91\x92\x00\x80\xa1x\x91\x05";
    char errmsg[MSG_ERRMSG];
    struct msg_write m;
    const uint8_t *start;
    uint8_t op;
    assert_int_equal(msg_decode_write(span_of(BYTES(body)), &m, errmsg), DDBS_OK);
    struct mp_cursor c = m.records;
    assert_int_equal(msg_decode_write_next(&c, &op, &start), DDBS_OK);
    assert_int_equal(mp_read_skip(&c), DDBS_OK);
    assert_int_equal(msg_decode_write_end(&m, &c), DDBS_OK);
    m.extra = 1; /* one value more than declared */
    assert_int_equal(msg_decode_write_end(&m, &c), DDBS_E_PROTOCOL_ERROR);
    m.extra = 3; /* one value less */
    assert_int_equal(msg_decode_write_end(&m, &c), DDBS_E_PROTOCOL_ERROR);
}

static void pairs_are_exactly_op_and_item(void **state)
{
    (void)state;
    static const struct {
        const char *pair;
        size_t n;
        int op; /* -1: refused */
    } cases[] = {
        {BYTES("\x92\x00\x80"), 0},
        {BYTES("\x92\x01\x80"), 1},
        {BYTES("\x92\x7f\x80"), 127},
        {BYTES("\x92\xcc\xff\x80"), 255},
        {BYTES("\x92\xcd\x01\x00\x80"), -1},
        {BYTES("\x92\xff\x80"), -1},
        {BYTES("\x92\xa0\x80"), -1},
        {BYTES("\x93\x00\x80\x00"), -1},
        {BYTES("\x91\x00"), -1},
        {BYTES("\x90"), -1},
        {BYTES("\x82\x00\x80\x00\x80"), -1},
        {BYTES("\x92\x00"), -1},
        {BYTES(""), -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mp_cursor c = mp_read_open(span_of(cases[i].pair, cases[i].n));
        const uint8_t *start = NULL;
        uint8_t op = 77;
        int err = msg_decode_write_next(&c, &op, &start);
        if (cases[i].op < 0) {
            assert_int_equal(err, DDBS_E_PROTOCOL_ERROR);
            assert_ptr_equal(c.p, cases[i].pair);
            assert_int_equal(op, 77);
        } else {
            assert_int_equal(err, DDBS_OK);
            assert_int_equal(op, cases[i].op);
            assert_ptr_equal(c.p, cases[i].pair + cases[i].n - 1);
        }
    }
}

static void numbers_round_trip(void **state)
{
    (void)state;
    static const struct {
        enum msg_type type;
        uint64_t number[2];
    } cases[] = {
        {MSG_BLOCKED, {70000, 0}},  {MSG_FLUSH, {7, UINT64_MAX}}, {MSG_ABORT, {99, 0}},
        {MSG_CREDIT, {1 << 20, 0}}, {MSG_FLUSHED, {7, 0}},        {MSG_ABORTED, {99, 0}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t out[FRAME_ROOM];
        char errmsg[MSG_ERRMSG];
        union any_message m = {.number = {0, 0}};
        assert_int_equal(decode_any(cases[i].type, sample_body(cases[i].type, out), &m, errmsg), DDBS_OK);
        assert_true(m.number[0] == cases[i].number[0]);
        assert_true(m.number[1] == cases[i].number[1]);
    }
}

static void welcome_round_trip(void **state)
{
    (void)state;
    uint8_t out[FRAME_ROOM];
    char errmsg[MSG_ERRMSG];
    struct msg_welcome m;
    assert_int_equal(msg_decode_welcome(sample_body(MSG_WELCOME, out), &m, errmsg), DDBS_OK);
    assert_true(m.version == 1 && m.epoch == 2 && m.connection == 3);
    assert_true(m.max_frame == 2101248 && m.max_record == 409856 && m.credit == 65536);
    assert_true(span_equal(m.server, TEXT("ddbsidecard 0.1.0")));
}

static void settled_round_trip(void **state)
{
    (void)state;
    uint8_t out[FRAME_ROOM];
    char errmsg[MSG_ERRMSG];
    struct msg_settled m;
    assert_int_equal(msg_decode_settled(sample_body(MSG_SETTLED, out), &m, errmsg), DDBS_OK);
    assert_true(m.upto == 10 && m.superseded == 3);
    assert_int_equal(m.range_count, 2);
    for (int i = 0; i < 2; i++) {
        struct msg_range r;
        assert_int_equal(msg_decode_settled_range(&m.ranges, &r), DDBS_OK);
        assert_true(r.first == sample_ranges[i].first && r.last == sample_ranges[i].last);
    }
    assert_ptr_equal(m.ranges.p, m.ranges.end);
    assert_int_equal(m.failure_count, 2);
    for (int i = 0; i < 2; i++) {
        struct msg_failure f;
        assert_int_equal(msg_decode_settled_failure(&m.failures, &f), DDBS_OK);
        assert_true(f.seq == sample_failures[i].seq);
        assert_int_equal(f.code, sample_failures[i].code);
        assert_true(span_equal(f.message, sample_failures[i].message));
        assert_int_equal(f.maybe_written, sample_failures[i].maybe_written);
    }
    assert_ptr_equal(m.failures.p, m.failures.end);
}

static void settled_elements_of_wrong_shape(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        int range, failure;
    } cases[] = {
        {BYTES("\x92\x05\x05"), DDBS_OK, DDBS_E_PROTOCOL_ERROR},
        {BYTES("\x94\x05\x06\xa1x\x80"), DDBS_OK, DDBS_E_PROTOCOL_ERROR}, /* what follows the known fields is skipped */
        {BYTES("\x92\x06\x05"), DDBS_E_PROTOCOL_ERROR, DDBS_E_PROTOCOL_ERROR}, /* first > last */
        {BYTES("\x91\x05"), DDBS_E_PROTOCOL_ERROR, DDBS_E_PROTOCOL_ERROR},
        {BYTES("\x93\x05\x06\xc1"), DDBS_E_PROTOCOL_ERROR, DDBS_E_PROTOCOL_ERROR},
        {BYTES("\x05"), DDBS_E_PROTOCOL_ERROR, DDBS_E_PROTOCOL_ERROR},
        {BYTES("\x94\x05\xa4"
               "busy\xa1m\xc3"),
         DDBS_E_PROTOCOL_ERROR, DDBS_OK},
        {BYTES("\x95\x05\xa4"
               "busy\xa1m\xc3\x90"),
         DDBS_E_PROTOCOL_ERROR, DDBS_OK},
        {BYTES("\x94\x05\xa3new\xa1m\xc3"), DDBS_E_PROTOCOL_ERROR, DDBS_OK}, /* a code of a later version */
        {BYTES("\x94\x05\xa0\xa1m\xc3"), DDBS_E_PROTOCOL_ERROR, DDBS_E_PROTOCOL_ERROR},
        {BYTES("\x94\x05\xa4"
               "busy\xa1m\x01"),
         DDBS_E_PROTOCOL_ERROR, DDBS_E_PROTOCOL_ERROR},
        {BYTES("\x93\x05\xa4"
               "busy\xa1m"),
         DDBS_E_PROTOCOL_ERROR, DDBS_E_PROTOCOL_ERROR},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct mp_cursor start = mp_read_open(span_of(cases[i].bytes, cases[i].n));
        struct mp_cursor c = start;
        struct msg_range r;
        struct msg_failure f;
        assert_int_equal(msg_decode_settled_range(&c, &r), cases[i].range);
        assert_ptr_equal(c.p, cases[i].range == DDBS_OK ? c.end : start.p);
        c = start;
        assert_int_equal(msg_decode_settled_failure(&c, &f), cases[i].failure);
        assert_ptr_equal(c.p, cases[i].failure == DDBS_OK ? c.end : start.p);
        if (cases[i].failure == DDBS_OK)
            assert_int_equal(f.code, cases[i].bytes[3] == 'b' ? DDBS_E_BUSY : DDBS_E_INTERNAL);
    }
}

static void failure_message_keeps_its_bound(void **state)
{
    (void)state;
    static const char text[MSG_TEXT_MAX + 1];
    for (size_t over = 0; over < 2; over++) {
        uint8_t out[FRAME_ROOM];
        struct msg_failure f;
        struct mp_writer w = mp_write_open(out, sizeof(out));
        mp_write_raw(&w, BYTES("\x94\x05\xa4"
                               "busy"));
        mp_write_str(&w, text, MSG_TEXT_MAX + over);
        mp_write_bool(&w, true);
        struct mp_cursor c = mp_read_open(span_of(out, w.need));
        assert_int_equal(msg_decode_settled_failure(&c, &f), over == 0 ? DDBS_OK : DDBS_E_PROTOCOL_ERROR);
    }
}

static void the_last_sequence_number_may_be_used(void **state)
{
    (void)state;
    char errmsg[MSG_ERRMSG];
    struct msg_write m;
    struct span body = TEXT("\x93\x02\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x91\x92\x00\x80");
    assert_int_equal(msg_decode_write(body, &m, errmsg), DDBS_OK);
    assert_true(m.first_seq == UINT64_MAX);
}

static void texts_round_trip(void **state)
{
    (void)state;
    uint8_t out[FRAME_ROOM];
    char errmsg[MSG_ERRMSG];
    union any_message m;
    assert_int_equal(decode_any(MSG_REQUEST, sample_body(MSG_REQUEST, out), &m, errmsg), DDBS_OK);
    assert_true(m.request.id == 5);
    assert_true(span_equal(m.request.verb, TEXT("flush")));
    assert_true(span_equal(m.request.arguments, TEXT("\x81\xa1t\x05")));
    assert_int_equal(decode_any(MSG_GOAWAY, sample_body(MSG_GOAWAY, out), &m, errmsg), DDBS_OK);
    assert_true(span_equal(m.text, TEXT("draining")));
    assert_int_equal(decode_any(MSG_ERROR, sample_body(MSG_ERROR, out), &m, errmsg), DDBS_OK);
    assert_int_equal(m.error.code, DDBS_E_BUSY);
    assert_true(span_equal(m.error.code_name, TEXT("busy")));
    assert_true(span_equal(m.error.message, TEXT("no place")));
    assert_true(m.error.retryable);
    assert_int_equal(decode_any(MSG_REPLY, sample_body(MSG_REPLY, out), &m, errmsg), DDBS_OK);
    assert_true(m.reply.id == 5 && m.reply.more);
    assert_true(span_equal(m.reply.status, TEXT("ok")));
    assert_true(span_equal(m.reply.payload, TEXT("{\"a\":1}")));
    assert_int_equal(decode_any(MSG_NOTICE, sample_body(MSG_NOTICE, out), &m, errmsg), DDBS_OK);
    assert_true(span_equal(m.notice.reason, TEXT("memory")));
    assert_true(span_equal(m.notice.message, TEXT("wait")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_round_trip),
        cmocka_unit_test(hello_without_table_and_options),
        cmocka_unit_test(hello_options),
        cmocka_unit_test(write_is_walked_record_by_record),
        cmocka_unit_test(write_with_trailing_elements),
        cmocka_unit_test(pairs_are_exactly_op_and_item),
        cmocka_unit_test(numbers_round_trip),
        cmocka_unit_test(welcome_round_trip),
        cmocka_unit_test(settled_round_trip),
        cmocka_unit_test(settled_elements_of_wrong_shape),
        cmocka_unit_test(failure_message_keeps_its_bound),
        cmocka_unit_test(the_last_sequence_number_may_be_used),
        cmocka_unit_test(texts_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
