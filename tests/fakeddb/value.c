/* value: validation; see value.h. Rewriting is in value_rewrite.c. */
#include "tests/fakeddb/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fakeddb/base64.h"
#include "tests/fakeddb/decimal.h"

enum { SET_TEXT_MAX = 64 * 1024 * 1024, NUMBER_TEXT_MAX = 1024 };

static const char *const kind_names[] = {
    [JSON_BAD] = "BAD_VALUE",       [JSON_OBJECT] = "OBJECT_VALUE", [JSON_ARRAY] = "LIST_VALUE",
    [JSON_STRING] = "STRING_VALUE", [JSON_NUMBER] = "NUMBER_VALUE", [JSON_TRUE] = "TRUE_VALUE",
    [JSON_FALSE] = "FALSE_VALUE",   [JSON_NULL] = "NULL_VALUE",
};

void value_error_set(struct value_error *err, bool serialization, const char *fmt, ...)
{
    if (err->text[0] != '\0' && (err->serialization || !serialization))
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    err->serialization = serialization;
}

/* The JSON kind is wrong for the member: skip it and set the error. */
static void wrong_kind(struct json *j, enum json_kind kind, const char *wanted, struct value_error *err)
{
    struct span ignored;
    if (kind == JSON_OBJECT)
        value_error_set(err, true, "Start of structure or map found where not expected");
    else if (kind == JSON_ARRAY)
        value_error_set(err, true, "Start of list found where not expected");
    else if (kind != JSON_BAD)
        value_error_set(err, true, "%s cannot be converted to %s", kind_names[kind], wanted);
    json_value(j, &ignored);
}

static bool take_string(struct json *j, const char *wanted, struct value_error *err, struct json_str *ret)
{
    enum json_kind kind = json_peek(j);
    if (kind == JSON_STRING)
        return json_string(j, ret);
    wrong_kind(j, kind, wanted, err);
    return false;
}

/* A number's text without escapes, in `buf` if it has any. */
static struct span number_text(struct json_str s, uint8_t buf[NUMBER_TEXT_MAX])
{
    if (!s.escaped || s.raw.n > NUMBER_TEXT_MAX)
        return s.raw;
    return span_of(buf, json_unescape(s.raw, buf));
}

static bool number_check(struct json_str s, struct value_error *err, struct decimal *ret)
{
    uint8_t buf[NUMBER_TEXT_MAX];
    struct span text = number_text(s, buf);
    const char *why = decimal_parse(text, ret);
    if (why == NULL)
        return true;
    bool blank = text.n == 0 || strchr(why, '.') != NULL || strstr(why, "38") != NULL;
    if (blank)
        value_error_set(err, false, "%s", why);
    else
        value_error_set(err, false, "%s: %.*s", why, text.n > 200 ? 200 : (int)text.n, (const char *)text.p);
    return false;
}

static uint32_t string_size(struct json *j, struct value_error *err, struct json_str *ret)
{
    return take_string(j, "String", err, ret) ? (uint32_t)json_str_len(*ret) : 0;
}

static uint32_t number_size(struct json *j, struct value_error *err, struct json_str *ret)
{
    struct decimal d;
    return take_string(j, "String", err, ret) && number_check(*ret, err, &d) ? decimal_size(&d) : 0;
}

static uint32_t blob_size(struct json *j, struct value_error *err, struct json_str *ret)
{
    uint32_t n = 0;
    const char *why = NULL;
    if (!take_string(j, "Blob", err, ret))
        return 0;
    if (ret->escaped) /* only an escaped slash makes sense here */
        value_error_set(err, true, "a Blob with escapes is not taken here: write base64 without backslashes");
    else if (!base64_size(ret->raw, &n, &why))
        value_error_set(err, true, "'%.*s' can not be converted to a Blob: %s",
                        ret->raw.n > 100 ? 100 : (int)ret->raw.n, (const char *)ret->raw.p, why);
    return n;
}

static uint32_t bool_size(struct json *j, bool only_true, struct value_error *err)
{
    enum json_kind kind = json_peek(j);
    struct span text;
    if (kind != JSON_TRUE && kind != JSON_FALSE) {
        wrong_kind(j, kind, "Boolean", err);
        return 0;
    }
    json_value(j, &text);
    if (only_true && kind == JSON_FALSE)
        value_error_set(err, false,
                        "One or more parameter values were invalid: Null attribute value types must have the value "
                        "of true");
    return 1;
}

static uint32_t list_size(struct json *j, int depth, struct value_error *err)
{
    uint32_t size = 3;
    bool first = true;
    if (json_peek(j) != JSON_ARRAY) {
        wrong_kind(j, json_peek(j), "List", err);
        return 0;
    }
    json_open(j, '[');
    while (json_next_element(j, &first)) {
        struct value_info info;
        value_check(j, depth + 1, err, &info);
        size += info.size + 1;
    }
    return size;
}

static uint32_t map_size(struct json *j, int depth, struct value_error *err)
{
    uint32_t size = 3;
    bool first = true;
    struct json_str name;
    if (json_peek(j) != JSON_OBJECT) {
        wrong_kind(j, json_peek(j), "Map", err);
        return 0;
    }
    json_open(j, '{');
    while (json_next_member(j, &first, &name)) {
        struct value_info info;
        if (name.raw.n == 0)
            value_error_set(err, false, "Empty attribute name");
        value_check(j, depth + 1, err, &info);
        size += info.size + 1 + (uint32_t)json_str_len(name);
    }
    return size;
}

/* The members of a set in comparable form, to find duplicates. */
struct set {
    struct text bytes; /* canonical texts, one after the other */
    struct text ends;  /* uint32_t each: where the text ends */
};

