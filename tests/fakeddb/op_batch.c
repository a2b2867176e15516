/* op_batch: BatchWriteItem, in one pass over the body.
 * Checks run in the service's order: JSON and its types, then all member constraints in one message, then the limit of
 * 25 writes, then values and item size, then tables, then keys, then duplicates. Nothing is written unless all pass.
 */
#include <stdio.h>
#include <string.h>

#include "tests/fakeddb/constraint.h"
#include "tests/fakeddb/json.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"

enum { BATCH_MAX = 25 };

struct batch_write {
    int table; /* index into batch.tables */
    bool is_delete, unprocessed;
    struct item item;
    size_t key_at, key_len; /* in fake.keys */
    uint64_t hash;
};

struct batch_table {
    struct span name; /* as sent */
    struct table *table;
    uint64_t units;
};

struct batch {
    int total, ntables; /* total may pass BATCH_MAX; the excess is only counted */
    bool has_items, bad_length, bad_name, too_many, missing;
    int capacity;
    struct span enums[2]; /* ReturnConsumedCapacity, ReturnItemCollectionMetrics; .p NULL: absent */
    struct constraints nulls;
    struct value_error err;
    struct throttles why;
    struct batch_table tables[BATCH_MAX];
    struct batch_write writes[BATCH_MAX];
};

/* Read a PutRequest or DeleteRequest; true if it has its Item or Key. */
static bool read_write(struct batch *b, struct json *j, bool put, struct batch_write *w)
{
    bool first = true, found = false;
    struct json_str member;
    struct span ignored;
    const struct table *t = b->tables[w->table].table;
    json_open(j, '{');
    while (json_next_member(j, &first, &member)) {
        if (!json_str_is(member, put ? "Item" : "Key") || json_peek(j) == JSON_NULL) {
            json_value(j, &ignored);
            continue;
        }
        found = true;
        w->is_delete = !put;
        item_check(j, t != NULL ? &t->schema : NULL, &b->err, &w->item);
    }
    return found;
}

static void note_null(struct batch *b, int table, int member, bool put)
{
    char at[160];
    struct span name = b->tables[table].name;
    snprintf(at, sizeof(at), "requestItems.%.*s.member.%d.member.%s", name.n > 80 ? 80 : (int)name.n,
             (const char *)name.p, member, put ? "putRequest.item" : "deleteRequest.key");
    constraint_add(&b->nulls, NULL, at, "Member must not be null");
}

/* Read the `number`-th request of a table, counted from 1. */
static void read_request(struct batch *b, struct json *j, int table, int number)
{
    struct json_str name;
    bool first = true;
    int kinds = 0;
    struct batch_write spare, *w = b->total < BATCH_MAX ? &b->writes[b->total] : &spare;
    struct span ignored;
    w->table = table;
    w->unprocessed = false;
    if (!json_open(j, '{'))
        return;
    while (json_next_member(j, &first, &name)) {
        bool put = json_str_is(name, "PutRequest"), is_delete = json_str_is(name, "DeleteRequest");
        if ((!put && !is_delete) || json_peek(j) == JSON_NULL) {
            json_value(j, &ignored);
            continue;
        }
        kinds++;
        if (!read_write(b, j, put, w)) {
            note_null(b, table, number, put);
            w->is_delete = true; /* no item to validate */
        }
    }
    if (kinds != 1)
        value_error_set(&b->err, false,
                        "Supplied AttributeValue has more than one datatypes set, must contain "
                        "exactly one of the supported datatypes");
    else if (!w->is_delete && w->item.size > ITEM_BYTES_MAX)
        value_error_set(&b->err, false, "Item size has exceeded the maximum allowed size");
}

static void read_table(struct call *c, struct batch *b, struct json *j, struct json_str name)
{
    struct span ignored;
    bool first = true;
    if (b->ntables == BATCH_MAX) {
        b->too_many = true;
        json_value(j, &ignored);
        return;
    }
    int at = b->ntables++, n = 0;
    struct batch_table *t = &b->tables[at];
    *t = (struct batch_table){.name = name.raw, .table = op_active_table(c, name.raw)};
    b->missing = b->missing || t->table == NULL;
    b->bad_name = b->bad_name || !constraint_table_name_ok(name.raw);
    json_open(j, '[');
    while (json_next_element(j, &first)) {
        read_request(b, j, at, ++n);
        b->total++;
    }
    b->bad_length = b->bad_length || n == 0 || n > BATCH_MAX;
}

