/* op_table: CreateTable, DescribeTable, DeleteTable, ListTables. Tables are ACTIVE at once. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakeddb/json.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"

enum { M_TABLE, M_ATTRIBUTES, M_KEYS, M_BILLING, M_THROUGHPUT, M_GLOBAL, M_LOCAL, M_COUNT };

static const char *const members[M_COUNT] = {
    [M_TABLE] = "TableName",
    [M_ATTRIBUTES] = "AttributeDefinitions",
    [M_KEYS] = "KeySchema",
    [M_BILLING] = "BillingMode",
    [M_THROUGHPUT] = "ProvisionedThroughput",
    [M_GLOBAL] = "GlobalSecondaryIndexes",
    [M_LOCAL] = "LocalSecondaryIndexes",
};

/* A table being made. */
struct making {
    struct span value[M_COUNT];
    char name[256];
    struct schema schema;
    struct text description;
    const char *why; /* what is wrong; NULL: nothing yet */
};

/* The inside of a JSON string without escapes; false if it is not one. */
static bool plain_string(struct span value, struct span *ret)
{
    if (value.p == NULL || value.n < 2 || value.p[0] != '"' || memchr(value.p, '\\', value.n) != NULL)
        return false;
    *ret = span_of(value.p + 1, value.n - 2);
    return true;
}

static bool table_name_ok(struct span name)
{
    if (name.n < 3 || name.n > 255)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '-' && c != '.')
            return false;
    }
    return true;
}

/* The type that AttributeDefinitions gives a name; 0 if none. */
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

/* The parts of the description that come from the request's own text. */
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
    if (on_demand)
        text_puts(&m->description, ",\"BillingModeSummary\":{\"BillingMode\":\"PAY_PER_REQUEST\"}");
    else if (write == 0)
        m->why = "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
                 "specified when BillingMode is PROVISIONED";
}

/* Judge a CreateTable body; m->why says what is wrong. */
static void making_read(struct making *m, struct span body)
{
    struct span name;
    m->why = "the body has to be a JSON object";
    if (!json_members(body, members, m->value, M_COUNT))
        return;
    m->why = "TableName must be 3 to 255 characters of a-z, A-Z, 0-9, '_', '-' and '.'";
    if (!plain_string(m->value[M_TABLE], &name) || !table_name_ok(name))
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

/* Make the table; NULL with m->why. */
static struct table *making_finish(struct fake *f, struct making *m, int64_t now_s)
{
    struct table *t = store_add(&f->store, m->name, &m->schema, now_s);
    if (t == NULL) {
        m->why = "fakeddb holds at most 64 tables";
        return NULL;
    }
    text_put(&t->description, m->description.p, m->description.len);
    return t;
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
    text_init(&m.description, 32 * 1024);
    making_read(&m, c->body);
    if (m.why != NULL) {
        reply_error(c, 400, "ValidationException", "%s", m.why);
    } else if (store_find(&c->fake->store, span_of(m.name, strlen(m.name))) != NULL) {
        reply_error(c, 400, "ResourceInUseException", "Table already exists: %s", m.name);
    } else {
        struct table *t = making_finish(c->fake, &m, c->now_s);
        if (t != NULL)
            put_table(c, "TableDescription", t, "ACTIVE");
        else
            reply_error(c, 400, "LimitExceededException", "%s", m.why);
    }
    text_fini(&m.description);
}

/* The table of a body that has only TableName; NULL after answering the error. */
static struct table *named_table(struct call *c)
{
    struct span name = {NULL, 0}, plain;
    if (!json_members(c->body, members, &name, 1)) {
        reply_bad_json(c);
        return NULL;
    }
    struct table *t = op_table(c, name);
    if (t == NULL && c->status == 400 && plain_string(name, &plain) && plain.n >= 3)
        reply_error(c, 400, "ResourceNotFoundException", "Requested resource not found: Table: %.*s not found",
                    plain.n > 255 ? 255 : (int)plain.n, (const char *)plain.p);
    return t;
}

void op_describe_table(struct call *c)
{
    struct table *t = named_table(c);
    if (t != NULL)
        put_table(c, "Table", t, "ACTIVE");
}

void op_delete_table(struct call *c)
{
    struct table *t = named_table(c);
    if (t == NULL)
        return;
    put_table(c, "TableDescription", t, "DELETING");
    store_remove(&c->fake->store, t);
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

/* Write the CreateTable body that an option NAME:pk[=T][,sk[=T]] stands for; false if it is not one. */
static bool option_body(const char *option, struct text *out)
{
    const char *colon = strchr(option, ':');
    struct text defs;
    if (colon == NULL || strpbrk(option, "\"\\") != NULL)
        return false;
    text_init(&defs, 4096);
    text_putf(out, "{\"TableName\":\"%.*s\",\"BillingMode\":\"PAY_PER_REQUEST\",\"KeySchema\":[", (int)(colon - option),
              option);
    const char *p = colon + 1;
    for (int i = 0; *p != '\0'; i++) {
        int n = (int)strcspn(p, ",");
        bool typed = n > 2 && p[n - 2] == '=';
        text_putf(out, "%s{\"AttributeName\":\"%.*s\",\"KeyType\":\"%s\"}", i > 0 ? "," : "", typed ? n - 2 : n, p,
                  i > 0 ? "RANGE" : "HASH");
        text_putf(&defs, "%s{\"AttributeName\":\"%.*s\",\"AttributeType\":\"%c\"}", i > 0 ? "," : "",
                  typed ? n - 2 : n, p, typed ? p[n - 1] : 'S');
        p += p[n] == ',' ? n + 1 : n;
    }
    text_puts(out, "],\"AttributeDefinitions\":[");
    text_put(out, defs.p, defs.len);
    text_puts(out, "]}");
    bool ok = !out->failed && !defs.failed;
    text_fini(&defs);
    return ok;
}

bool op_table_from_option(struct fake *f, const char *option, int64_t now_s, char *errmsg, size_t errmsg_max)
{
    struct making m = {.why = "write it as NAME:partition[=S|N|B][,sort[=S|N|B]]"};
    struct text body;
    text_init(&body, 16 * 1024);
    text_init(&m.description, 32 * 1024);
    if (option_body(option, &body))
        making_read(&m, text_span(&body));
    if (m.why == NULL && store_find(&f->store, span_of(m.name, strlen(m.name))) != NULL)
        m.why = "the table is named twice";
    if (m.why == NULL)
        making_finish(f, &m, now_s);
    if (m.why != NULL)
        snprintf(errmsg, errmsg_max, "--table %s: %s", option, m.why);
    text_fini(&body);
    text_fini(&m.description);
    return m.why == NULL;
}
