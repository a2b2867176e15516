/* test_answer: relevant headers, bodies up to a maximum, failing allocations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/http/answer.h"

static void header(struct answer *a, const char *line)
{
    answer_header(a, line, strlen(line));
}

static void headers_are_read(void **state)
{
    (void)state;
    struct answer a;
    answer_init(&a, 100);
    header(&a, "HTTP/1.1 200 OK\r\n");
    header(&a, "X-Amz-CRC32: 2745614147\r\n");
    header(&a, "x-amzn-RequestId:ABC  \r\n");
    header(&a, "x-amzn-ErrorType: Foo:http://x\r\n");
    header(&a, "x-amz-retry-after: 1500\r\n");
    header(&a, "Date: Thu, 01 Jan 1970 00:01:40 GMT\r\n");
    header(&a, "\r\n");
    struct response r = answer_response(&a, 200);
    assert_int_equal(r.transport, TRANSPORT_OK);
    assert_int_equal(r.status, 200);
    assert_true(r.crc_given);
    assert_int_equal(r.crc, 2745614147u);
    assert_memory_equal(r.request_id.p, "ABC", 3);
    assert_int_equal(r.request_id.n, 3);
    assert_memory_equal(r.error_type.p, "Foo:http://x", r.error_type.n);
    assert_int_equal(r.retry_after_ms, 1500);
    assert_int_equal(a.date_s, 100);
    /* A second status line starts a new answer. */
    header(&a, "HTTP/1.1 500 Oops\r\n");
    r = answer_response(&a, 500);
    assert_false(r.crc_given);
    assert_int_equal(r.request_id.n, 0);
    assert_int_equal(r.retry_after_ms, 0);
    assert_int_equal(a.date_s, 0);
    answer_fini(&a);
}

static void bad_headers_count_as_none(void **state)
{
    (void)state;
    static const char *const LINES[] = {
        "x-amz-crc32: ",
        "x-amz-crc32: -1",
        "x-amz-crc32: 4294967296",
        "x-amz-crc32: 12a",
        "x-amz-retry-after: 1.5",
        "x-amz-retry-after: 99999999999999999999",
        "Date: yesterday",
        "no colon here",
        ":",
        "",
    };
    struct answer a;
    char longest[2000];
    answer_init(&a, 100);
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++)
        header(&a, LINES[i]);
    assert_false(a.crc_given);
    assert_int_equal(a.retry_after_ms, 0);
    assert_int_equal(a.date_s, 0);
    /* An id that is too long is cut; an overlong line is ignored. */
    snprintf(longest, sizeof longest, "x-amzn-requestid: %0100d", 1);
    header(&a, longest);
    assert_int_equal(strlen(a.request_id), sizeof a.request_id - 1);
    snprintf(longest, sizeof longest, "x-amzn-errortype: %01900d", 1);
    header(&a, longest);
    assert_string_equal(a.error_type, "");
    answer_fini(&a);
}

static void bodies_grow_to_the_maximum(void **state)
{
    (void)state;
    static char piece[1000];
    struct answer a;
    memset(piece, 'x', sizeof piece);
    answer_init(&a, 2500);
    assert_true(answer_body(&a, piece, 1000));
    assert_true(answer_body(&a, piece, 1000));
    assert_true(answer_body(&a, piece, 500));
    assert_int_equal(answer_response(&a, 200).body.n, 2500);
    assert_false(a.too_long);
    assert_false(answer_body(&a, piece, 1));
    assert_true(a.too_long);
    answer_reset(&a);
    assert_false(a.too_long);
    assert_int_equal(answer_response(&a, 200).body.n, 0);
    assert_true(answer_body(&a, piece, 1000));
    answer_fini(&a);
    assert_int_equal(mem_live(), 0);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct answer a;
    answer_init(&a, 2500);
    mem_fail_nth(1);
    assert_false(answer_body(&a, "x", 1));
    assert_true(a.no_memory);
    assert_true(answer_body(&a, "x", 1));
    answer_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read),
        cmocka_unit_test(bad_headers_count_as_none),
        cmocka_unit_test(bodies_grow_to_the_maximum),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
