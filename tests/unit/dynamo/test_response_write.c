/* test_response_write: which items were written, and every answer that must be refused. */
#include <jansson.h>
#include <stdlib.h>

#include "daemon/base/mem.h"
#include "tests/unit/dynamo/classify.h"

static void all_written(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{\"UnprocessedItems\":{}}", " {\"UnprocessedItems\" : { } }\n",
                                         "{\"ConsumedCapacity\":[{\"CapacityUnits\":1.5}],\"UnprocessedItems\":{}}",
                                         "{\"UnprocessedItems\":{\"T\":[]}}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct job_result got = classify(&abc()->job, 200, bodies[i]);
        assert_int_equal(got.outcome, JOB_DONE);
        assert_false(got.maybe_written);
        assert_string_equal(got.text, "");
        assert_string_equal(got.request_id, "");
        assert_int_equal(got.retry_after_ms, 0);
        for (size_t k = 0; k < JOB_ITEMS_MAX; k++)
            assert_false(got.unprocessed[k]);
    }
}

static void some_unprocessed(void **state)
{
    (void)state;
    struct job_result got = classify(&abc()->job, 200,
                                     "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"c\"}}}},"
                                     "{\"DeleteRequest\":{\"Key\":{\"k\":{\"S\":\"b\"}}},\"PutRequest\":null}]}}");
    assert_int_equal(got.outcome, JOB_DONE);
    assert_false(got.unprocessed[0]);
    assert_true(got.unprocessed[1]);
    assert_true(got.unprocessed[2]);
    assert_false(got.unprocessed[3]);
}

static void returned_twice_is_harmless(void **state)
{
    (void)state;
    struct job_result got = classify(&abc()->job, 200,
                                     "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}},"
                                     "{\"PutRequest\":{\"Item\":{\"x\":{\"N\":\"1\"},\"k\":{\"S\":\"a\"}}}}]}}");
    assert_int_equal(got.outcome, JOB_DONE);
    assert_true(got.unprocessed[0]);
    assert_false(got.unprocessed[1]);
    assert_false(got.unprocessed[2]);
}

/* Bodies with less, more or something other than an answer to this job. */
static const struct {
    const char *body, *says;
} broken_writes[] = {
    {"", "not JSON"},
    {"x", "not JSON"},
    {"{\"UnprocessedItems\":{}}x", "not JSON"},
    {"{\"UnprocessedItems\":{}", "not JSON"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}}],\"T\":[]}}", "not JSON"},
    {"[]", "UnprocessedItems is missing"},
    {"{}", "UnprocessedItems is missing"},
    {"\"x\"", "not JSON"},
    {"{\"UnprocessedItems\":null}", "UnprocessedItems is missing"},
    {"{\"UnprocessedItems\":[]}", "UnprocessedItems is missing"},
    {"{\"__type\":\"x#InternalServerError\"}", "UnprocessedItems is missing"},
    {"{\"UnprocessedItems\":{\"U\":[]}}", "a table that was not asked for"},
    {"{\"UnprocessedItems\":{\"t\":[]}}", "a table that was not asked for"},
    {"{\"UnprocessedItems\":{\"T\":[],\"U\":[]}}", "a table that was not asked for"},
    {"{\"UnprocessedItems\":{\"T\":{}}}", "not a list"},
    {"{\"UnprocessedItems\":{\"T\":null}}", "not a list"},
    {"{\"UnprocessedItems\":{\"T\":[null]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{}}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":\"k\"}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":\"a\"}}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":1}}}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"N\":\"1\"}}}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\",\"N\":\"1\"}}}}]}}",
     "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"z\"}}}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"\"}}}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\\u0000\"}}}}]}}", "that was not sent"},
    /* the right key, but the other operation */
    {"{\"UnprocessedItems\":{\"T\":[{\"DeleteRequest\":{\"Key\":{\"k\":{\"S\":\"a\"}}}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"b\"}}}}]}}", "that was not sent"},
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}},"
     "\"DeleteRequest\":{\"Key\":{\"k\":{\"S\":\"a\"}}}}]}}",
     "that was not sent"},
    /* a good one before a bad one: the whole answer is refused */
    {"{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}},"
     "{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"z\"}}}}]}}",
     "that was not sent"},
};

