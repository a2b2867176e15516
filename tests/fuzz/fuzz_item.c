/* fuzz_item: what item_check accepts becomes JSON of exactly the computed length, which jansson parses; the size is
 * computed again from that JSON; both ways of finding the key agree. No access outside the buffers.
 * Owner: none.
 */
#include <jansson.h>
#include <string.h>

#include "proto/err.h"
#include "proto/item/item.h"
#include "proto/item/item_check.h"
#include "proto/item/item_json.h"
#include "proto/item/item_key.h"
#include "proto/item/num.h"
#include "tests/fuzz/fuzz.h"

static uint64_t value_size(const json_t *value, unsigned level);

static uint64_t number_size(const json_t *text)
{
    struct num n;
    CHECK(num_parse(span_of(json_string_value(text), json_string_length(text)), &n, NULL) == DDBS_OK);
    return num_size(&n);
}

static uint64_t binary_size(const json_t *text)
{
    const char *s = json_string_value(text);
    size_t n = json_string_length(text);
    CHECK(n % 4 == 0);
    return n / 4 * 3 - (n > 0 && s[n - 1] == '=') - (n > 0 && s[n - 2] == '=');
}

static uint64_t scalar_size(char type, const json_t *text)
{
    CHECK(json_is_string(text));
    if (type == 'S')
        return json_string_length(text);
    return type == 'N' ? number_size(text) : binary_size(text);
}

static uint64_t set_size(char type, const json_t *members)
{
    uint64_t size = 0;
    size_t i;
    json_t *member;
    CHECK(json_array_size(members) > 0);
    json_array_foreach(members, i, member) size += scalar_size(type, member);
    return size;
}

static uint64_t map_size(json_t *map, unsigned level)
{
    uint64_t size = 0;
    const char *name;
    json_t *value;
    json_object_foreach(map, name, value)
    {
        CHECK(name[0] != 0);
        size += strlen(name) + value_size(value, level);
    }
    return size;
}

static uint64_t list_size(const json_t *list, unsigned level)
{
    uint64_t size = 0;
    size_t i;
    json_t *value;
    json_array_foreach(list, i, value) size += value_size(value, level);
    return size;
}

static uint64_t value_size(const json_t *value, unsigned level)
{
    CHECK(json_object_size(value) == 1 && level <= ITEM_DEPTH_MAX);
    void *only = json_object_iter((json_t *)value);
    const char *type = json_object_iter_key(only);
    json_t *inner = json_object_iter_value(only);
    if (strcmp(type, "BOOL") == 0 || strcmp(type, "NULL") == 0)
        return 1;
    if (strcmp(type, "L") == 0)
        return 3 + json_array_size(inner) + list_size(inner, level + 1);
    if (strcmp(type, "M") == 0)
        return 3 + json_object_size(inner) + map_size(inner, level + 1);
    if (type[1] == 'S')
        return set_size(type[0], inner);
    CHECK(type[1] == 0);
    return scalar_size(type[0], inner);
}

static void check_json(struct span item, const struct item_info *info)
{
    /* In memory of exactly the right size, so that a sanitizer detects an overrun. */
    char *json = malloc(info->json_len);
    CHECK(json != NULL);
    CHECK(item_json(item, json) == json + info->json_len);
    /* jansson does not accept NUL in names. */
    if (memmem(json, info->json_len, "\\u0000", 6) == NULL) {
        json_error_t error;
        json_t *root = json_loadb(json, info->json_len, JSON_REJECT_DUPLICATES, &error);
        CHECK(root != NULL);
        CHECK(map_size(root, 1) == info->size);
        json_decref(root);
    }
    free(json);
}

/* With a schema: item_check and item_key_find agree, and a key equals itself. */
static void check_key(struct span item, char type, bool is_key)
{
    struct key_schema schema = {.count = type == 'S' ? 1 : 2};
    schema.attr[0] = (struct key_attr){.type = type, .name_len = 1, .name = "a"};
    schema.attr[1] = (struct key_attr){.type = 'N', .name_len = 1, .name = "b"};
    struct mp_cursor c = mp_read_open(item);
    struct item_info info;
    struct key_ref ref;
    char errmsg[ITEM_ERRMSG];
    int checked = item_check(&c, &schema, is_key, &info, errmsg);
    int found = item_key_find(item, &schema, is_key, &ref, errmsg);
    CHECK(checked == found && (found == DDBS_OK || found == DDBS_E_MISSING_KEY));
    if (found != DDBS_OK)
        return;
    CHECK(memcmp(&ref, &info.key, sizeof ref) == 0);
    CHECK(item_key_equal(item, &ref, item, &ref, &schema));
    CHECK(item_key_hash(item, &ref, &schema, 1) == item_key_hash(item, &info.key, &schema, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_cursor c = mp_read_open(span_of(data, size));
    struct item_info info;
    char errmsg[ITEM_ERRMSG];
    int err = item_check(&c, NULL, false, &info, errmsg);
    if (err != DDBS_OK) {
        CHECK(c.p == data);
        CHECK(memchr(errmsg, 0, sizeof errmsg) != NULL);
        return 0;
    }
    CHECK(c.p == data + info.bytes && info.bytes <= size);
    struct span item = span_of(data, info.bytes);
    check_json(item, &info);
    for (int i = 0; i < 6; i++)
        check_key(item, "SNB"[i % 3], i >= 3);
    return 0;
}
