/* test_frame: parsing of a frame's first bytes, and each type's limit. */
#include "proto/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/msg.h"

static void peek_reads_length_and_type(void **state)
{
    (void)state;
    static const struct {
        uint8_t in[6];
        uint32_t body;
        uint8_t type;
    } cases[] = {
        {{0, 0, 0, 2, 0x91, 6}, 2, 6},
        {{0, 0, 0, 5, 0x93, 4}, 5, 4},
        {{0x00, 0x20, 0x10, 0x00, 0x9f, 0x7f}, 0x201000, 0x7f},
        {{0xff, 0xff, 0xff, 0xff, 0x92, 0x00}, UINT32_MAX, 0}, /* the caller checks the limit */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frame_head head = {0};
        assert_int_equal(frame_peek(span_of(cases[i].in, 6), &head), DDBS_OK);
        assert_true(head.body == cases[i].body);
        assert_int_equal(head.type, cases[i].type);
    }
}

static void peek_asks_for_more_while_undecided(void **state)
{
    (void)state;
    static const uint8_t in[] = {0, 0, 0, 2, 0x91, 6};
    for (size_t n = 0; n < sizeof(in); n++) {
        struct frame_head head = {.body = 77, .type = 78};
        assert_int_equal(frame_peek(span_of(in, n), &head), 1);
        assert_int_equal(head.body, 77);
        assert_int_equal(head.type, 78);
    }
}

static void peek_refuses_as_soon_as_it_can(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t in[6];
        size_t decided_at; /* number of bytes after which it is an error */
    } cases[] = {
        {"body of 0", {0, 0, 0, 0, 0x91, 1}, 4},
        {"body of 1", {0, 0, 0, 1, 0x91, 1}, 4},
        {"empty array", {0, 0, 0, 9, 0x90, 1}, 5},
        {"array16", {0, 0, 0, 9, 0xdc, 0}, 5},
        {"map", {0, 0, 0, 9, 0x82, 1}, 5},
        {"string", {0, 0, 0, 9, 0xa2, 1}, 5},
        {"type is uint8", {0, 0, 0, 9, 0x92, 0xcc}, 6},
        {"type is negative", {0, 0, 0, 9, 0x92, 0xff}, 6},
        {"type is nil", {0, 0, 0, 9, 0x92, 0xc0}, 6},
        {"type is 0x80", {0, 0, 0, 9, 0x92, 0x80}, 6},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t n = 0; n <= 6; n++) {
            struct frame_head head = {.body = 77, .type = 78};
            int want = n < cases[i].decided_at ? 1 : DDBS_E_PROTOCOL_ERROR;
            if (frame_peek(span_of(cases[i].in, n), &head) != want)
                fail_msg("%s, %zu bytes", cases[i].what, n);
            assert_int_equal(head.body, 77);
        }
    }
}

static void limits_by_type(void **state)
{
    (void)state;
    enum { WRITE_MAX = 123456 };
    for (int type = 0; type < 256; type++) {
        uint32_t want = 0;
        if (type == MSG_HELLO)
            want = 16 * 1024;
        else if (type == MSG_WRITE)
            want = WRITE_MAX;
        else if (type >= MSG_BLOCKED && type <= MSG_REQUEST)
            want = 4 * 1024;
        assert_int_equal(frame_client_max((uint8_t)type, WRITE_MAX), want);
    }
    assert_int_equal(FRAME_WRITE_MAX, 2 * 1024 * 1024 + 4096);
}

static void header_is_big_endian(void **state)
{
    (void)state;
    uint8_t out[FRAME_HEADER];
    frame_put_header(out, 0x01020304);
    assert_memory_equal(out, "\x01\x02\x03\x04", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peek_reads_length_and_type),     cmocka_unit_test(peek_asks_for_more_while_undecided),
        cmocka_unit_test(peek_refuses_as_soon_as_it_can), cmocka_unit_test(limits_by_type),
        cmocka_unit_test(header_is_big_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
