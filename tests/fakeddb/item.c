/* item: see item.h. */
#include "tests/fakeddb/item.h"

#include <string.h>

#include "proto/be.h"
#include "tests/fakeddb/base64.h"
#include "tests/fakeddb/decimal.h"

enum { PARTITION_KEY_MAX = 2048, SORT_KEY_MAX = 1024, ATTR_BYTES_MAX = 65535 };

static int attr_find(const struct schema *schema, struct json_str name)
{
    uint8_t plain[6 * ATTR_NAME_MAX];
    struct span n = name.raw;
    if (name.escaped) {
        if (n.n > sizeof(plain))
            return -1;
        n = span_of(plain, json_unescape(name.raw, plain));
    }
    for (int i = 0; i < schema->nattrs; i++) {
        if (schema->attr[i].name_len == n.n && memcmp(schema->attr[i].name, n.p, n.n) == 0)
            return i;
    }
    return -1;
}

void item_check(struct json *j, const struct schema *schema, struct value_error *err, struct item *ret)
{
    bool first = true;
    struct json_str name;
    ret->size = 0;
    ret->count = 0;
    for (int i = 0; schema != NULL && i < schema->nattrs; i++)
        ret->attr[i].type = NULL;
    enum json_kind kind = json_peek(j);
    const uint8_t *start = j->p;
    if (kind != JSON_OBJECT) {
        struct span ignored;
        value_error_set(err, true, "Start of a map expected for an item or key");
        json_value(j, &ignored);
        return;
    }
    json_open(j, '{');
    while (json_next_member(j, &first, &name)) {
        struct value_info info;
        size_t name_len = json_str_len(name);
        if (name_len == 0 || name_len > ATTR_BYTES_MAX)
            value_error_set(err, false,
                            "One or more parameter values were invalid: Attribute names have 1 to 65535 "
                            "bytes");
        value_check(j, 1, err, &info);
        ret->size += info.size + (uint32_t)name_len;
        ret->count++;
        int at = schema != NULL ? attr_find(schema, name) : -1;
        if (at >= 0)
            ret->attr[at] = info;
    }
    ret->text = span_of(start, (size_t)(j->p - start));
}

/* Put the comparable bytes of a scalar; returns their number. */
static size_t put_scalar(const struct value_info *v, struct text *out)
{
    size_t before = out->len, n = v->inside.raw.n;
    if (v->type[0] == 'S') {
        uint8_t *to = (uint8_t *)text_room(out, n + 1);
        if (to != NULL && !v->inside.escaped)
            memcpy(to, v->inside.raw.p, n);
        if (to != NULL)
            out->len += v->inside.escaped ? json_unescape(v->inside.raw, to) : n;
    } else if (v->type[0] == 'B') {
        uint8_t *to = (uint8_t *)text_room(out, n + 1);
        if (to != NULL)
            out->len += base64_decode(v->inside.raw, to);
    } else {
        struct decimal d;
        uint8_t buf[1024];
        struct span text = v->inside.raw;
        if (v->inside.escaped && text.n <= sizeof(buf))
            text = span_of(buf, json_unescape(text, buf));
        if (decimal_parse(text, &d) == NULL)
            decimal_put(&d, DECIMAL_PLAIN, out);
    }
    return out->len - before;
}

/* True if the attribute has its declared type; else sets the error message. */
static bool key_attr_check(const struct value_info *v, const struct schema_attr *a, enum key_use use,
                           struct value_error *err)
{
    if (v->type != NULL && v->type[0] == a->type && v->type[1] == '\0')
        return true;
    if (use != KEY_IN_ITEM)
        value_error_set(err, false, "The provided key element does not match the schema");
    else if (v->type == NULL)
        value_error_set(err, false, "One or more parameter values were invalid: Missing the key %s in the item",
                        a->name);
    else
        value_error_set(err, false,
                        "One or more parameter values were invalid: Type mismatch for key %s expected: %c actual: %s",
                        a->name, a->type, v->type);
    return false;
}

static void key_part(const struct value_info *v, const struct schema_attr *a, bool partition, struct value_error *err,
                     struct text *out)
{
    char head[3] = {a->type, 0, 0};
    size_t at = out->len, max = partition ? PARTITION_KEY_MAX : SORT_KEY_MAX;
    text_put(out, head, sizeof(head));
    size_t n = put_scalar(v, out);
    if (n == 0)
        value_error_set(err, false,
                        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                        "contain an empty %s value. Key: %s",
                        a->type == 'B' ? "binary" : "string", a->name);
    else if (n > max && partition)
        value_error_set(err, false,
                        "One or more parameter values were invalid: Size of hashkey has exceeded the "
                        "maximum size limit of2048 bytes");
    else if (n > max)
        value_error_set(err, false,
                        "One or more parameter values were invalid: Aggregated size of all range keys "
                        "has exceeded the size limit of 1024 bytes");
    else if (!out->failed)
        be_store16((uint8_t *)out->p + at + 1, (uint16_t)n);
}

static void index_attr_check(const struct value_info *v, const struct schema_attr *a, struct value_error *err)
{
    if (v->type == NULL)
        return;
    if (v->type[0] != a->type || v->type[1] != '\0')
        value_error_set(err, false,
                        "One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %c "
                        "Actual: %s IndexName: %s",
                        a->name, a->type, v->type, a->index);
    else if (v->inside.raw.n == 0)
        value_error_set(err, false,
                        "One or more parameter values are not valid. A value specified for a secondary index key is "
                        "not supported. The AttributeValue for a key attribute cannot contain an empty %s value. "
                        "IndexName: %s, IndexKey: %s",
                        a->type == 'B' ? "binary" : "string", a->index, a->name);
}

void item_key(const struct item *item, const struct schema *schema, enum key_use use, struct value_error *err,
              struct text *out)
{
    if (use == KEY_ALONE && item->count != (uint32_t)schema->nkeys)
        value_error_set(err, false, "The provided key element does not match the schema");
    for (int i = 0; i < schema->nkeys; i++) {
        if (!key_attr_check(&item->attr[i], &schema->attr[i], use, err))
            return;
        key_part(&item->attr[i], &schema->attr[i], i == 0, err, out);
    }
    for (int i = schema->nkeys; i < schema->nattrs && use != KEY_ALONE; i++)
        index_attr_check(&item->attr[i], &schema->attr[i], err);
}

void key_put_json(struct span key, const struct schema *schema, struct text *out)
{
    text_puts(out, "{");
    for (int i = 0; i < schema->nkeys && key.n >= 3; i++) {
        char type = (char)key.p[0];
        size_t n = be_load16(key.p + 1);
        if (i > 0)
            text_puts(out, ",");
        text_put_string(out, schema->attr[i].name, schema->attr[i].name_len);
        text_putf(out, ":{\"%c\":", type);
        if (type == 'B') {
            text_puts(out, "\"");
            text_put_base64(out, key.p + 3, n);
            text_puts(out, "\"");
        } else {
            text_put_string(out, key.p + 3, n);
        }
        text_puts(out, "}");
        key = span_from(key, 3 + n);
    }
    text_puts(out, "}");
}
