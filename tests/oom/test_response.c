/* test_response: classification of an answer while memory runs out: the same result, or "unknown". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/dynamo/response.h"
#include "proto/mp_write.h"

/* Two puts of the keys "a" and "b". */
struct made {
    struct job job;
    struct key_schema schema;
    uint8_t bytes[2][16];
};

static void make(struct made *m)
{
    memset(m, 0, sizeof *m);
    m->schema = (struct key_schema){.count = 1, .attr = {{.type = 'S', .name_len = 2, .name = "id"}}};
    m->job = (struct job){.kind = JOB_WRITE, .table = "orders", .schema = &m->schema, .count = 2};
    for (uint32_t i = 0; i < 2; i++) {
        struct mp_writer w = mp_write_open(m->bytes[i], sizeof m->bytes[i]);
        mp_write_map(&w, 1);
        mp_write_cstr(&w, "id");
        m->job.items[i].key.off[0] = (uint32_t)w.need;
        mp_write_cstr(&w, i == 0 ? "a" : "b");
        m->job.items[i].key.len[0] = (uint32_t)w.need - m->job.items[i].key.off[0];
        m->job.items[i].item = span_of(m->bytes[i], w.need);
    }
}

static const struct {
    enum job_kind kind;
    int status;
    const char *body;
    enum job_outcome outcome;
} cases[] = {
    {JOB_WRITE, 200, "{\"UnprocessedItems\":{}}", JOB_DONE},
    {JOB_WRITE, 200,
     "{\"UnprocessedItems\":{\"orders\":[{\"PutRequest\":{\"Item\":{\"id\":{\"S\":\"b\"},\"n\":{\"N\":\"1\"}}}}]}}",
     JOB_DONE},
    {JOB_WRITE, 200, "{ \"UnprocessedItems\" : { }, \"ConsumedCapacity\" : [ { \"TableName\" : \"orders\" } ] }",
     JOB_DONE},
    {JOB_WRITE, 400,
     "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\",\"message\":\"slow\"}",
     JOB_THROTTLED},
    {JOB_WRITE, 400, "{\"__type\":\"com.amazon.coral.validate#ValidationException\",\"message\":\"bad\"}", JOB_INVALID},
    {JOB_WRITE, 400, "{\"__type\":\"x#ResourceNotFoundException\",\"message\":\"none\"}", JOB_TABLE_NOT_FOUND},
    {JOB_WRITE, 400, "{\"__type\":\"x#AccessDeniedException\",\"Message\":\"no\"}", JOB_ACCESS_DENIED},
    {JOB_WRITE, 500, "{\"__type\":\"x#InternalServerError\"}", JOB_TRANSIENT},
    {JOB_DESCRIBE, 200,
     "{\"Table\":{\"TableName\":\"orders\",\"TableStatus\":\"ACTIVE\",\"KeySchema\":[{\"AttributeName\":\"id\","
     "\"KeyType\":\"HASH\"}],\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"}]}}",
     JOB_DONE},
};

static void judge(size_t i, const struct job *job, uint64_t nth, struct job_result *ret)
{
    struct response r = {
        .transport = TRANSPORT_OK, .status = cases[i].status, .body = span_of(cases[i].body, strlen(cases[i].body))};
    int64_t live = mem_live();
    memset(ret, 0, sizeof *ret);
    mem_fail_nth(nth);
    response_classify(job, &r, ret);
    mem_fail_nth(0);
    assert_int_equal(mem_live(), live);
}

static bool same(const struct job_result *a, const struct job_result *b)
{
    return a->outcome == b->outcome && a->maybe_written == b->maybe_written && a->table_active == b->table_active &&
           memcmp(a->unprocessed, b->unprocessed, sizeof a->unprocessed) == 0 && a->schema.count == b->schema.count;
}

static void nothing_is_believed_without_memory(void **state)
{
    (void)state;
    struct made m;
    struct job describe = {.kind = JOB_DESCRIBE, .table = "orders"};
    make(&m);
    response_init();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct job *job = cases[i].kind == JOB_WRITE ? &m.job : &describe;
        struct job_result whole, got;
        uint64_t before = mem_asked(), doubts = 0;
        judge(i, job, 0, &whole);
        assert_int_equal(whole.outcome, cases[i].outcome);
        uint64_t asked = mem_asked() - before;
        for (uint64_t n = 1; n <= asked; n++) {
            judge(i, job, n, &got);
            if (same(&got, &whole))
                continue;
            doubts++;
            assert_int_equal(got.outcome, JOB_TRANSIENT);
            assert_int_equal(got.maybe_written, job->kind == JOB_WRITE);
            assert_string_not_equal(got.text, "");
        }
        assert_true(asked == 0 || doubts > 0 || whole.outcome == JOB_TRANSIENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_believed_without_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
