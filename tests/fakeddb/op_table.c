/* op_table: CreateTable, DescribeTable, DeleteTable, ListTables. How long a table is CREATING and DELETING is a
 * setting; while it is, it can be described but not used.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakeddb/constraint.h"
#include "tests/fakeddb/json.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"

enum { DESCRIPTION_MAX = 32 * 1024 };
enum { M_TABLE, M_ATTRIBUTES, M_KEYS, M_BILLING, M_THROUGHPUT, M_ON_DEMAND, M_GLOBAL, M_LOCAL, M_COUNT };

static const char *const members[M_COUNT] = {
    [M_TABLE] = "TableName",
    [M_ATTRIBUTES] = "AttributeDefinitions",
    [M_KEYS] = "KeySchema",
    [M_BILLING] = "BillingMode",
    [M_THROUGHPUT] = "ProvisionedThroughput",
    [M_ON_DEMAND] = "OnDemandThroughput",
    [M_GLOBAL] = "GlobalSecondaryIndexes",
    [M_LOCAL] = "LocalSecondaryIndexes",
};

/* A table being created. */
struct making {
    struct span value[M_COUNT];
    char name[256];
    struct schema schema;
    uint64_t provisioned, on_demand_max; /* write units per second; 0: on demand, 0: none */
    struct text description;
    const char *why; /* the error; NULL: none yet */
};

/* The content of a JSON string without escapes; false if it is not one. */
static bool plain_string(struct span value, struct span *ret)
{
    if (value.p == NULL || value.n < 2 || value.p[0] != '"' || memchr(value.p, '\\', value.n) != NULL)
        return false;
    *ret = span_of(value.p + 1, value.n - 2);
    return true;
}

/* The type of an attribute in AttributeDefinitions; 0 if missing. */
static char attr_type(struct span definitions, struct span name)
{
    static const char *const names[2] = {"AttributeName", "AttributeType"};
    struct json j = json_of(definitions);
    bool first = true;
    struct span one, value[2], n, type;
    if (definitions.p == NULL || !json_open(&j, '['))
        return 0;
    while (json_next_element(&j, &first) && json_value(&j, &one)) {
        if (!json_members(one, names, value, 2) || !plain_string(value[0], &n) || !plain_string(value[1], &type))
            return 0;
        if (span_equal(n, name) && type.n == 1 && strchr("SNB", type.p[0]) != NULL)
            return (char)type.p[0];
    }
    return 0;
}

static bool schema_add(struct schema *s, struct span name, char type, struct span index)
{
    if (s->nattrs == SCHEMA_ATTRS_MAX || name.n == 0 || name.n > ATTR_NAME_MAX || index.n > ATTR_NAME_MAX)
        return false;
    struct schema_attr *a = &s->attr[s->nattrs++];
    *a = (struct schema_attr){.type = type, .name_len = (uint8_t)name.n};
    memcpy(a->name, name.p, name.n);
    if (index.n > 0)
        memcpy(a->index, index.p, index.n);
    return true;
}

/* Add the attributes of a KeySchema; `index` is empty for the table's own. */
static void add_keys(struct making *m, struct span keys, struct span index)
{
    static const char *const names[2] = {"AttributeName", "KeyType"};
    struct json j = json_of(keys);
    bool first = true;
    struct span one, value[2], name, type;
    int n = 0;
    m->why = "One or more parameter values were invalid: KeySchema has to be a list of AttributeName and KeyType";
    if (keys.p == NULL || !json_open(&j, '['))
        return;
    for (; json_next_element(&j, &first) && json_value(&j, &one); n++) {
        if (!json_members(one, names, value, 2) || !plain_string(value[0], &name) || !plain_string(value[1], &type))
            return;
        if (!span_equal(type, n == 0 ? span_of("HASH", 4) : span_of("RANGE", 5)) || n > 1)
            return;
        char t = attr_type(m->value[M_ATTRIBUTES], name);
        m->why = "One or more parameter values were invalid: Some index key attributes are not defined in "
                 "AttributeDefinitions";
        if (t == 0 || !schema_add(&m->schema, name, t, index))
            return;
    }
    m->why = n == 0 || j.bad ? "One or more parameter values were invalid: KeySchema must not be empty" : NULL;
}

