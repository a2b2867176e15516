/* response_describe: key schema and state of a table. See response_describe.h. */
#include "daemon/dynamo/response_describe.h"

#include <string.h>

#include "daemon/dynamo/response_json.h"
#include "daemon/dynamo/response_part.h"
#include "proto/err.h"

static bool span_is(struct span s, const char *text)
{
    return span_equal(s, span_of(text, strlen(text)));
}

/* The declared type of a key attribute; 0 if there is none or it cannot be a key's type. */
static char type_of(const json_t *definitions, struct span name)
{
    for (size_t i = 0; i < json_array_size(definitions); i++) {
        const json_t *d = json_array_get(definitions, i);
        struct span type = response_json_string(d, "AttributeType");
        if (span_equal(response_json_string(d, "AttributeName"), name))
            return type.n == 1 && memchr("SNB", type.p[0], 3) != NULL ? (char)type.p[0] : '\0';
    }
    return '\0';
}

static bool attr_read(const json_t *element, const json_t *definitions, struct key_attr *ret)
{
    struct span name = response_json_string(element, "AttributeName");
    char type = type_of(definitions, name);
    /* A name that contains a NUL cannot be looked up as a C string. */
    if (name.n == 0 || name.n > ITEM_KEY_NAME_MAX || memchr(name.p, '\0', name.n) != NULL || type == '\0')
        return false;
    *ret = (struct key_attr){.type = type, .name_len = (uint8_t)name.n};
    memcpy(ret->name, name.p, name.n);
    return true;
}

/* One HASH element, and at most one RANGE, in either order. */
static bool schema_read(const json_t *table, struct key_schema *ret)
{
    const json_t *elements = json_object_get(table, "KeySchema");
    const json_t *definitions = json_object_get(table, "AttributeDefinitions");
    size_t count = json_array_size(elements);
    if (count < 1 || count > 2)
        return false;
    bool seen[2] = {false, false};
    for (size_t i = 0; i < count; i++) {
        const json_t *element = json_array_get(elements, i);
        struct span kind = response_json_string(element, "KeyType");
        size_t at = span_is(kind, "HASH") ? 0 : 1;
        if ((at == 1 && !span_is(kind, "RANGE")) || seen[at] || !attr_read(element, definitions, &ret->attr[at]))
            return false;
        seen[at] = true;
    }
    ret->count = (uint8_t)count;
    return seen[0];
}

/* Read key schema and state. Returns NULL, or what is wrong with the answer. */
static const char *table_read(const json_t *table, struct job_result *ret)
{
    struct key_schema schema = {0};
    struct span status = response_json_string(table, "TableStatus");
    if (status.n == 0)
        return "DescribeTable returned no TableStatus";
    bool active = span_is(status, "ACTIVE") || span_is(status, "UPDATING");
    bool known = schema_read(table, &schema);
    if (active && !known)
        return "DescribeTable returned no usable key schema";
    if (known)
        ret->schema = schema; /* may be missing while a table is being deleted */
    ret->table_active = active;
    if (!active)
        response_part_set_text(ret, "the table is %.*s", (int)(status.n < JOB_TEXT ? status.n : JOB_TEXT),
                               (const char *)status.p);
    return NULL;
}

void response_describe_classify(const struct job *job, struct span body, struct job_result *ret)
{
    json_t *root = NULL;
    int rc = response_json_load(body, &root);
    ret->outcome = JOB_DONE;
    const char *wrong = rc == DDBS_OK ? table_read(json_object_get(root, "Table"), ret) : response_json_load_error(rc);
    if (wrong != NULL)
        response_part_set_broken(job, wrong, ret);
    json_decref(root);
}
