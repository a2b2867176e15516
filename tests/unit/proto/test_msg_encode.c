/* test_msg_encode: exact bytes of every message, headers, cut texts, and writers that are too small. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/be.h"
#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"
#include "tests/unit/proto/msg_samples.h"

static void every_frame_says_its_length_and_type(void **state)
{
    (void)state;
    uint8_t out[FRAME_ROOM];
    for (int i = 0; i <= DECODED_TYPES; i++) {
        enum msg_type type = i < DECODED_TYPES ? decoded_types[i] : MSG_BYE;
        size_t n = encode_sample(type, out);
        struct frame_head head;
        assert_int_equal(frame_peek(span_of(out, n), &head), DDBS_OK);
        assert_int_equal(head.type, type);
        assert_int_equal(head.body, n - FRAME_HEADER);
    }
}

static void frames_are_exactly_these_bytes(void **state)
{
    (void)state;
    static const struct {
        enum msg_type type;
        const char *bytes;
        size_t n;
    } cases[] = {
        {MSG_HELLO, BYTES("\x00\x00\x00\x5e\x99\x01\x92\x01\x02\xc4\x10" SAMPLE_SESSION "\xa5"
                          "c 0.1\xcd\x12\x67\xb5"
                          "foopojo-supplementary\x82\xa6on_eof\xa7"
                          "discard\xaamax_window\xce\x00\x10\x00\x00\x81\xa3job\xa1x\x90")},
        {MSG_WRITE, BYTES("\x00\x00\x00\x14\x93\x02\xcd\x01\x2c\x92\x92\x00\x81\xa1k\xa1v\x92\x01\x81\xa1k\xa1w")},
        {MSG_BLOCKED, BYTES("\x00\x00\x00\x07\x92\x03\xce\x00\x01\x11\x70")},
        {MSG_FLUSH, BYTES("\x00\x00\x00\x0c\x93\x04\x07\xcf\xff\xff\xff\xff\xff\xff\xff\xff")},
        {MSG_ABORT, BYTES("\x00\x00\x00\x03\x92\x05\x63")},
        {MSG_BYE, BYTES("\x00\x00\x00\x02\x91\x06")},
        {MSG_REQUEST, BYTES("\x00\x00\x00\x0d\x94\x07\x05\xa5"
                            "flush\x81\xa1t\x05")},
        {MSG_CREDIT, BYTES("\x00\x00\x00\x07\x92\x22\xce\x00\x10\x00\x00")},
        {MSG_SETTLED, BYTES("\x00\x00\x00\x34\x95\x23\x0a\x92\x92\x0c\x0f\x92\x11\x11\x92\x94\x0b\xaeitem_too_large\xa9"
                            "too large\xc2\x94\x10\xa7"
                            "aborted\xa0\xc3\x03")},
        {MSG_FLUSHED, BYTES("\x00\x00\x00\x03\x92\x24\x07")},
        {MSG_ABORTED, BYTES("\x00\x00\x00\x03\x92\x25\x63")},
        {MSG_GOAWAY, BYTES("\x00\x00\x00\x0b\x92\x26\xa8"
                           "draining")},
        {MSG_ERROR, BYTES("\x00\x00\x00\x11\x94\x27\xa4"
                          "busy\xa8no place\xc3")},
        {MSG_REPLY, BYTES("\x00\x00\x00\x10\x95\x28\x05\xc3\xa2ok\xc4\x07{\"a\":1}")},
        {MSG_NOTICE, BYTES("\x00\x00\x00\x0e\x93\x29\xa6memory\xa4wait")},
    };
    uint8_t out[FRAME_ROOM];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = encode_sample(cases[i].type, out);
        if (n != cases[i].n || memcmp(out, cases[i].bytes, n) != 0)
            print_message("type %d\n", (int)cases[i].type);
        assert_int_equal(n, cases[i].n);
        assert_memory_equal(out, cases[i].bytes, n);
    }
}

static void too_small_measures_and_touches_nothing(void **state)
{
    (void)state;
    const struct msg_failure failure = {1, DDBS_E_REJECTED, TEXT("why"), true};
    const struct msg_range range = {2, 3};
    const struct msg_outcomes outcomes = {9, &range, 1, &failure, 1, 0};
    struct mp_writer w = mp_write_open(NULL, 0);
    msg_encode_settled(&w, &outcomes);
    size_t need = w.need;
    for (size_t cap = 0; cap <= need; cap++) {
        uint8_t *out = malloc(cap + 1);
        assert_non_null(out);
        memset(out, 0xa5, cap + 1);
        w = mp_write_open(out, cap);
        msg_encode_settled(&w, &outcomes);
        assert_int_equal(w.need, need);
        assert_int_equal(mp_write_fits(&w), cap == need);
        assert_int_equal(out[cap], 0xa5);
        free(out);
    }
}

static void frames_stand_behind_each_other(void **state)
{
    (void)state;
    uint8_t out[64];
    struct mp_writer w = mp_write_open(out, sizeof(out));
    msg_encode_flushed(&w, 1);
    msg_encode_bye(&w);
    msg_encode_credit(&w, 200);
    assert_int_equal(w.need, 7 + 6 + 8);
    assert_memory_equal(out, "\0\0\0\x03\x92\x24\x01\0\0\0\x02\x91\x06\0\0\0\x04\x92\x22\xcc\xc8", w.need);
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    static const struct {
        size_t ascii;       /* leading letters */
        const char *behind; /* one character, repeated */
        size_t kept;
    } cases[] = {
        {MSG_TEXT_MAX - 1, "", MSG_TEXT_MAX - 1},
        {MSG_TEXT_MAX, "", MSG_TEXT_MAX},
        {MSG_TEXT_MAX + 1, "", MSG_TEXT_MAX},
        {MSG_TEXT_MAX - 1, "\xc3\xa9\xc3\xa9", MSG_TEXT_MAX - 1},
        {MSG_TEXT_MAX - 2, "\xc3\xa9\xc3\xa9", MSG_TEXT_MAX},
        {MSG_TEXT_MAX - 3, "\xf0\x9f\x92\xa7", MSG_TEXT_MAX - 3},
        {MSG_TEXT_MAX - 4, "\xf0\x9f\x92\xa7\xf0", MSG_TEXT_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[MSG_TEXT_MAX + 16];
        memset(text, 'a', cases[i].ascii);
        memcpy(text + cases[i].ascii, cases[i].behind, strlen(cases[i].behind) + 1);
        uint8_t out[FRAME_ROOM];
        char errmsg[MSG_ERRMSG];
        struct msg_error m;
        struct mp_writer w = mp_write_open(out, sizeof(out));
        msg_encode_error(&w, DDBS_E_INTERNAL, text);
        assert_int_equal(msg_decode_error(span_of(out + 4, w.need - 4), &m, errmsg), DDBS_OK);
        assert_int_equal(m.message.n, cases[i].kept);
        assert_memory_equal(m.message.p, text, m.message.n);
    }
}

