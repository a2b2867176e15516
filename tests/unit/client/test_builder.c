/* test_builder: the builder's items, read back as DynamoDB's JSON by the daemon's own item code. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/c/codes.h"
#include "proto/item/item_check.h"
#include "proto/item/item_json.h"

/* The item's JSON, or the error message; freed by the caller. */
static char *json_of(const struct ddbs_item *item)
{
    const void *bytes = NULL;
    size_t size = 0;
    struct key_schema unknown = {0};
    struct item_info info;
    char errmsg[ITEM_ERRMSG], *out;
    struct mp_cursor c;
    assert_int_equal(ddbs_item_msgpack(item, &bytes, &size), DDBS_OK);
    c = mp_read_open(span_of(bytes, size));
    if (item_check(&c, &unknown, false, &info, errmsg) != DDBS_OK) {
        out = malloc(sizeof errmsg);
        memcpy(out, errmsg, sizeof errmsg);
        return out;
    }
    assert_ptr_equal(c.p, c.end);
    out = malloc(info.json_len + 1);
    *item_json(span_of(bytes, size), out) = '\0';
    return out;
}

static void expect_json(const struct ddbs_item *item, const char *json)
{
    char *got = json_of(item);
    assert_string_equal(got, json);
    free(got);
}

static void every_type_comes_out(void **state)
{
    static const char *const texts[] = {"x", "y"};
    static const char *const numbers[] = {"1", "2.50"};
    static const void *const binaries[] = {"a", "bc"};
    static const size_t sizes[] = {1, 2};
    struct ddbs_item *item = ddbs_item_new();
    (void)state;
    expect_json(item, "{}");
    ddbs_item_str(item, "s", "text");
    ddbs_item_strn(item, "sn", "text", 2);
    ddbs_item_int(item, "i", INT64_MIN);
    ddbs_item_double(item, "d", 0.1);
    ddbs_item_num_text(item, "n", "123456789012345678901234567890.5");
    ddbs_item_bin(item, "b", "\0\1", 2);
    ddbs_item_bool(item, "t", 7);
    ddbs_item_bool(item, "f", 0);
    ddbs_item_null(item, "z");
    expect_json(item, "{\"s\":{\"S\":\"text\"},\"sn\":{\"S\":\"te\"},\"i\":{\"N\":\"-9223372036854775808\"},"
                      "\"d\":{\"N\":\"0.1\"},\"n\":{\"N\":\"123456789012345678901234567890.5\"},\"b\":{\"B\":\"AAE=\"},"
                      "\"t\":{\"BOOL\":true},\"f\":{\"BOOL\":false},\"z\":{\"NULL\":true}}");
    ddbs_item_reset(item);
    ddbs_item_str_set(item, "ss", texts, 2);
    ddbs_item_num_set(item, "ns", numbers, 2);
    ddbs_item_bin_set(item, "bs", binaries, sizes, 2);
    ddbs_item_raw(item, "r", "\x92\x01\xa1q", 4);
    expect_json(item,
                "{\"ss\":{\"SS\":[\"x\",\"y\"]},\"ns\":{\"NS\":[\"1\",\"2.50\"]},\"bs\":{\"BS\":[\"YQ==\",\"YmM=\"]},"
                "\"r\":{\"L\":[{\"N\":\"1\"},{\"S\":\"q\"}]}}");
    ddbs_item_free(item);
}

static void maps_and_lists_nest(void **state)
{
    struct ddbs_item *item = ddbs_item_new();
    (void)state;
    ddbs_item_begin_map(item, "m");
    ddbs_item_begin_list(item, "l");
    ddbs_item_int(item, NULL, 1);
    ddbs_item_begin_map(item, NULL);
    ddbs_item_str(item, "k", "v");
    ddbs_item_end(item);
    ddbs_item_begin_list(item, NULL);
    ddbs_item_end(item);
    ddbs_item_end(item);
    ddbs_item_null(item, "after");
    ddbs_item_end(item);
    ddbs_item_int(item, "last", 2);
    expect_json(item, "{\"m\":{\"M\":{\"l\":{\"L\":[{\"N\":\"1\"},{\"M\":{\"k\":{\"S\":\"v\"}}},{\"L\":[]}]},"
                      "\"after\":{\"NULL\":true}}},\"last\":{\"N\":\"2\"}}");
    ddbs_item_free(item);
}

