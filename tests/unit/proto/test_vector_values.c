/* test_vector_values: the golden numbers and items of proto/vectors: value, size, JSON, key, or the refusal. An
 * independent script generates the vectors; clients in other languages use the same files.
 */
#include <stdbool.h>

#include "proto/be.h"
#include "proto/err.h"
#include "proto/item/item_check.h"
#include "proto/item/item_json.h"
#include "proto/item/item_key.h"
#include "proto/item/num_decimal.h"
#include "proto/item/num_text.h"
#include "tests/unit/proto/vectors.h"

static long long integer(json_t *v, const char *key)
{
    json_t *member = json_object_get(v, key);
    if (!json_is_integer(member))
        fail_msg("a vector has no integer %s", key);
    return json_integer_value(member);
}

static bool same_number(const struct num *n, json_t *v)
{
    const char *digits = str(v, "digits");
    return n->ndigits == strlen(digits) && memcmp(n->digits, digits, n->ndigits) == 0 && n->exp == integer(v, "exp") &&
           n->negative == json_is_true(json_object_get(v, "negative"));
}

static void check_text(json_t *v, struct span text, bool valid)
{
    struct num n;
    const char *why = NULL;
    int err = num_parse(text, &n, &why);
    if (err != (valid ? DDBS_OK : DDBS_E_INVALID_ITEM))
        fail_msg("%.*s gives %s (%s)", (int)text.n, (const char *)text.p, err_name(err), why != NULL ? why : "-");
    if (!valid) {
        assert_non_null(why);
        return;
    }
    if (!same_number(&n, v) || num_size(&n) != integer(v, "size"))
        fail_msg("%.*s is %.*s with exp %d, size %u", (int)text.n, (const char *)text.p, n.ndigits, n.digits, n.exp,
                 num_size(&n));
}

/* A binary float becomes a text of the vector's value, or is refused. */
static void check_float(json_t *v, bool single, bool valid)
{
    struct span bits = unhex(str(v, single ? "single" : "double"));
    char text[NUM_TEXT_MAX];
    uint32_t n;
    if (single) {
        uint32_t word = be_load32(bits.p);
        float f;
        memcpy(&f, &word, sizeof(f));
        n = num_decimal_put_float(text, f);
    } else {
        uint64_t word = be_load64(bits.p);
        double d;
        memcpy(&d, &word, sizeof(d));
        n = num_decimal_put_double(text, d);
    }
    assert_true(n <= NUM_TEXT_MAX);
    assert_int_equal(n > 0, valid);
    if (valid)
        check_text(v, span_of(text, n), true);
    span_free(bits);
}

static void numbers_have_value_and_size(void **state)
{
    (void)state;
    json_t *list = load("numbers.json", "numbers"), *v;
    size_t i;
    json_array_foreach(list, i, v)
    {
        bool valid = json_object_get(v, "digits") != NULL;
        json_t *text = json_object_get(v, "text");
        if (text != NULL)
            check_text(v, span_of(json_string_value(text), json_string_length(text)), valid);
        else
            check_float(v, json_object_get(v, "single") != NULL, valid);
    }
    json_decref(list);
}

/* The bytes of an item: hex, or one byte repeated. */
static struct span build(json_t *parts)
{
    json_t *part;
    size_t i, n = 0;
    uint8_t *out = NULL;
    json_array_foreach(parts, i, part)
    {
        bool repeated = json_is_object(part);
        struct span bytes = unhex(repeated ? str(part, "repeat") : json_string_value(part));
        size_t times = repeated ? (size_t)integer(part, "times") : 1;
        out = realloc(out, n + bytes.n * times);
        assert_non_null(out);
        for (; times > 0; times--, n += bytes.n)
            memcpy(out + n, bytes.p, bytes.n);
        span_free(bytes);
    }
    return span_of(out, n);
}

static struct key_schema schema_of(json_t *list)
{
    struct key_schema s = {.count = (uint8_t)json_array_size(list)};
    for (uint8_t i = 0; i < s.count; i++) {
        json_t *pair = json_array_get(list, i);
        struct key_attr *a = &s.attr[i];
        const char *name = json_string_value(json_array_get(pair, 0));
        a->name_len = (uint8_t)strlen(name);
        memcpy(a->name, name, a->name_len + (size_t)1);
        a->type = json_string_value(json_array_get(pair, 1))[0];
    }
    return s;
}

static bool json_same(json_t *a, json_t *b);

static bool text_same_number(json_t *a, json_t *b)
{
    struct num na, nb;
    if (!json_is_string(a) || !json_is_string(b))
        return false;
    return num_parse(span_of(json_string_value(a), json_string_length(a)), &na, NULL) == DDBS_OK &&
           num_parse(span_of(json_string_value(b), json_string_length(b)), &nb, NULL) == DDBS_OK && num_equal(&na, &nb);
}

static bool array_same(json_t *a, json_t *b, bool (*same)(json_t *, json_t *))
{
    if (!json_is_array(a) || !json_is_array(b) || json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++) {
        if (!same(json_array_get(a, i), json_array_get(b, i)))
            return false;
    }
    return true;
}

