/* ops: the table of operations, and what several of them share. */
#include "tests/fakeddb/ops.h"

#include <string.h>

#include "tests/fakeddb/constraint.h"
#include "tests/fakeddb/json.h"
#include "tests/fakeddb/reply.h"

struct op_entry {
    const char *target;
    void (*run)(struct call *c);
};

static const struct op_entry entries[OP_COUNT] = {
    [OP_BATCH_WRITE_ITEM] = {"DynamoDB_20120810.BatchWriteItem", op_batch_write_item},
    [OP_PUT_ITEM] = {"DynamoDB_20120810.PutItem", op_put_item},
    [OP_DELETE_ITEM] = {"DynamoDB_20120810.DeleteItem", op_delete_item},
    [OP_GET_ITEM] = {"DynamoDB_20120810.GetItem", op_get_item},
    [OP_SCAN] = {"DynamoDB_20120810.Scan", op_scan},
    [OP_DESCRIBE_TABLE] = {"DynamoDB_20120810.DescribeTable", op_describe_table},
    [OP_CREATE_TABLE] = {"DynamoDB_20120810.CreateTable", op_create_table},
    [OP_DELETE_TABLE] = {"DynamoDB_20120810.DeleteTable", op_delete_table},
    [OP_LIST_TABLES] = {"DynamoDB_20120810.ListTables", op_list_tables},
    [OP_CONTROL] = {"FakeDDB.Control", op_control},
    [OP_STATS] = {"FakeDDB.Stats", op_stats},
    [OP_HISTORY] = {"FakeDDB.History", op_history},
    [OP_SCRIPT] = {"FakeDDB.Script", op_script},
    [OP_CREDENTIAL] = {"FakeDDB.Credential", op_credential},
};

enum operation op_of_target(struct span target)
{
    for (int i = 0; i < OP_COUNT; i++) {
        if (span_equal(target, span_of(entries[i].target, strlen(entries[i].target))))
            return (enum operation)i;
    }
    return OP_UNKNOWN;
}

const char *op_name(enum operation op)
{
    return strchr(entries[op].target, '.') + 1;
}

void op_run(struct call *c, enum operation op)
{
    c->status = 200;
    op_settle_tables(c);
    text_clear(c->out, ANSWER_BYTES_MAX);
    text_clear(&c->fake->keys, 1 << 20);
    entries[op].run(c);
    if (c->out->failed)
        reply_error(c, 500, "InternalServerError", "the answer is larger than fakeddb makes; ask for a smaller page");
}

bool op_read_table_name(struct call *c, struct span name_value, struct span *ret_name)
{
    struct json j = json_of(name_value);
    struct json_str name;
    if (name_value.p == NULL) {
        reply_error(c, 400, "ValidationException",
                    "The parameter 'TableName' is required but was not present in the request");
        return false;
    }
    if (json_peek(&j) != JSON_STRING || !json_string(&j, &name)) {
        reply_error(c, 400, "SerializationException", "TableName has to be a string");
        return false;
    }
    if (name.raw.n < 3 || (name.raw.n > 255 && !constraint_table_name_ok(name.raw))) {
        reply_error(c, 400, "ValidationException",
                    "TableName must be at least 3 characters long and at most 255 characters long");
        return false;
    }
    *ret_name = name.raw;
    if (constraint_table_name_ok(name.raw))
        return true;
    reply_error(c, 400, "ValidationException",
                "1 validation error detected: Value '%.*s' at 'tableName' failed to satisfy constraint: Member must "
                "satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
                (int)name.raw.n, (const char *)name.raw.p);
    return false;
}

struct table *op_find_table(struct call *c, struct span name)
{
    struct table *t = store_find(&c->fake->store, name);
    const struct fault_settings *set = t != NULL ? fault_of_table(&c->fake->fault, t->name) : c->set;
    return set->missing ? NULL : t;
}

struct table *op_active_table(struct call *c, struct span name)
{
    struct table *t = op_find_table(c, name);
    return t != NULL && table_state(t, c->now_ms) == TABLE_ACTIVE ? t : NULL;
}

struct table *op_table(struct call *c, struct span name_value)
{
    struct span name;
    if (!op_read_table_name(c, name_value, &name))
        return NULL;
    struct table *t = op_active_table(c, name);
    if (t == NULL)
        reply_error(c, 400, "ResourceNotFoundException", "Requested resource not found");
    return t;
}