static void write_head_keeps_its_bound(void **state)
{
    (void)state;
    uint8_t out[MSG_WRITE_HEAD];
    struct mp_writer w = mp_write_open(out, sizeof(out));
    msg_encode_write_head(&w, UINT64_MAX, UINT32_MAX, 1000);
    assert_true(mp_write_fits(&w));
    assert_int_equal(w.need, MSG_WRITE_HEAD);
    assert_int_equal(be_load32(out), MSG_WRITE_HEAD - 4 + 1000);
    w = mp_write_open(out, sizeof(out));
    msg_encode_write_head(&w, 1, 1, 0);
    assert_int_equal(w.need, 4 + 4);
}

static void error_carries_the_lists_word(void **state)
{
    (void)state;
    for (int code = -1; code >= -DDBS_E_COUNT_; code--) {
        uint8_t out[FRAME_ROOM];
        char errmsg[MSG_ERRMSG];
        struct msg_error m;
        struct mp_writer w = mp_write_open(out, sizeof(out));
        msg_encode_error(&w, code, err_text(code));
        assert_int_equal(msg_decode_error(span_of(out + 4, w.need - 4), &m, errmsg), DDBS_OK);
        assert_int_equal(m.code, code);
        assert_int_equal(m.retryable, err_retryable(code));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_says_its_length_and_type),   cmocka_unit_test(frames_are_exactly_these_bytes),
        cmocka_unit_test(too_small_measures_and_touches_nothing), cmocka_unit_test(frames_stand_behind_each_other),
        cmocka_unit_test(long_texts_are_cut_between_characters),  cmocka_unit_test(write_head_keeps_its_bound),
        cmocka_unit_test(error_carries_the_lists_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