static void add_indexes(struct making *m, int member)
{
    static const char *const names[3] = {"IndexName", "KeySchema", "Projection"};
    struct json j = json_of(m->value[member]);
    bool first = true;
    struct span one, value[3], index;
    if (m->value[member].p == NULL || m->why != NULL)
        return;
    text_putf(&m->description, ",\"%s\":[", members[member]);
    json_open(&j, '[');
    for (int n = 0; json_next_element(&j, &first) && json_value(&j, &one) && m->why == NULL; n++) {
        if (!json_members(one, names, value, 3) || !plain_string(value[0], &index) || value[2].p == NULL) {
            m->why = "One or more parameter values were invalid: an index needs IndexName, KeySchema and Projection";
            return;
        }
        add_keys(m, value[1], index);
        text_putf(&m->description, "%s{\"IndexName\":%.*s,\"KeySchema\":%.*s,\"Projection\":%.*s", n > 0 ? "," : "",
                  (int)value[0].n, (const char *)value[0].p, (int)value[1].n, (const char *)value[1].p, (int)value[2].n,
                  (const char *)value[2].p);
        text_puts(&m->description, member == M_GLOBAL ? ",\"IndexStatus\":\"ACTIVE\"}" : "}");
    }
    text_puts(&m->description, "]");
}

/* The maximum of an on-demand table, if it has one. */
static void describe_on_demand(struct making *m)
{
    static const char *const names[1] = {"MaxWriteRequestUnits"};
    struct span units = {NULL, 0}, given = m->value[M_ON_DEMAND];
    if (given.p == NULL)
        return;
    if (json_members(given, names, &units, 1) && units.p != NULL)
        json_text_u64(units, &m->on_demand_max); /* -1 removes a maximum: there is none to remove */
    text_putf(&m->description, ",\"OnDemandThroughput\":%.*s", (int)given.n, (const char *)given.p);
}

/* The parts of the description that copy the request's text. */
static void describe(struct making *m)
{
    static const char *const names[2] = {"ReadCapacityUnits", "WriteCapacityUnits"};
    struct span units[2] = {{NULL, 0}, {NULL, 0}};
    uint64_t read = 0, write = 0;
    bool on_demand = span_equal(m->value[M_BILLING], span_of("\"PAY_PER_REQUEST\"", 17));
    text_putf(&m->description, ",\"AttributeDefinitions\":%.*s,\"KeySchema\":%.*s", (int)m->value[M_ATTRIBUTES].n,
              (const char *)m->value[M_ATTRIBUTES].p, (int)m->value[M_KEYS].n, (const char *)m->value[M_KEYS].p);
    if (!on_demand && m->value[M_THROUGHPUT].p != NULL && json_members(m->value[M_THROUGHPUT], names, units, 2)) {
        json_text_u64(units[0], &read);
        json_text_u64(units[1], &write);
    }
    text_putf(&m->description,
              ",\"ProvisionedThroughput\":{\"NumberOfDecreasesToday\":0,\"ReadCapacityUnits\":%" PRIu64
              ",\"WriteCapacityUnits\":%" PRIu64 "}",
              read, write);
    m->provisioned = write;
    if (on_demand)
        describe_on_demand(m);
    if (on_demand)
        text_puts(&m->description, ",\"BillingModeSummary\":{\"BillingMode\":\"PAY_PER_REQUEST\"}");
    else if (write == 0)
        m->why = "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
                 "specified when BillingMode is PROVISIONED";
}

/* Validate a CreateTable body; m->why is the error. */
static void making_read(struct making *m, struct span body)
{
    struct span name;
    m->why = "the body has to be a JSON object";
    if (!json_members(body, members, m->value, M_COUNT))
        return;
    m->why = "TableName must be 3 to 255 characters of a-z, A-Z, 0-9, '_', '-' and '.'";
    if (!plain_string(m->value[M_TABLE], &name) || name.n > 255 || !constraint_table_name_ok(name))
        return;
    memcpy(m->name, name.p, name.n);
    m->name[name.n] = '\0';
    add_keys(m, m->value[M_KEYS], span_of("", 0));
    m->schema.nkeys = m->schema.nattrs;
    if (m->why != NULL)
        return;
    describe(m);
    add_indexes(m, M_GLOBAL);
    add_indexes(m, M_LOCAL);
    if (m->description.failed)
        m->why = "the description of the table is too long for fakeddb";
}

/* Create the table; NULL with m->why. */
static struct table *making_finish(struct call *c, struct making *m)
{
    struct fake *f = c->fake;
    struct table *t = store_add(&f->store, m->name, &m->schema, c->now_s);
    if (t == NULL) {
        m->why = "fakeddb holds at most 64 tables";
        return NULL;
    }
    text_put(&t->description, m->description.p, m->description.len);
    t->provisioned = m->provisioned;
    t->on_demand_max = m->on_demand_max;
    t->active_ms = c->now_ms + fault_of_table(&f->fault, t->name)->table_ms;
    return t;
}