static void what_is_not_understood_is_not_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken_writes / sizeof broken_writes[0]; i++)
        assert_broken(&abc()->job, broken_writes[i].body, broken_writes[i].says);
}

static void a_flood_of_items_is_no_answer(void **state)
{
    (void)state;
    static char body[8192];
    static const char one[] = "{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}}";
    for (int count = 50; count <= 51; count++) {
        size_t n = (size_t)snprintf(body, sizeof body, "{\"UnprocessedItems\":{\"T\":[");
        for (int i = 0; i < count; i++)
            n += (size_t)snprintf(body + n, sizeof body - n, "%s%s", i > 0 ? "," : "", one);
        snprintf(body + n, sizeof body - n, "]}}");
        if (count == 50)
            assert_true(classify(&abc()->job, 200, body).unprocessed[0]);
        else
            assert_broken(&abc()->job, body, "not a list");
    }
}

static void nesting_without_end_is_survived(void **state)
{
    (void)state;
    static char body[100001];
    memset(body, '[', sizeof body - 1);
    assert_broken(&abc()->job, body, "not JSON");
}

#define ZEROS_25 "0000000000000000000000000"

/* How one number key may be sent and returned. */
static const struct {
    struct attr sent;
    const char *returned;
    bool same;
} numbers[] = {
    {ATTR_I("n", 1), "1", true},
    {ATTR_I("n", 1), "1.0", true},
    {ATTR_I("n", 1), "10e-1", true},
    {ATTR_N("n", "1.00"), "1", true},
    {ATTR_N("n", "0.000"), "0", true},
    {ATTR_N("n", "-0"), "0", true},
    {ATTR_N("n", "1E3"), "1000", true},
    {ATTR_N("n", "+12"), "12", true},
    {ATTR_N("n", "1e125"), "1" ZEROS_25 ZEROS_25 ZEROS_25 ZEROS_25 ZEROS_25, true},
    {ATTR_N("n", "12345678901234567890123456789012345678"), "12345678901234567890123456789012345678", true},
    {ATTR_N("n", "12345678901234567890123456789012345678"), "12345678901234567890123456789012345679", false},
    {ATTR_F("n", 0.1), "0.1", true},
    {ATTR_F("n", -2.5e10), "-25000000000", true},
    {ATTR_I("n", 9007199254740993), "9007199254740993", true},
    {ATTR_I("n", 9007199254740993), "9007199254740992", false},
    {ATTR_I("n", -5), "-5", true},
    {ATTR_I("n", -5), "5", false},
    {ATTR_I("n", 1), "", false},
    {ATTR_I("n", 1), "1 ", false},
    {ATTR_I("n", 1), "one", false},
    {ATTR_I("n", 1), "1e999999999999", false},
};

static void number_keys_match_by_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        static struct job_made m;
        char body[512];
        job_begin(&m, "T");
        job_key(&m, "n", 'N');
        job_add(&m, OP_PUT, &numbers[i].sent, 1);
        snprintf(body, sizeof body,
                 "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"n\":{\"N\":\"%s\"}}}}]}}",
                 numbers[i].returned);
        struct job_result got = classify(&m.job, 200, body);
        if (got.outcome != (numbers[i].same ? JOB_DONE : JOB_TRANSIENT) || got.unprocessed[0] != numbers[i].same)
            fail_msg("case %zu, \"%s\": %s", i, numbers[i].returned, job_outcome_name(got.outcome));
    }
}

