/* test_lane: the lane with transfer and multi, against a scripted server. Every test ends without leaks: the main loop
 * closes, no descriptor or memory block is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "daemon/base/mem.h"
#include "proto/err.h"
#include "tests/unit/http/lane_rig.h"

static void a_batch_is_written(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    char value[512];
    rig_open(&r, ACTS, 1, 5000, 64);
    rig_submit(&r, 0, 1);
    rig_wait(&r, 1);
    assert_int_equal(r.results[0].outcome, JOB_DONE);
    assert_false(r.results[0].unprocessed[0]);
    assert_string_equal(r.results[0].request_id, "REQ-1");
    http_script_header(&r.server, "Expect:", value, sizeof value);
    assert_string_equal(value, "");
    http_script_header(&r.server, "Accept:", value, sizeof value);
    assert_string_equal(value, "");
    http_script_header(&r.server, "X-Amz-Target:", value, sizeof value);
    assert_string_equal(value, "DynamoDB_20120810.BatchWriteItem");
    http_script_header(&r.server, "Host:", value, sizeof value);
    assert_string_equal(value, r.endpoint.host);
    http_script_header(&r.server, "Authorization:", value, sizeof value);
    assert_int_equal(strncmp(value, "AWS4-HMAC-SHA256 Credential=AKID/", 33), 0);
    rig_close(&r);
}

/* A server that accepts and stays silent: each of five sequential requests must end by its timeout, although no other
 * transfer drives curl. */
static void silence_ends_by_the_timeout(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_SILENT};
    struct rig r;
    rig_open(&r, ACTS, 1, 100, 64);
    for (int i = 0; i < 5; i++) {
        rig_submit(&r, i, 1);
        rig_wait(&r, i + 1);
        assert_int_equal(r.results[i].outcome, JOB_TRANSIENT);
        assert_true(r.results[i].maybe_written);
        assert_non_null(strstr(r.results[i].text, "no answer from 127.0.0.1:"));
        assert_non_null(strstr(r.results[i].text, "within 100 ms"));
    }
    rig_close(&r);
}

static void a_broken_answer_is_transient(void **state)
{
    (void)state;
    static const struct {
        enum act act;
        const char *say;
        uint32_t retry_after_ms;
    } CASES[] = {
        {ACT_RESET, "the connection to 127.0.0.1:", 0},
        {ACT_TRUNCATE, "the connection to 127.0.0.1:", 0},
        {ACT_LONG, "longer than the 4096 bytes", 0},
        {ACT_BAD_CRC, "", 0},
        {ACT_BUSY, "", 1500},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct rig r;
        enum act acts[] = {CASES[i].act, ACT_OK};
        rig_open(&r, acts, 2, 5000, 64);
        rig_submit(&r, 0, 1);
        rig_wait(&r, 1);
        assert_int_equal(r.results[0].outcome, JOB_TRANSIENT);
        assert_true(r.results[0].maybe_written);
        assert_int_equal(r.results[0].retry_after_ms, CASES[i].retry_after_ms);
        if (strstr(r.results[0].text, CASES[i].say) == NULL)
            fail_msg("case %zu: %s", i, r.results[0].text);
        /* The same handle serves the next request. */
        rig_submit(&r, 1, 1);
        rig_wait(&r, 2);
        assert_int_equal(r.results[1].outcome, JOB_DONE);
        rig_close(&r);
    }
}

static void an_endpoint_that_has_answered_is_not_suspected_of_https(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK, ACT_RESET};
    static const enum act NEVER[] = {ACT_RESET};
    struct rig r;
    rig_open(&r, ACTS, 2, 5000, 64);
    for (int i = 0; i < 2; i++) {
        rig_submit(&r, i, 1);
        rig_wait(&r, i + 1);
    }
    assert_int_equal(r.results[0].outcome, JOB_DONE);
    assert_int_equal(r.results[1].outcome, JOB_TRANSIENT);
    assert_null(strstr(r.results[1].text, "https"));
    rig_close(&r);
    rig_open(&r, NEVER, 1, 5000, 64);
    rig_submit(&r, 0, 1);
    rig_wait(&r, 1);
    assert_non_null(strstr(r.results[0].text, "is https:// meant in the endpoint?"));
    rig_close(&r);
}

static void nobody_listening_is_unreachable(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK_END};
    struct rig r;
    rig_open(&r, ACTS, 1, 5000, 64);
    rig_submit(&r, 0, 1);
    rig_wait(&r, 1);
    assert_int_equal(r.results[0].outcome, JOB_DONE);
    rig_serve_no_more(&r);
    /* On a reused handle: bytes sent earlier must not count now. */
    rig_submit(&r, 1, 1);
    rig_wait(&r, 2);
    assert_int_equal(r.results[1].outcome, JOB_UNREACHABLE);
    assert_false(r.results[1].maybe_written);
    assert_non_null(strstr(r.results[1].text, "no connection to 127.0.0.1:"));
    rig_close(&r);
}

static void connections_are_used_again(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    rig_open(&r, ACTS, 1, 5000, 4);
    for (int round = 1; round <= 5; round++) {
        memset(r.done, 0, sizeof r.done);
        r.done_count = 0;
        rig_submit(&r, 0, JOBS);
        rig_wait(&r, JOBS);
        for (int i = 0; i < JOBS; i++)
            assert_int_equal(r.results[i].outcome, JOB_DONE);
    }
    assert_int_equal(http_script_requests(&r.server), 5 * JOBS);
    assert_in_range(http_script_connections(&r.server), 1, 4);
    rig_close(&r);
}

