/* test_response_describe: key schemas and states, and table descriptions that must be refused. */
#include "tests/unit/dynamo/classify.h"

#define DEFS                                                                                                           \
    "\"AttributeDefinitions\":[{\"AttributeName\":\"s\",\"AttributeType\":\"N\"},"                                     \
    "{\"AttributeName\":\"other\",\"AttributeType\":\"B\"},{\"AttributeName\":\"p\",\"AttributeType\":\"S\"}]"
#define HASH  "{\"AttributeName\":\"p\",\"KeyType\":\"HASH\"}"
#define RANGE "{\"AttributeName\":\"s\",\"KeyType\":\"RANGE\"}"

static void schemas_are_read(void **state)
{
    (void)state;
    struct job_result got =
        classify(&describe_job, 200,
                 "{\"Table\":{" DEFS ",\"KeySchema\":[" HASH "],\"TableStatus\":\"ACTIVE\",\"ItemCount\":0}}");
    assert_int_equal(got.outcome, JOB_DONE);
    assert_true(got.table_active);
    assert_int_equal(got.schema.count, 1);
    assert_int_equal(got.schema.attr[0].type, 'S');
    assert_string_equal(got.schema.attr[0].name, "p");
    assert_int_equal(got.schema.attr[0].name_len, 1);
    assert_string_equal(got.text, "");

    /* The partition key comes first, whatever the order in the answer. */
    static const char *const orders[] = {HASH "," RANGE, RANGE "," HASH};
    for (size_t i = 0; i < 2; i++) {
        char body[512];
        snprintf(body, sizeof body, "{\"Table\":{" DEFS ",\"KeySchema\":[%s],\"TableStatus\":\"UPDATING\"}}",
                 orders[i]);
        got = classify(&describe_job, 200, body);
        assert_int_equal(got.outcome, JOB_DONE);
        assert_true(got.table_active);
        assert_int_equal(got.schema.count, 2);
        assert_string_equal(got.schema.attr[0].name, "p");
        assert_string_equal(got.schema.attr[1].name, "s");
        assert_int_equal(got.schema.attr[1].type, 'N');
    }
}

static void tables_that_are_not_active_say_so(void **state)
{
    (void)state;
    struct job_result got =
        classify(&describe_job, 200, "{\"Table\":{" DEFS ",\"KeySchema\":[" HASH "],\"TableStatus\":\"CREATING\"}}");
    assert_int_equal(got.outcome, JOB_DONE);
    assert_false(got.table_active);
    assert_int_equal(got.schema.count, 1);
    assert_string_equal(got.text, "the table is CREATING");

    got = classify(&describe_job, 200, "{\"Table\":{\"TableStatus\":\"DELETING\"}}");
    assert_int_equal(got.outcome, JOB_DONE);
    assert_false(got.table_active);
    assert_int_equal(got.schema.count, 0);
    got = classify(&describe_job, 200, "{\"Table\":{\"TableStatus\":\"INACCESSIBLE_ENCRYPTION_CREDENTIALS\"}}");
    assert_false(got.table_active);
}

static const char *const broken_tables[] = {
    "",
    "null",
    "{}",
    "{\"Table\":null}",
    "{\"Table\":{}}",
    "{\"Table\":{\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[" HASH "]}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[],\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":{},\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[" RANGE "],\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[" HASH "," HASH "],\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[" RANGE "," RANGE "],\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[" HASH "," RANGE "," RANGE "],\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[7],\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[{\"AttributeName\":\"q\",\"KeyType\":\"HASH\"}],\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[{\"AttributeName\":\"\",\"KeyType\":\"HASH\"}],\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{" DEFS ",\"KeySchema\":[{\"AttributeName\":\"p\",\"KeyType\":\"hash\"}],\"TableStatus\":\"ACTIVE\"}}",
    "{\"Table\":{\"KeySchema\":[" HASH "],\"TableStatus\":\"ACTIVE\"}}",
    ("{\"Table\":{\"AttributeDefinitions\":[{\"AttributeName\":\"p\",\"AttributeType\":\"SS\"}],"
     "\"KeySchema\":[" HASH "],\"TableStatus\":\"ACTIVE\"}}"),
    ("{\"Table\":{\"AttributeDefinitions\":[{\"AttributeName\":\"p\",\"AttributeType\":\"M\"}],"
     "\"KeySchema\":[" HASH "],\"TableStatus\":\"ACTIVE\"}}"),
    ("{\"Table\":{\"AttributeDefinitions\":[{\"AttributeName\":\"p\"}],\"KeySchema\":[" HASH "],"
     "\"TableStatus\":\"ACTIVE\"}}"),
    ("{\"Table\":{\"AttributeDefinitions\":[{\"AttributeName\":\"p\\u0000\",\"AttributeType\":\"S\"}],"
     "\"KeySchema\":[{\"AttributeName\":\"p\\u0000\",\"KeyType\":\"HASH\"}],\"TableStatus\":\"ACTIVE\"}}"),
};

static void broken_tables_are_not_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken_tables / sizeof broken_tables[0]; i++) {
        assert_broken(&describe_job, broken_tables[i], "broken answer");
        struct job_result got = classify(&describe_job, 200, broken_tables[i]);
        assert_false(got.table_active);
        assert_int_equal(got.schema.count, 0);
    }
}

static void key_names_are_bounded(void **state)
{
    (void)state;
    for (int n = ITEM_KEY_NAME_MAX; n <= ITEM_KEY_NAME_MAX + 1; n++) {
        char name[ITEM_KEY_NAME_MAX + 2] = {0}, body[1024];
        memset(name, 'n', (size_t)n);
        snprintf(body, sizeof body,
                 "{\"Table\":{\"AttributeDefinitions\":[{\"AttributeName\":\"%s\",\"AttributeType\":\"B\"}],"
                 "\"KeySchema\":[{\"AttributeName\":\"%s\",\"KeyType\":\"HASH\"}],\"TableStatus\":\"ACTIVE\"}}",
                 name, name);
        struct job_result got = classify(&describe_job, 200, body);
        assert_int_equal(got.outcome, n == ITEM_KEY_NAME_MAX ? JOB_DONE : JOB_TRANSIENT);
        if (n == ITEM_KEY_NAME_MAX)
            assert_string_equal(got.schema.attr[0].name, name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_are_read),
        cmocka_unit_test(tables_that_are_not_active_say_so),
        cmocka_unit_test(broken_tables_are_not_believed),
        cmocka_unit_test(key_names_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
