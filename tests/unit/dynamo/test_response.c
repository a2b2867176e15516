/* test_response: transport errors, checksum, retry hints and request ids. */
#include "tests/unit/dynamo/classify.h"

#include <zlib.h>

static void transport_facts(void **state)
{
    (void)state;
    struct response r = answer(200, "{\"UnprocessedItems\":{}}");
    r.transport = TRANSPORT_UNREACHABLE;
    r.transport_text = "could not connect to localhost:8000\nConnection refused";
    struct job_result got = classified(&abc()->job, &r);
    assert_int_equal(got.outcome, JOB_UNREACHABLE);
    assert_false(got.maybe_written);
    assert_string_equal(got.text, "could not connect to localhost:8000 Connection refused");

    r.transport = TRANSPORT_LOST;
    r.transport_text = NULL;
    got = classified(&abc()->job, &r);
    assert_int_equal(got.outcome, JOB_TRANSIENT);
    assert_true(got.maybe_written);
    assert_string_equal(got.text, "transient");
    assert_false(job_result_silent(&got)); /* the answer was cut off */
    r.status = 0;
    got = classified(&abc()->job, &r);
    assert_true(job_result_silent(&got));
    assert_false(classified(&describe_job, &r).maybe_written);
}

static void the_checksum_decides(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{\"UnprocessedItems\":{}}",
                                         "{\"__type\":\"x#ValidationException\",\"message\":\"no\"}", ""};
    static const int statuses[] = {200, 400, 500};
    for (size_t i = 0; i < 3; i++) {
        struct response r = answer(statuses[i], bodies[i]);
        r.crc_given = true;
        r.crc = (uint32_t)crc32(0, r.body.p, (uInt)r.body.n);
        struct job_result good = classified(&abc()->job, &r);
        assert_null(strstr(good.text, "checksum"));
        r.crc ^= 1;
        struct job_result bad = classified(&abc()->job, &r);
        assert_int_equal(bad.outcome, JOB_TRANSIENT);
        assert_true(bad.maybe_written);
        assert_non_null(strstr(bad.text, "x-amz-crc32"));
    }
    struct response r = answer(200, "{}");
    r.crc_given = true;
    r.crc = 2745614147u; /* published for "{}" */
    assert_null(strstr(classified(&abc()->job, &r).text, "checksum"));
}

static void hints_and_request_ids_are_kept(void **state)
{
    (void)state;
    char id[200];
    memset(id, 'R', sizeof id);
    struct response r = answer(200, "{\"UnprocessedItems\":{}}");
    r.request_id = span_of("ABC123", 6);
    r.retry_after_ms = 1500;
    struct job_result got = classified(&abc()->job, &r);
    assert_string_equal(got.request_id, "ABC123");
    assert_int_equal(got.retry_after_ms, 1500);
    r.request_id = span_of(id, sizeof id);
    assert_int_equal(strlen(classified(&abc()->job, &r).request_id), JOB_REQUEST_ID - 1);
    r.request_id = span_of("AB\r\nC", 5);
    assert_string_equal(classified(&abc()->job, &r).request_id, "AB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transport_facts),
        cmocka_unit_test(the_checksum_decides),
        cmocka_unit_test(hints_and_request_ids_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
