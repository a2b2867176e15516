/* response_describe: the body of a DescribeTable that was answered with 200: key schema and state. See response.h. */
#include "daemon/core/response_part.h"
#include "proto/err.h"

#include <string.h>

static bool span_is(struct span s, const char *text)
{
    return span_equal(s, span_of(text, strlen(text)));
}

/* The declared type of an attribute, 0 if it has none that a key may have. */
static char type_of(const json_t *definitions, struct span name)
{
    for (size_t i = 0; i < json_array_size(definitions); i++) {
        const json_t *d = json_array_get(definitions, i);
        struct span type = response_string(d, "AttributeType");
        if (span_equal(response_string(d, "AttributeName"), name))
            return type.n == 1 && memchr("SNB", type.p[0], 3) != NULL ? (char)type.p[0] : '\0';
    }
    return '\0';
}

static bool attr_read(const json_t *element, const json_t *definitions, struct key_attr *ret)
{
    struct span name = response_string(element, "AttributeName");
    char type = type_of(definitions, name);
    /* A name with a NUL inside could not be looked up as a text. */
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
        struct span kind = response_string(element, "KeyType");
        size_t at = span_is(kind, "HASH") ? 0 : 1;
        if ((at == 1 && !span_is(kind, "RANGE")) || seen[at] || !attr_read(element, definitions, &ret->attr[at]))
            return false;
        seen[at] = true;
    }
    ret->count = (uint8_t)count;
    return seen[0];
}

/* Returns NULL if all is well, else what is not. */
static const char *table_read(const json_t *table, struct job_result *ret)
{
    struct key_schema schema = {0};
    struct span status = response_string(table, "TableStatus");
    if (status.n == 0)
        return "DescribeTable told no TableStatus";
    bool active = span_is(status, "ACTIVE") || span_is(status, "UPDATING");
    bool known = schema_read(table, &schema);
    if (active && !known)
        return "DescribeTable told no usable key schema";
    if (known)
        ret->schema = schema; /* a table that is being deleted may come without */
    ret->table_active = active;
    if (!active)
        response_say(ret, "the table is %.*s", (int)(status.n < JOB_TEXT ? status.n : JOB_TEXT),
                     (const char *)status.p);
    return NULL;
}

void response_judge_describe(const struct job *job, struct span body, struct job_result *ret)
{
    json_t *root = NULL;
    int rc = response_load(body, &root);
    ret->outcome = JOB_DONE;
    const char *wrong = rc == DDBS_OK ? table_read(json_object_get(root, "Table"), ret) : response_load_error(rc);
    if (wrong != NULL)
        response_broken(job, wrong, ret);
    json_decref(root);
}