/* Read a member that must be a string or null. */
static void read_enum(struct batch *b, struct json *j, struct span *ret)
{
    enum json_kind kind = json_peek(j);
    struct span value;
    if (json_value(j, &value) && kind == JSON_STRING)
        *ret = value;
    else if (kind != JSON_NULL)
        value_error_set(&b->err, true, "only a string or null can be converted to an String");
}

static void read_body(struct call *c, struct batch *b, struct json *j)
{
    bool first = true, inner_first = true;
    struct json_str name, table;
    struct span ignored;
    json_open(j, '{');
    while (json_next_member(j, &first, &name)) {
        if (json_str_is(name, "RequestItems") && json_peek(j) != JSON_NULL) {
            b->has_items = true;
            json_open(j, '{');
            while (json_next_member(j, &inner_first, &table))
                read_table(c, b, j, table);
        } else if (json_str_is(name, "ReturnConsumedCapacity")) {
            read_enum(b, j, &b->enums[0]);
        } else if (json_str_is(name, "ReturnItemCollectionMetrics")) {
            read_enum(b, j, &b->enums[1]);
        } else {
            json_value(j, &ignored);
        }
    }
    b->capacity = op_capacity_wanted(b->enums[0]);
}

/* Member constraints, then the overall limit; true if an error was answered. */
static bool refuse_shape(struct call *c, const struct batch *b)
{
    static const char at[] = "requestItems";
    struct constraints all = {.n = 0};
    constraint_enum(&all, b->enums[0], "returnConsumedCapacity", "[INDEXES, TOTAL, NONE]");
    constraint_enum(&all, b->enums[1], "returnItemCollectionMetrics", "[SIZE, NONE]");
    if (!b->has_items)
        constraint_add(&all, NULL, at, "Member must not be null");
    else if (b->ntables == 0)
        constraint_add(&all, "{}", at, "Member must have length greater than or equal to 1");
    if (b->bad_name)
        constraint_add(&all, "{...}", at,
                       "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member "
                       "must have length greater than or equal to 3, Member must satisfy regular expression pattern: "
                       "[a-zA-Z0-9_.-]+]");
    if (b->bad_length)
        constraint_add(&all, "{...}", at,
                       "Map value must satisfy constraint: [Member must have length less than or equal to 25, Member "
                       "must have length greater than or equal to 1]");
    constraint_join(&all, &b->nulls);
    if (all.n > 0)
        reply_error(c, 400, "ValidationException", "%d validation error%s detected: %s", all.n, all.n > 1 ? "s" : "",
                    all.text);
    else if (b->total > BATCH_MAX || b->too_many)
        reply_error(c, 400, "ValidationException", "Too many items requested for the BatchWriteItem call");
    else
        return false;
    return true;
}

static struct span key_of(const struct call *c, const struct batch_write *w)
{
    return span_of(c->fake->keys.p + w->key_at, w->key_len);
}

/* Build all keys; false after answering an error. */
static bool make_keys(struct call *c, struct batch *b)
{
    struct text *keys = &c->fake->keys;
    for (int i = 0; i < b->total; i++) {
        struct batch_write *w = &b->writes[i];
        w->key_at = keys->len;
        item_key(&w->item, &b->tables[w->table].table->schema, w->is_delete ? KEY_ALONE : KEY_IN_BATCH, &b->err, keys);
        w->key_len = keys->len - w->key_at;
        if (reply_value_error(c, &b->err))
            return false;
    }
    for (int i = 0; i < b->total; i++) {
        struct batch_write *w = &b->writes[i];
        w->hash = store_hash(&c->fake->store, key_of(c, w));
        for (int k = 0; k < i; k++) {
            struct batch_write *o = &b->writes[k];
            if (o->hash == w->hash && b->tables[o->table].table == b->tables[w->table].table &&
                span_equal(key_of(c, o), key_of(c, w))) {
                reply_error(c, 400, "ValidationException", "Provided list of item keys contains duplicates");
                return false;
            }
        }
    }
    return true;
}

/* Roll which items are returned unprocessed; returns how many. */
static int roll_unprocessed(struct call *c, struct batch *b)
{
    int n = 0;
    for (int i = 0; i < b->total && !c->replay; i++) {
        struct batch_write *w = &b->writes[i];
        struct op_write ask = {b->tables[w->table].table, key_of(c, w), w->hash, w->is_delete ? 0 : w->item.size};
        w->unprocessed = (c->faults && fault_roll_item(&c->fake->fault, c->set)) || !op_take_units(c, &ask, &b->why);
        n += w->unprocessed ? 1 : 0;
    }
    return n;
}