static const struct {
    const char *base64;
    int found; /* the index of the item; -1: none */
} binaries[] = {
    {"AA==", 0},  {"AP8=", 1},      {"AP/+", 2},     {"+/+/+/8=", 3}, {"", -1},     {"A", -1},
    {"AA", -1},   {"AA=", -1},      {"AA===", -1},   {"=AA=", -1},    {"====", -1}, {"AP8", -1},
    {"AP_-", -1}, {"AP8=AP8=", -1}, {"AP8=\\n", -1}, {" AA==", -1},   {"AA=A", -1}, {"//", -1},
};

static void binary_keys_match_by_bytes(void **state)
{
    (void)state;
    static const struct attr items[][1] = {
        {ATTR_B("b", "\0")},
        {ATTR_B("b", "\0\xff")},
        {ATTR_B("b", "\0\xff\xfe")},
        {ATTR_B("b", "\xfb\xff\xbf\xfb\xff")},
    };
    for (size_t i = 0; i < sizeof binaries / sizeof binaries[0]; i++) {
        static struct job_made m;
        char body[256];
        job_begin(&m, "T");
        job_key(&m, "b", 'B');
        for (size_t k = 0; k < 4; k++)
            job_add(&m, OP_DELETE, items[k], 1);
        snprintf(body, sizeof body,
                 "{\"UnprocessedItems\":{\"T\":[{\"DeleteRequest\":{\"Key\":{\"b\":{\"B\":\"%s\"}}}}]}}",
                 binaries[i].base64);
        struct job_result got = classify(&m.job, 200, body);
        if (got.outcome != (binaries[i].found >= 0 ? JOB_DONE : JOB_TRANSIENT))
            fail_msg("\"%s\": %s", binaries[i].base64, job_outcome_name(got.outcome));
        for (int k = 0; k < 4; k++)
            assert_int_equal(got.unprocessed[k], k == binaries[i].found);
    }
}

static void both_keys_count(void **state)
{
    (void)state;
    static struct job_made m;
    static const struct attr items[][2] = {
        {ATTR_S("p", "a"), ATTR_I("s", 1)}, {ATTR_S("p", "a"), ATTR_I("s", 2)}, {ATTR_I("s", 1), ATTR_S("p", "b")}};
    job_begin(&m, "T");
    job_key(&m, "p", 'S');
    job_key(&m, "s", 'N');
    for (size_t i = 0; i < 3; i++)
        job_add(&m, OP_PUT, items[i], 2);
    struct job_result got =
        classify(&m.job, 200,
                 "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":"
                 "{\"other\":{\"L\":[{\"NULL\":true}]},\"s\":{\"N\":\"1.0\"},\"p\":{\"S\":\"b\"}}}},"
                 "{\"PutRequest\":{\"Item\":{\"p\":{\"S\":\"a\"},\"s\":{\"N\":\"2\"}}}}]}}");
    assert_int_equal(got.outcome, JOB_DONE);
    assert_false(got.unprocessed[0]);
    assert_true(got.unprocessed[1]);
    assert_true(got.unprocessed[2]);
    assert_broken(&m.job, "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"p\":{\"S\":\"a\"}}}}]}}",
                  "that was not sent");
    assert_broken(&m.job,
                  "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"p\":{\"S\":\"b\"},"
                  "\"s\":{\"N\":\"2\"}}}}]}}",
                  "that was not sent");
}