/* The peer closes an idle connection that is still polled: no spin, and the next request opens a new one. */
static void a_closed_idle_connection_is_replaced(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK_END};
    struct rig r;
    rig_open(&r, ACTS, 1, 5000, 4);
    for (int i = 0; i < 20; i++) {
        rig_submit(&r, i, 1);
        rig_wait(&r, i + 1);
        assert_int_equal(r.results[i].outcome, JOB_DONE);
        while (http_script_ended(&r.server) < i + 1)
            uv_run(&r.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(http_script_connections(&r.server), 20);
    rig_close(&r);
}

/* An answer sent before a reset counts: a service may refuse a request early and reset. */
static void an_answer_before_a_reset_is_read(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK_RESET};
    struct rig r;
    rig_open(&r, ACTS, 1, 5000, 4);
    for (int i = 0; i < JOBS; i++) {
        rig_submit(&r, i, 1);
        rig_wait(&r, i + 1);
        if (r.results[i].outcome != JOB_DONE)
            fail_msg("request %d: %s", i, r.results[i].text);
        while (http_script_ended(&r.server) < i + 1)
            uv_run(&r.loop, UV_RUN_NOWAIT);
    }
    rig_close(&r);
}

static void a_wrong_clock_is_corrected_once(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_SKEW, ACT_OK, ACT_SKEW};
    struct rig r;
    char first[64], second[64];
    rig_open(&r, ACTS, 3, 5000, 4);
    rig_submit(&r, 0, 1);
    rig_wait(&r, 1);
    assert_int_equal(r.results[0].outcome, JOB_DONE);
    assert_int_equal(http_script_requests(&r.server), 2);
    http_script_header(&r.server, "X-Amz-Date:", first, sizeof first);
    /* Refused although the clock matches the answer's: the clock is not the cause. */
    rig_submit(&r, 1, 1);
    rig_wait(&r, 2);
    assert_int_equal(r.results[1].outcome, JOB_CREDENTIALS);
    assert_int_equal(http_script_requests(&r.server), 3);
    http_script_header(&r.server, "X-Amz-Date:", second, sizeof second);
    /* Both an hour ahead: the offset is kept, and measured against the local clock. */
    time_t now = time(NULL) + 3600;
    struct tm tm;
    char hour[32];
    strftime(hour, sizeof hour, "%Y%m%dT%H", gmtime_r(&now, &tm));
    now -= 60;
    char hour_before[32];
    strftime(hour_before, sizeof hour_before, "%Y%m%dT%H", gmtime_r(&now, &tm));
    assert_true(strncmp(first, hour, 11) == 0 || strncmp(first, hour_before, 11) == 0);
    assert_true(strncmp(second, hour, 11) == 0 || strncmp(second, hour_before, 11) == 0);
    rig_close(&r);
}

static void stopping_completes_what_is_open(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_SILENT};
    struct rig r;
    rig_open(&r, ACTS, 1, 60000, 2);
    rig_submit(&r, 0, 5);
    while (http_script_requests(&r.server) < 2)
        uv_run(&r.loop, UV_RUN_NOWAIT);
    rig_close(&r);
    assert_int_equal(r.done_count, 5);
    int maybe = 0;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(r.results[i].outcome, JOB_TRANSIENT);
        maybe += r.results[i].maybe_written;
    }
    assert_int_equal(maybe, 2);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    for (uint64_t n = 1; n <= 12; n++) {
        rig_open(&r, ACTS, 1, 5000, 4);
        mem_fail_nth(n);
        int rc = lane_submit(r.lane, rig_job(&r, 0));
        lane_wake(r.lane);
        if (rc == DDBS_OK) {
            rig_wait(&r, 1);
            assert_true(r.results[0].outcome == JOB_DONE || r.results[0].outcome == JOB_TRANSIENT ||
                        r.results[0].outcome == JOB_UNREACHABLE);
        } else {
            assert_int_equal(rc, DDBS_E_OUT_OF_MEMORY);
        }
        mem_fail_nth(0);
        rig_close(&r);
    }
}

static void starting_may_fail(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    struct lane *other = NULL;
    rig_open(&r, ACTS, 1, 1000, 4);
    mem_fail_nth(1);
    assert_int_equal(lane_start(&r.params, &other), DDBS_E_OUT_OF_MEMORY);
    assert_null(other);
    mem_fail_nth(0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_written),
        cmocka_unit_test(silence_ends_by_the_timeout),
        cmocka_unit_test(a_broken_answer_is_transient),
        cmocka_unit_test(an_endpoint_that_has_answered_is_not_suspected_of_https),
        cmocka_unit_test(nobody_listening_is_unreachable),
        cmocka_unit_test(connections_are_used_again),
        cmocka_unit_test(a_closed_idle_connection_is_replaced),
        cmocka_unit_test(an_answer_before_a_reset_is_read),
        cmocka_unit_test(a_wrong_clock_is_corrected_once),
        cmocka_unit_test(stopping_completes_what_is_open),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(starting_may_fail),
    };
    return cmocka_run_group_tests(tests, rig_libraries_warm_up, NULL);
}
