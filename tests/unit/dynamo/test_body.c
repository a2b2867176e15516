/* test_body: exact bytes and exact lengths of both requests. */
#include "daemon/dynamo/body.h"

#include <jansson.h>

#include "tests/unit/dynamo/job_make.h"

/* Write into memory of exactly the computed size, so that a sanitizer detects one byte too many. */
static void assert_body(const struct job *job, const char *want)
{
    size_t n = body_len(job);
    assert_int_equal(n, strlen(want));
    char *out = test_malloc(n);
    assert_ptr_equal(body_write(job, out), out + n);
    assert_memory_equal(out, want, n);
    test_free(out);
}

static void one_put(void **state)
{
    (void)state;
    static struct job_made m;
    static const struct attr item[] = {ATTR_S("k", "a")};
    job_begin(&m, "T");
    job_key(&m, "k", 'S');
    job_add(&m, OP_PUT, item, 1);
    assert_body(&m.job, "{\"RequestItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}}]}}");
}

static void one_delete(void **state)
{
    (void)state;
    static struct job_made m;
    static const struct attr item[] = {ATTR_I("n", -7)};
    job_begin(&m, "arn:aws:dynamodb:us-east-1:123456789012:table/T");
    job_key(&m, "n", 'N');
    job_add(&m, OP_DELETE, item, 1);
    assert_body(&m.job, "{\"RequestItems\":{\"arn:aws:dynamodb:us-east-1:123456789012:table/T\":"
                        "[{\"DeleteRequest\":{\"Key\":{\"n\":{\"N\":\"-7\"}}}}]}}");
}

static void several(void **state)
{
    (void)state;
    static struct job_made m;
    static const struct attr put[] = {ATTR_S("k", "a"), ATTR_N("x", "1.50")};
    static const struct attr del[] = {ATTR_S("k", "b")};
    job_begin(&m, "my-table");
    job_key(&m, "k", 'S');
    job_add(&m, OP_PUT, put, 2);
    job_add(&m, OP_DELETE, del, 1);
    assert_body(
        &m.job,
        "{\"RequestItems\":{\"my-table\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"},\"x\":{\"N\":\"1.50\"}}}},"
        "{\"DeleteRequest\":{\"Key\":{\"k\":{\"S\":\"b\"}}}}]}}");
}

/* The engine's computation before the body exists: frame + items - the first one's comma. */
static void lengths_add_up(void **state)
{
    (void)state;
    static struct job_made m;
    job_begin(&m, "T");
    job_key(&m, "n", 'N');
    size_t sum = body_frame_len("T") - 1;
    for (int64_t i = 0; i < JOB_ITEMS_MAX; i++) {
        struct attr item[] = {ATTR_I("n", i * 1000), ATTR_S("text", "quote \" and line\n")};
        uint8_t op = i % 3 == 0 ? OP_DELETE : OP_PUT;
        job_add(&m, op, item, op == OP_DELETE ? 1 : 2);
        sum += body_item_len(op, m.job.items[i].json_len);
        assert_int_equal(body_len(&m.job), sum);
    }
    char *out = test_malloc(sum);
    assert_ptr_equal(body_write(&m.job, out), out + sum);
    json_t *root = json_loadb(out, sum, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    json_t *requests = json_object_get(json_object_get(root, "RequestItems"), "T");
    assert_int_equal(json_array_size(requests), JOB_ITEMS_MAX);
    json_decref(root);
    test_free(out);
}

static void describe(void **state)
{
    (void)state;
    struct job job = {.kind = JOB_DESCRIBE, .table = "my_table.v2"};
    assert_body(&job, "{\"TableName\":\"my_table.v2\"}");
}

/* No table has such a name, but a client may send it: the output stays valid JSON and the name stays inside its string.
 */
static void hostile_table_names_are_escaped(void **state)
{
    (void)state;
    struct job job = {.kind = JOB_DESCRIBE, .table = "T\",\"x\":\"\\\n\x1f"};
    assert_body(&job, "{\"TableName\":\"T\\\",\\\"x\\\":\\\"\\\\\\u000a\\u001f\"}");

    static struct job_made m;
    static const struct attr item[] = {ATTR_S("k", "a")};
    job_begin(&m, "a\"b");
    job_key(&m, "k", 'S');
    job_add(&m, OP_PUT, item, 1);
    assert_body(&m.job, "{\"RequestItems\":{\"a\\\"b\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}}]}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_put),  cmocka_unit_test(one_delete),
        cmocka_unit_test(several),  cmocka_unit_test(lengths_add_up),
        cmocka_unit_test(describe), cmocka_unit_test(hostile_table_names_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