/* Equal except for the spelling of numbers. A DynamoDB value is an object with one member, whose name is the type. "N"
 * is ambiguous: as an attribute name it holds an object, as a type a string. */
static bool json_same(json_t *a, json_t *b)
{
    if (json_is_array(a))
        return array_same(a, b, json_same);
    if (!json_is_object(a))
        return json_equal(a, b) != 0;
    if (!json_is_object(b) || json_object_size(a) != json_object_size(b))
        return false;
    const char *key;
    json_t *value;
    json_object_foreach(a, key, value)
    {
        json_t *other = json_object_get(b, key);
        bool equal = strcmp(key, "N") == 0 && json_is_string(value)   ? text_same_number(value, other)
                     : strcmp(key, "NS") == 0 && json_is_array(value) ? array_same(value, other, text_same_number)
                                                                      : json_same(value, other);
        if (!equal)
            return false;
    }
    return true;
}

/* The JSON fills exactly json_len bytes: the block is no larger, and the returned end matches. */
static void check_json(const char *name, struct span item, const struct item_info *info, json_t *expect)
{
    char *out = malloc(info->json_len);
    assert_non_null(out);
    char *end = item_json(item, out);
    assert_int_equal(end - out, info->json_len);
    json_error_t error;
    json_t *found = json_loadb(out, info->json_len, JSON_ALLOW_NUL, &error);
    if (found == NULL)
        fail_msg("%s: %s in %.*s", name, error.text, (int)info->json_len, out);
    if (!json_same(found, expect))
        fail_msg("%s: the JSON is %.*s", name, (int)info->json_len, out);
    json_decref(found);
    free(out);
}

static void check_key(const char *name, struct span item, const struct key_ref *ref, json_t *keys)
{
    json_t *key;
    size_t i;
    json_array_foreach(keys, i, key)
    {
        struct span expect = unhex(json_string_value(key));
        if (!span_equal(expect, span_of(item.p + ref->off[i], ref->len[i])))
            fail_msg("%s: key %zu stands elsewhere", name, i);
        span_free(expect);
    }
}

static void check_good_item(json_t *v, struct span item, const struct key_schema *schema, bool is_key)
{
    const char *name = str(v, "name");
    struct mp_cursor at = mp_read_open(item);
    struct item_info info;
    char errmsg[ITEM_ERRMSG] = "";
    int err = item_check(&at, schema, is_key, &info, errmsg);
    if (err != DDBS_OK)
        fail_msg("%s gives %s: %s", name, err_name(err), errmsg);
    assert_ptr_equal(at.p, at.end);
    assert_int_equal(info.bytes, item.n);
    if (info.size != integer(v, "size"))
        fail_msg("%s has size %u", name, info.size);
    json_t *expect = json_object_get(v, "json");
    if (expect != NULL)
        check_json(name, item, &info, expect);
    if (schema == NULL)
        return;
    struct key_ref found;
    check_key(name, item, &info.key, json_object_get(v, "key"));
    assert_int_equal(item_key_find(item, schema, is_key, &found, errmsg), DDBS_OK);
    check_key(name, item, &found, json_object_get(v, "key"));
}

/* A bad item ends where its last value does, at any nesting depth (M4). */
static void step_over(struct mp_cursor *at)
{
    struct mp_token t;
    for (uint64_t left = 1; left > 0; left--) {
        assert_int_equal(mp_read_next(at, &t), DDBS_OK);
        if (t.type == MP_ARRAY || t.type == MP_MAP)
            left += t.type == MP_MAP ? 2 * (uint64_t)t.count : t.count;
    }
}

static void check_bad_item(json_t *v, struct span item, const struct key_schema *schema, bool is_key)
{
    const char *code = str(v, "code");
    struct mp_cursor at = mp_read_open(item);
    struct item_info info;
    char errmsg[ITEM_ERRMSG] = "";
    int err = item_check(&at, schema, is_key, &info, errmsg);
    if (err != err_from_name(code, strlen(code)))
        fail_msg("%s gives %s, not %s: %s", str(v, "name"), err_name(err), code, errmsg);
    assert_true(strlen(errmsg) > 0);
    assert_ptr_equal(at.p, item.p);
    step_over(&at);
    assert_ptr_equal(at.p, at.end);
}

static void items_are_validated(void **state)
{
    (void)state;
    json_t *list = load("items.json", "items"), *v;
    size_t i;
    json_array_foreach(list, i, v)
    {
        struct span item = build(json_object_get(v, "parts"));
        json_t *keys = json_object_get(v, "schema");
        struct key_schema schema = schema_of(keys);
        bool is_key = json_is_true(json_object_get(v, "is_key"));
        if (json_object_get(v, "code") != NULL)
            check_bad_item(v, item, keys != NULL ? &schema : NULL, is_key);
        else
            check_good_item(v, item, keys != NULL ? &schema : NULL, is_key);
        span_free(item);
    }
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_value_and_size),
        cmocka_unit_test(items_are_validated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