/* Heads grow at 16 and at 65,536 elements; the bytes around them stay right. */
static void containers_of_any_count_are_right(void **state)
{
    static const int counts[] = {0, 1, 15, 16, 17, 1000, 65535, 65536, 65537};
    (void)state;
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        struct ddbs_item *item = ddbs_item_new();
        const void *bytes = NULL;
        size_t size = 0;
        struct mp_cursor c;
        struct span text;
        uint32_t n = 0;
        ddbs_item_begin_map(item, "outer");
        ddbs_item_begin_list(item, "list");
        for (int i = 0; i < counts[k]; i++)
            assert_int_equal(ddbs_item_bool(item, NULL, 1), DDBS_OK);
        ddbs_item_end(item);
        ddbs_item_end(item);
        assert_int_equal(ddbs_item_msgpack(item, &bytes, &size), DDBS_OK);
        c = mp_read_open(span_of(bytes, size));
        assert_true(mp_read_map(&c, &n) == 0 && n == 1 && mp_read_str(&c, &text) == 0);
        assert_true(mp_read_map(&c, &n) == 0 && n == 1 && mp_read_str(&c, &text) == 0 && text.n == 4);
        assert_true(mp_read_array(&c, &n) == 0 && n == (uint32_t)counts[k] && (size_t)(c.end - c.p) == n);
        ddbs_item_free(item);
    }
}

static void sets_of_any_size_are_right(void **state)
{
    static const int counts[] = {1, 3, 40, 300, 9000};
    static char texts[9000][8];
    static const char *values[9000];
    (void)state;
    for (int i = 0; i < 9000; i++) {
        snprintf(texts[i], sizeof texts[i], "%d", i);
        values[i] = texts[i];
    }
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        struct ddbs_item *item = ddbs_item_new();
        char *json;
        ddbs_item_num_set(item, "n", values, (size_t)counts[k]);
        ddbs_item_str_set(item, "s", values, (size_t)counts[k]);
        json = json_of(item);
        assert_non_null(strstr(json, "{\"n\":{\"NS\":[\"0\""));
        assert_non_null(strstr(json, "\"s\":{\"SS\":[\"0\""));
        free(json);
        ddbs_item_free(item);
    }
}

enum step { NAME_IN_LIST, NO_NAME, END_TOO_MUCH, NULL_TEXT, NULL_NUMBER, BAD_RAW, TWO_RAW, TOO_DEEP, TOO_LARGE };

static int make_mistake(struct ddbs_item *item, enum step step)
{
    static char large[3 * 1024 * 1024];
    int rc = DDBS_OK;
    switch (step) {
    case NAME_IN_LIST:
        ddbs_item_begin_list(item, "l");
        return ddbs_item_int(item, "name", 1);
    case NO_NAME:
        return ddbs_item_int(item, NULL, 1);
    case END_TOO_MUCH:
        return ddbs_item_end(item);
    case NULL_TEXT:
        return ddbs_item_str(item, "a", NULL);
    case NULL_NUMBER:
        return ddbs_item_num_text(item, "a", NULL);
    case BAD_RAW:
        return ddbs_item_raw(item, "a", "\x92\x01", 2);
    case TWO_RAW:
        return ddbs_item_raw(item, "a", "\x01\x01", 2);
    case TOO_DEEP:
        for (int i = 0; i < 33; i++)
            rc = ddbs_item_begin_map(item, "m");
        return rc;
    default:
        return ddbs_item_bin(item, "a", large, sizeof large);
    }
}

