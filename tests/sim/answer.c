/* answer: see answer.h. */
#include "tests/sim/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/payload.h"

static char *json_take_text(json_t *root, size_t flags)
{
    char *text = json_dumps(root, flags);
    if (text == NULL)
        abort();
    json_decref(root);
    return text;
}

/* The same request with its number keys in another spelling. */
static json_t *respelled(const struct order_item *it, struct rng *r)
{
    json_t *copy = json_deep_copy(it->request);
    json_t *item = json_object_get(json_object_get(copy, "PutRequest"), "Item");
    if (item == NULL)
        item = json_object_get(json_object_get(copy, "DeleteRequest"), "Key");
    static const char *const names[] = {"pk", "sk", "alt"};
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *v = json_object_get(json_object_get(item, names[i]), "N");
        char text[64];
        if (v == NULL)
            continue;
        order_respell(json_string_value(v), r, text);
        json_string_set(v, text);
    }
    json_t *pad = json_object_get(json_object_get(item, "pad"), "S");
    if (it->pad_cut > 0)
        json_string_setn(pad, payload_pad(it->record), json_string_length(pad) + it->pad_cut);
    return copy;
}

char *answer_batch(const struct order *o, const bool unprocessed[ORDER_ITEMS_MAX], struct rng *r)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < o->count; i++)
        if (unprocessed[i])
            json_array_insert_new(list, (size_t)rng_below(r, json_array_size(list) + 1), respelled(&o->items[i], r));
    json_t *root = json_object();
    json_t *tables = json_object();
    if (json_array_size(list) > 0)
        json_object_set(tables, truth_table_name(o->table), list);
    json_decref(list);
    json_object_set_new(root, "UnprocessedItems", tables);
    if (dice(r, 200)) {
        json_t *units = json_object();
        json_object_set_new(units, "TableName", json_string(truth_table_name(o->table)));
        json_object_set_new(units, "CapacityUnits", json_real(o->count));
        json_object_set_new(root, "ConsumedCapacity", json_pack("[o]", units));
    }
    return json_take_text(root, dice(r, 300) ? JSON_INDENT(1) : JSON_COMPACT);
}

char *answer_nonsense(uint32_t table, struct rng *r)
{
    if (dice(r, 300))
        return json_take_text(json_pack("{s[]}", "ConsumedCapacity"), JSON_COMPACT);
    return json_take_text(json_pack("{s{s[{s{s{s{ss}}}}]}}", "UnprocessedItems", truth_table_name(table),
                                    "DeleteRequest", "Key", "pk", "S", "nobody sent this"),
                          JSON_COMPACT);
}

char *answer_describe(uint32_t table, bool remade)
{
    struct key_schema schema;
    truth_schema(table, remade, &schema);
    json_t *keys = json_array();
    json_t *attrs = json_array();
    for (uint32_t i = 0; i < schema.count; i++) {
        char type[2] = {schema.attr[i].type, '\0'};
        json_array_append_new(
            keys, json_pack("{ssss}", "AttributeName", schema.attr[i].name, "KeyType", i == 0 ? "HASH" : "RANGE"));
        json_array_insert_new(attrs, 0,
                              json_pack("{ssss}", "AttributeName", schema.attr[i].name, "AttributeType", type));
    }
    return json_take_text(json_pack("{s{sssssoso}}", "Table", "TableName", truth_table_name(table), "TableStatus",
                                    "ACTIVE", "KeySchema", keys, "AttributeDefinitions", attrs),
                          JSON_COMPACT);
}

char *answer_error(const char *type, const char *message)
{
    char full[128];
    snprintf(full, sizeof full, "com.amazonaws.dynamodb.v20120810#%s", type);
    return json_take_text(json_pack("{ssss}", "__type", full, "message", message), JSON_COMPACT);
}