static void keys_may_hold_nul_and_be_long(void **state)
{
    (void)state;
    static struct job_made m;
    static const struct attr nul[] = {ATTR_S("k", "a\0b")};
    static char text[ITEM_PARTITION_KEY_MAX + 2], body[ITEM_PARTITION_KEY_MAX + 256];
    memset(text, 'x', ITEM_PARTITION_KEY_MAX + 1);
    struct attr longest[] = {{"k", 'S', {(const uint8_t *)text, ITEM_PARTITION_KEY_MAX}, 0, 0}};
    job_begin(&m, "T");
    job_key(&m, "k", 'S');
    job_add(&m, OP_PUT, nul, 1);
    job_add(&m, OP_PUT, longest, 1);
    struct job_result got = classify(
        &m.job, 200, "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\\u0000b\"}}}}]}}");
    assert_true(got.unprocessed[0]);
    assert_broken(&m.job, "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}}]}}",
                  "that was not sent");
    snprintf(body, sizeof body, "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"%s\"}}}}]}}",
             text);
    assert_broken(&m.job, body, "that was not sent");
    text[ITEM_PARTITION_KEY_MAX] = '\0';
    snprintf(body, sizeof body, "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"%s\"}}}}]}}",
             text);
    got = classify(&m.job, 200, body);
    assert_int_equal(got.outcome, JOB_DONE);
    assert_true(got.unprocessed[1]);
}

/* Longer than any key, for every type. */
static void longer_than_any_key_is_no_key(void **state)
{
    (void)state;
    static char text[20001], body[20256];
    for (const char *type = "SNB"; *type != '\0'; type++) {
        static struct job_made m;
        static const struct attr s[] = {ATTR_S("k", "1")}, n[] = {ATTR_I("k", 1)}, b[] = {ATTR_B("k", "1")};
        job_begin(&m, "T");
        job_key(&m, "k", *type);
        job_add(&m, OP_PUT, *type == 'S' ? s : *type == 'N' ? n : b, 1);
        memset(text, *type == 'N' ? '0' : 'A', sizeof text - 1);
        snprintf(body, sizeof body,
                 "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"%c\":\"%s\"}}}}]}}", *type, text);
        assert_broken(&m.job, body, "that was not sent");
    }
}

/* Every allocation of the parser fails once: the answer is treated as broken or parsed correctly, never in part, and
 * nothing leaks. */
static void memory_that_runs_out_is_a_broken_answer(void **state)
{
    (void)state;
    static const char body[] = "{\"UnprocessedItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}}]}}";
    json_set_alloc_funcs(mem_alloc, mem_free);
    struct job_result got = {.outcome = JOB_TRANSIENT};
    uint64_t failed = 0;
    int64_t live = mem_live();
    for (; got.outcome != JOB_DONE; failed++) {
        mem_fail_nth(failed + 1);
        got = classify(&abc()->job, 200, body);
        mem_fail_nth(0);
        assert_true(got.outcome == JOB_DONE || (got.outcome == JOB_TRANSIENT && got.maybe_written));
        assert_int_equal(got.unprocessed[0], got.outcome == JOB_DONE);
        assert_int_equal(mem_live(), live);
    }
    assert_in_range(failed, 10, 1000);
    json_set_alloc_funcs(malloc, free);
}

static void an_arn_is_matched_as_sent(void **state)
{
    (void)state;
    struct job_made *m = abc();
    m->job.table = "arn:aws:dynamodb:us-east-1:123456789012:table/T";
    struct job_result got = classify(&m->job, 200,
                                     "{\"UnprocessedItems\":{\"arn:aws:dynamodb:us-east-1:123456789012:table/T\":"
                                     "[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}}]}}");
    assert_int_equal(got.outcome, JOB_DONE);
    assert_true(got.unprocessed[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_written),
        cmocka_unit_test(some_unprocessed),
        cmocka_unit_test(returned_twice_is_harmless),
        cmocka_unit_test(what_is_not_understood_is_not_believed),
        cmocka_unit_test(a_flood_of_items_is_no_answer),
        cmocka_unit_test(nesting_without_end_is_survived),
        cmocka_unit_test(number_keys_match_by_value),
        cmocka_unit_test(binary_keys_match_by_bytes),
        cmocka_unit_test(both_keys_count),
        cmocka_unit_test(keys_may_hold_nul_and_be_long),
        cmocka_unit_test(longer_than_any_key_is_no_key),
        cmocka_unit_test(memory_that_runs_out_is_a_broken_answer),
        cmocka_unit_test(an_arn_is_matched_as_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