/* Apply the writes; false after answering an error. */
static bool apply_all(struct call *c, struct batch *b)
{
    struct counters *count = &c->fake->counters;
    for (int i = 0; i < b->total; i++) {
        struct batch_write *w = &b->writes[i];
        struct batch_table *t = &b->tables[w->table];
        uint32_t old_size;
        if (w->unprocessed)
            continue;
        struct store_write sw = {.key = key_of(c, w),
                                 .hash = w->hash,
                                 .size = w->item.size,
                                 .request = c->request,
                                 .item = w->is_delete ? span_of(NULL, 0) : w->item.text,
                                 .now_ms = c->now_ms};
        if (!store_apply(&c->fake->store, t->table, &sw, &old_size)) {
            reply_error(c, 500, "InternalServerError", "fakeddb is full; start it with a larger --memory-mib");
            return false;
        }
        uint32_t size = w->is_delete || old_size > w->item.size ? old_size : w->item.size;
        t->units += op_write_units(size);
        count->items_put += w->is_delete ? 0 : 1;
        count->items_deleted += w->is_delete ? 1 : 0;
    }
    return true;
}

/* The unprocessed writes of one table, in another order and with other spellings of the same values. */
static void put_unprocessed_table(struct call *c, const struct batch *b, int table)
{
    const struct batch_write *back[BATCH_MAX];
    int n = 0;
    for (int i = 0; i < b->total; i++) {
        if (b->writes[i].unprocessed && b->writes[i].table == table)
            back[n++] = &b->writes[i];
    }
    text_puts(c->out, "\"");
    text_put(c->out, b->tables[table].name.p, b->tables[table].name.n);
    text_puts(c->out, "\":[");
    for (int i = n; i > 0; i--) {
        int pick = (int)fault_below(&c->fake->fault, (uint64_t)i);
        const struct batch_write *w = back[pick];
        back[pick] = back[i - 1];
        uint64_t dice = fault_below(&c->fake->fault, UINT64_MAX);
        text_puts(c->out, w->is_delete ? "{\"DeleteRequest\":{\"Key\":" : "{\"PutRequest\":{\"Item\":");
        value_rewrite_item(w->item.text, VALUE_RESPELL, &dice, c->out);
        text_puts(c->out, i > 1 ? "}}," : "}}");
    }
    text_puts(c->out, "]");
}

static void put_unprocessed(struct call *c, const struct batch *b)
{
    bool any = false;
    for (int t = 0; t < b->ntables; t++) {
        bool here = false;
        for (int i = 0; i < b->total; i++)
            here = here || (b->writes[i].unprocessed && b->writes[i].table == t);
        if (!here)
            continue;
        text_puts(c->out, any ? "," : "");
        put_unprocessed_table(c, b, t);
        any = true;
    }
}

static void put_answer(struct call *c, const struct batch *b, int unprocessed)
{
    text_puts(c->out, "{\"UnprocessedItems\":{");
    if (unprocessed > 0)
        put_unprocessed(c, b);
    text_puts(c->out, "}");
    if (b->capacity > 0) {
        text_puts(c->out, ",\"ConsumedCapacity\":[");
        for (int t = 0; t < b->ntables; t++) {
            text_puts(c->out, t > 0 ? "," : "");
            op_put_capacity(c, b->tables[t].name, (double)b->tables[t].units, b->capacity);
        }
        text_puts(c->out, "]");
    }
    text_puts(c->out, "}");
}

void op_batch_write_item(struct call *c)
{
    struct batch b;
    memset(&b, 0, offsetof(struct batch, tables));
    struct json j = json_of(c->body);
    read_body(c, &b, &j);
    if (!json_end(&j)) {
        reply_bad_json(c);
        return;
    }
    if (b.err.serialization && reply_value_error(c, &b.err))
        return;
    if (refuse_shape(c, &b) || reply_value_error(c, &b.err))
        return;
    if (b.missing) {
        reply_error(c, 400, "ResourceNotFoundException", "Requested resource not found");
        return;
    }
    if (!make_keys(c, &b))
        return;
    int unprocessed = roll_unprocessed(c, &b);
    c->fake->counters.items_unprocessed += (uint64_t)unprocessed;
    if (unprocessed == b.total) {
        reply_throttles(c, &b.why);
        return;
    }
    if (apply_all(c, &b))
        put_answer(c, &b, unprocessed);
}