static void set_add(struct set *s, char type, struct json_str str)
{
    if (type == 'N') {
        struct decimal d;
        uint8_t buf[NUMBER_TEXT_MAX];
        if (decimal_parse(number_text(str, buf), &d) == NULL)
            decimal_put(&d, DECIMAL_PLAIN, &s->bytes);
    } else {
        uint8_t *to = (uint8_t *)text_room(&s->bytes, str.raw.n + 1);
        if (to != NULL)
            s->bytes.len += json_unescape(str.raw, to);
    }
    uint32_t end = (uint32_t)s->bytes.len;
    text_put(&s->ends, &end, sizeof(end));
}

static int compare_spans(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

static bool set_has_duplicates(const struct set *s)
{
    size_t n = s->ends.len / sizeof(uint32_t), from = 0;
    if (n < 2 || s->bytes.failed || s->ends.failed)
        return false;
    struct span *all = calloc(n, sizeof(*all));
    if (all == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint32_t end;
        memcpy(&end, s->ends.p + i * sizeof(end), sizeof(end));
        all[i] = span_of(s->bytes.p != NULL ? s->bytes.p + from : "", end - from);
        from = end;
    }
    qsort(all, n, sizeof(*all), compare_spans);
    bool found = false;
    for (size_t i = 1; i < n && !found; i++)
        found = span_equal(all[i - 1], all[i]);
    free(all);
    return found;
}

/* Report duplicates, in the service's words for each type. */
static void say_duplicates(const struct set *s, char type, struct value_error *err)
{
    char members[VALUE_ERROR_MAX / 2];
    size_t n = 0, from = 0;
    if (type == 'N') {
        value_error_set(err, false, "Input collection contains duplicates");
        return;
    }
    members[0] = '\0';
    for (size_t at = 0; at + sizeof(uint32_t) <= s->ends.len && n < sizeof(members) - 1; at += sizeof(uint32_t)) {
        uint32_t end;
        memcpy(&end, s->ends.p + at, sizeof(end));
        int put = snprintf(members + n, sizeof(members) - n, "%s%.*s", at > 0 ? ", " : "", (int)(end - from),
                           s->bytes.p + from);
        n += put > 0 ? (size_t)put : 0;
        from = end;
    }
    value_error_set(err, false,
                    "One or more parameter values were invalid: Input collection [%s]%s contains duplicates.", members,
                    type == 'B' ? "of type BS" : "");
}

static uint32_t set_size(struct json *j, char type, struct value_error *err)
{
    uint32_t size = 0;
    bool first = true;
    if (json_peek(j) != JSON_ARRAY) {
        wrong_kind(j, json_peek(j), "List", err);
        return 0;
    }
    struct set set;
    text_init(&set.bytes, SET_TEXT_MAX);
    text_init(&set.ends, SET_TEXT_MAX);
    json_open(j, '[');
    while (json_next_element(j, &first)) {
        struct json_str s = {.escaped = false};
        size += type == 'S' ? string_size(j, err, &s) : type == 'N' ? number_size(j, err, &s) : blob_size(j, err, &s);
        set_add(&set, type, s);
    }
    if (first)
        value_error_set(err, false, "One or more parameter values were invalid: An %s set  may not be empty",
                        type == 'S'   ? "string"
                        : type == 'N' ? "number"
                                      : "binary");
    else if (err->text[0] == '\0' && set_has_duplicates(&set))
        say_duplicates(&set, type, err);
    text_fini(&set.bytes);
    text_fini(&set.ends);
    return size;
}

static const char *const type_names[] = {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"};

static const char *type_find(struct json_str name)
{
    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
        if (json_str_is(name, type_names[i]))
            return type_names[i];
    }
    return NULL;
}

static void check_inside(struct json *j, int depth, struct value_error *err, struct value_info *ret)
{
    const char *type = ret->type;
    struct span ignored;
    bool container = type[0] == 'L' || type[0] == 'M';
    if (type[1] == 'S' && type[2] == '\0')
        ret->size = set_size(j, type[0], err);
    else if (container && depth >= VALUE_DEPTH_MAX) {
        value_error_set(err, false, "Nesting Levels have exceeded supported limits");
        json_value(j, &ignored);
    } else if (container)
        ret->size = type[0] == 'L' ? list_size(j, depth, err) : map_size(j, depth, err);
    else if (type[1] != '\0')
        ret->size = bool_size(j, type[0] == 'N', err);
    else if (type[0] == 'S')
        ret->size = string_size(j, err, &ret->inside);
    else
        ret->size = type[0] == 'N' ? number_size(j, err, &ret->inside) : blob_size(j, err, &ret->inside);
}

void value_check(struct json *j, int depth, struct value_error *err, struct value_info *ret)
{
    bool first = true;
    int types = 0;
    struct json_str name;
    struct span ignored;
    *ret = (struct value_info){.type = NULL};
    enum json_kind kind = json_peek(j);
    if (kind != JSON_OBJECT) {
        wrong_kind(j, kind, "AttributeValue", err);
        return;
    }
    json_open(j, '{');
    while (json_next_member(j, &first, &name)) {
        const char *type = type_find(name);
        if (type == NULL || json_peek(j) == JSON_NULL) {
            json_value(j, &ignored);
            continue;
        }
        types++;
        ret->type = type;
        check_inside(j, depth, err, ret);
    }
    if (types == 0)
        value_error_set(err, false,
                        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
    else if (types > 1)
        value_error_set(err, false,
                        "Supplied AttributeValue has more than one datatypes set, must contain exactly "
                        "one of the supported datatypes");
}
