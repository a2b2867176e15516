/* op_item: PutItem, DeleteItem, GetItem: one item, without conditions. */
#include <string.h>

#include "tests/fakeddb/constraint.h"
#include "tests/fakeddb/json.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"

enum { M_TABLE, M_ITEM, M_KEY, M_RETURN, M_CAPACITY, M_REFUSED, M_COUNT = M_REFUSED + 6 };

static const char *const members[M_COUNT] = {
    [M_TABLE] = "TableName",
    [M_ITEM] = "Item",
    [M_KEY] = "Key",
    [M_RETURN] = "ReturnValues",
    [M_CAPACITY] = "ReturnConsumedCapacity",
    [M_REFUSED] = "ConditionExpression",
    "Expected",
    "ConditionalOperator",
    "ProjectionExpression",
    "AttributesToGet",
    "ExpressionAttributeNames",
};

/* A single-item request, parsed and validated. */
struct single {
    struct span value[M_COUNT];
    struct span name;
    struct table *table;
    struct item item;
    struct span key;
    uint64_t hash;
};

static bool read_values(struct call *c, struct single *s, int member, struct value_error *err)
{
    if (!json_members(c->body, members, s->value, M_COUNT)) {
        reply_bad_json(c);
        return false;
    }
    for (int i = M_REFUSED; i < M_COUNT; i++) {
        if (s->value[i].p != NULL) {
            reply_error(c, 400, "ValidationException", "fakeddb does not know %s: leave it out", members[i]);
            return false;
        }
    }
    struct constraints bad = {.n = 0};
    if (!op_read_table_name(c, s->value[M_TABLE], &s->name))
        return false;
    constraint_enum(&bad, s->value[M_CAPACITY], "returnConsumedCapacity", "[INDEXES, TOTAL, NONE]");
    if (s->value[member].p == NULL)
        constraint_add(&bad, NULL, member == M_ITEM ? "item" : "key", "Member must not be null");
    constraint_enum(&bad, s->value[M_RETURN], "returnValues", "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]");
    if (bad.n > 0) {
        reply_error(c, 400, "ValidationException", "%d validation error%s detected: %s", bad.n, bad.n > 1 ? "s" : "",
                    bad.text);
        return false;
    }
    struct json j = json_of(s->value[member]);
    item_check(&j, NULL, err, &s->item);
    if (member == M_ITEM && s->item.size > ITEM_BYTES_MAX)
        value_error_set(err, false, "Item size has exceeded the maximum allowed size");
    bool plain = s->value[M_RETURN].p == NULL || span_equal(s->value[M_RETURN], span_of("\"NONE\"", 6)) ||
                 span_equal(s->value[M_RETURN], span_of("\"ALL_OLD\"", 9));
    if (!plain)
        value_error_set(err, false, "ReturnValues can only be ALL_OLD or NONE");
    return !reply_value_error(c, err);
}

/* Read the request up to its key; false after answering an error. */
static bool single_read(struct call *c, struct single *s, int member)
{
    struct value_error err = {.serialization = false};
    struct value_error again = {.serialization = false};
    if (!read_values(c, s, member, &err))
        return false;
    s->table = op_active_table(c, s->name);
    if (s->table == NULL) {
        reply_error(c, 400, "ResourceNotFoundException", "Requested resource not found");
        return false;
    }
    struct json j = json_of(s->value[member]);
    item_check(&j, &s->table->schema, &again, &s->item);
    item_key(&s->item, &s->table->schema, member == M_KEY ? KEY_ALONE : KEY_IN_ITEM, &err, &c->fake->keys);
    if (reply_value_error(c, &err))
        return false;
    s->key = text_span(&c->fake->keys);
    s->hash = store_hash(&c->fake->store, s->key);
    return true;
}

static void put_single_capacity(struct call *c, const struct single *s, double units, bool comma)
{
    int wanted = op_capacity_wanted(s->value[M_CAPACITY]);
    if (wanted == 0)
        return;
    text_puts(c->out, comma ? ",\"ConsumedCapacity\":" : "\"ConsumedCapacity\":");
    op_put_capacity(c, span_of(s->table->name, strlen(s->table->name)), units, wanted);
}

/* Apply a put or a delete and answer. */
static void single_write(struct call *c, struct single *s, bool is_delete)
{
    uint64_t dice = 0;
    uint32_t old_size;
    struct op_write ask = {s->table, s->key, s->hash, is_delete ? 0 : s->item.size};
    struct throttles why = {.n = 0};
    if (!op_take_units(c, &ask, &why)) {
        reply_throttles(c, &why);
        return;
    }
    struct entry *old = store_get(s->table, s->hash, s->key);
    bool show_old = span_equal(s->value[M_RETURN], span_of("\"ALL_OLD\"", 9)) && old != NULL;
    text_puts(c->out, "{");
    if (show_old) {
        text_puts(c->out, "\"Attributes\":");
        value_rewrite_item(entry_item(old), VALUE_NORMAL, &dice, c->out);
    }
    struct store_write w = {.key = s->key,
                            .hash = s->hash,
                            .size = s->item.size,
                            .request = c->request,
                            .item = is_delete ? span_of(NULL, 0) : s->item.text,
                            .now_ms = c->now_ms};
    if (!store_apply(&c->fake->store, s->table, &w, &old_size)) {
        reply_error(c, 500, "InternalServerError", "fakeddb is full; start it with a larger --memory-mib");
        return;
    }
    c->fake->counters.items_put += is_delete ? 0 : 1;
    c->fake->counters.items_deleted += is_delete ? 1 : 0;
    uint32_t size = is_delete || old_size > s->item.size ? old_size : s->item.size;
    put_single_capacity(c, s, op_write_units(size), show_old);
    text_puts(c->out, "}");
}

void op_put_item(struct call *c)
{
    struct single s;
    if (single_read(c, &s, M_ITEM))
        single_write(c, &s, false);
}

void op_delete_item(struct call *c)
{
    struct single s;
    if (single_read(c, &s, M_KEY))
        single_write(c, &s, true);
}

void op_get_item(struct call *c)
{
    struct single s;
    uint64_t dice = 0;
    if (!single_read(c, &s, M_KEY))
        return;
    struct entry *e = store_get(s.table, s.hash, s.key);
    text_puts(c->out, "{");
    if (e != NULL) {
        text_puts(c->out, "\"Item\":");
        value_rewrite_item(entry_item(e), VALUE_NORMAL, &dice, c->out);
    }
    put_single_capacity(c, &s, e == NULL ? 0.5 : (e->size + 4095) / 4096 * 0.5, e != NULL);
    text_puts(c->out, "}");
}