static void the_first_mistake_sticks(void **state)
{
    static const struct {
        enum step step;
        int code;
        const char *says;
    } cases[] = {
        {NAME_IN_LIST, DDBS_E_INVALID_ARGUMENT, "an element of a list has no name: attribute \"name\""},
        {NO_NAME, DDBS_E_INVALID_ARGUMENT, "an attribute outside a list needs a name"},
        {END_TOO_MUCH, DDBS_E_INVALID_ARGUMENT, "ddbs_item_end without a map or list that is open"},
        {NULL_TEXT, DDBS_E_INVALID_ARGUMENT, "the value is NULL (ddbs_item_null stores one): attribute \"a\""},
        {NULL_NUMBER, DDBS_E_INVALID_ARGUMENT, "the value is NULL (ddbs_item_null stores one): attribute \"a\""},
        {BAD_RAW, DDBS_E_INVALID_ITEM, "the bytes are not exactly one msgpack value: attribute \"a\""},
        {TWO_RAW, DDBS_E_INVALID_ITEM, "the bytes are not exactly one msgpack value: attribute \"a\""},
        {TOO_DEEP, DDBS_E_INVALID_ITEM, "maps and lists are nested deeper than 32 levels: attribute \"m\""},
        {TOO_LARGE, DDBS_E_ITEM_TOO_LARGE, "the item is larger than 400 KB"},
    };
    struct ddbs_item *item = ddbs_item_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const void *bytes = NULL;
        size_t size = 0;
        ddbs_item_reset(item);
        assert_int_equal(make_mistake(item, cases[i].step), cases[i].code);
        assert_string_equal(ddbs_item_errmsg(item), cases[i].says);
        assert_int_equal(ddbs_item_str(item, "b", "fine"), cases[i].code);
        assert_int_equal(ddbs_item_end(item), cases[i].code);
        assert_int_equal(ddbs_item_msgpack(item, &bytes, &size), cases[i].code);
    }
    ddbs_item_reset(item);
    expect_json(item, "{}");
    ddbs_item_free(item);
}

static void an_open_container_is_a_mistake(void **state)
{
    struct ddbs_item *item = ddbs_item_new();
    const void *bytes = NULL;
    size_t size = 0;
    (void)state;
    ddbs_item_begin_map(item, "m");
    assert_int_equal(ddbs_item_msgpack(item, &bytes, &size), DDBS_E_INVALID_ARGUMENT);
    assert_string_equal(ddbs_item_errmsg(item), "a map or list is still open: ddbs_item_end is missing");
    ddbs_item_end(item);
    expect_json(item, "{\"m\":{\"M\":{}}}");
    ddbs_item_free(item);
}

static void what_dynamodb_refuses_is_found_in_the_check(void **state)
{
    struct ddbs_item *item = ddbs_item_new();
    char *text;
    (void)state;
    ddbs_item_double(item, "d", NAN);
    text = json_of(item);
    assert_true(text[0] != '{');
    free(text);
    ddbs_item_reset(item);
    ddbs_item_num_text(item, "d", "one");
    text = json_of(item);
    assert_true(text[0] != '{');
    free(text);
    ddbs_item_free(item);
}

static void a_null_item_is_memory_that_ran_out(void **state)
{
    const void *bytes = NULL;
    size_t size = 0;
    (void)state;
    for (enum step step = NAME_IN_LIST; step <= TOO_LARGE; step++)
        assert_int_equal(make_mistake(NULL, step), DDBS_E_OUT_OF_MEMORY);
    assert_int_equal(ddbs_item_msgpack(NULL, &bytes, &size), DDBS_E_OUT_OF_MEMORY);
    assert_string_equal(ddbs_item_errmsg(NULL), "memory for the item ran out");
    ddbs_item_reset(NULL);
    ddbs_item_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_out),
        cmocka_unit_test(maps_and_lists_nest),
        cmocka_unit_test(containers_of_any_count_are_right),
        cmocka_unit_test(sets_of_any_size_are_right),
        cmocka_unit_test(the_first_mistake_sticks),
        cmocka_unit_test(an_open_container_is_a_mistake),
        cmocka_unit_test(what_dynamodb_refuses_is_found_in_the_check),
        cmocka_unit_test(a_null_item_is_memory_that_ran_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