static const char *status_of(const struct call *c, const struct table *t)
{
    static const char *const names[] = {
        [TABLE_CREATING] = "CREATING", [TABLE_ACTIVE] = "ACTIVE", [TABLE_DELETING] = "DELETING"};
    return names[table_state(t, c->now_ms)];
}

static void put_table(struct call *c, const char *member, const struct table *t, const char *status)
{
    text_putf(c->out,
              "{\"%s\":{\"TableName\":\"%s\",\"TableStatus\":\"%s\",\"CreationDateTime\":%" PRId64
              ",\"ItemCount\":%" PRIu64 ",\"TableSizeBytes\":%" PRIu64
              ",\"TableArn\":\"arn:aws:dynamodb:%s:000000000000:table/%s\"",
              member, t->name, status, t->created_s, t->live_count, t->live_bytes, c->fake->region, t->name);
    text_put(c->out, t->description.p, t->description.len);
    text_puts(c->out, "}}");
}

void op_create_table(struct call *c)
{
    struct making m = {.why = NULL};
    text_init(&m.description, DESCRIPTION_MAX);
    making_read(&m, c->body);
    if (m.why != NULL) {
        reply_error(c, 400, "ValidationException", "%s", m.why);
    } else if (store_find(&c->fake->store, span_of(m.name, strlen(m.name))) != NULL) {
        reply_error(c, 400, "ResourceInUseException", "Table already exists: %s", m.name);
    } else {
        struct table *t = making_finish(c, &m);
        if (t != NULL)
            put_table(c, "TableDescription", t, status_of(c, t));
        else
            reply_error(c, 400, "LimitExceededException", "%s", m.why);
    }
    text_fini(&m.description);
}

/* The table of a body that has only TableName; NULL after answering the error. */
static struct table *named_table(struct call *c)
{
    struct span value = {NULL, 0}, name;
    if (!json_members(c->body, members, &value, 1)) {
        reply_bad_json(c);
        return NULL;
    }
    if (!op_read_table_name(c, value, &name))
        return NULL;
    struct table *t = op_find_table(c, name);
    if (t == NULL)
        reply_error(c, 400, "ResourceNotFoundException", "Requested resource not found: Table: %.*s not found",
                    name.n > 255 ? 255 : (int)name.n, (const char *)name.p);
    return t;
}

void op_describe_table(struct call *c)
{
    struct table *t = named_table(c);
    if (t != NULL)
        put_table(c, "Table", t, status_of(c, t));
}

void op_start_deleting(struct call *c, struct table *t)
{
    uint64_t lasts_ms = fault_of_table(&c->fake->fault, t->name)->table_ms;
    if (lasts_ms == 0) {
        store_remove(&c->fake->store, t);
        return;
    }
    t->deleted_ms = c->now_ms + lasts_ms;
    c->fake->store.ndeleting++;
}

void op_settle_tables(struct call *c)
{
    struct store *s = &c->fake->store;
    for (int i = 0; i < s->ntables && s->ndeleting > 0; i++) {
        if (s->tables[i]->deleted_ms == 0 || s->tables[i]->deleted_ms > c->now_ms)
            continue;
        s->ndeleting--;
        store_remove(s, s->tables[i--]);
    }
}

void op_delete_table(struct call *c)
{
    struct table *t = named_table(c);
    if (t == NULL)
        return;
    enum table_state state = table_state(t, c->now_ms);
    if (state != TABLE_ACTIVE) {
        reply_error(c, 400, "ResourceInUseException",
                    "Attempt to change a resource which is still in use: Table is being %s: %s",
                    state == TABLE_CREATING ? "created" : "deleted", t->name);
        return;
    }
    put_table(c, "TableDescription", t, "DELETING");
    op_start_deleting(c, t);
}

void op_list_tables(struct call *c)
{
    struct span ignored;
    if (!json_members(c->body, members, &ignored, 1)) {
        reply_bad_json(c);
        return;
    }
    text_puts(c->out, "{\"TableNames\":[");
    for (int i = 0; i < c->fake->store.ntables; i++)
        text_putf(c->out, "%s\"%s\"", i > 0 ? "," : "", c->fake->store.tables[i]->name);
    text_puts(c->out, "]}");
}

const char *op_make_table(struct call *c, struct span body, bool only_judge)
{
    struct making m = {.why = NULL};
    text_init(&m.description, DESCRIPTION_MAX);
    making_read(&m, body);
    if (m.why == NULL && !only_judge && store_find(&c->fake->store, span_of(m.name, strlen(m.name))) != NULL)
        m.why = "there is a table of this name";
    if (m.why == NULL && !only_judge)
        making_finish(c, &m);
    text_fini(&m.description);
    return m.why;
}
