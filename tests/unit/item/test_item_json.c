/* test_item_json: the JSON of every type, byte for byte, with the length that item_check computed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/item/item_check.h"
#include "proto/item/item_json.h"
#include "proto/mp_write.h"
#include "tests/unit/item/item_text.h"

static uint8_t buffer[ITEM_TEXT_MAX];

/* The JSON of an item in memory of exactly its length; the caller frees it. */
static char *json_of(struct span item, uint32_t *ret_len)
{
    struct mp_cursor c = mp_read_open(item);
    struct item_info info;
    char errmsg[ITEM_ERRMSG];
    int err = item_check(&c, NULL, false, &info, errmsg);
    if (err != DDBS_OK)
        fail_msg("%s", errmsg);
    char *out = malloc(info.json_len);
    assert_ptr_equal(item_json(item, out), out + info.json_len);
    *ret_len = info.json_len;
    return out;
}

static void writes_every_type(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *json;
    } cases[] = {
        {"{}", "{}"},
        {"{'a':'x'}", "{\"a\":{\"S\":\"x\"}}"},
        {"{'a':''}", "{\"a\":{\"S\":\"\"}}"},
        {"{'a':'x','b':'y'}", "{\"a\":{\"S\":\"x\"},\"b\":{\"S\":\"y\"}}"},
        {"{'a':'\"\\x5c\\x0a\\x01/'}", "{\"a\":{\"S\":\"\\\"\\\\\\n\\u0001/\"}}"},
        {"{'n\"\\x09':'\\xc3\\xa9'}", "{\"n\\\"\\t\":{\"S\":\"\xc3\xa9\"}}"},
        {"{'a':0}", "{\"a\":{\"N\":\"0\"}}"},
        {"{'a':18446744073709551615}", "{\"a\":{\"N\":\"18446744073709551615\"}}"},
        {"{'a':-9223372036854775808}", "{\"a\":{\"N\":\"-9223372036854775808\"}}"},
        {"{'a':1.5}", "{\"a\":{\"N\":\"1.5\"}}"},
        {"{'a':0.1f}", "{\"a\":{\"N\":\"0.1\"}}"},
        {"{'a':-0.0}", "{\"a\":{\"N\":\"0\"}}"},
        {"{'a':-1.2345678901234567e-100}", "{\"a\":{\"N\":\"-1.2345678901234567e-100\"}}"},
        {"{'a':n'0012.50E+2'}", "{\"a\":{\"N\":\"0012.50E+2\"}}"},
        {"{'a':x''}", "{\"a\":{\"B\":\"\"}}"},
        {"{'a':x'00ff10'}", "{\"a\":{\"B\":\"AP8Q\"}}"},
        {"{'a':x'00'}", "{\"a\":{\"B\":\"AA==\"}}"},
        {"{'a':true,'b':false,'c':null}", "{\"a\":{\"BOOL\":true},\"b\":{\"BOOL\":false},\"c\":{\"NULL\":true}}"},
        {"{'a':[]}", "{\"a\":{\"L\":[]}}"},
        {"{'a':{}}", "{\"a\":{\"M\":{}}}"},
        {"{'a':[1,[],'x']}", "{\"a\":{\"L\":[{\"N\":\"1\"},{\"L\":[]},{\"S\":\"x\"}]}}"},
        {"{'a':[[1],[2]],'b':3}",
         "{\"a\":{\"L\":[{\"L\":[{\"N\":\"1\"}]},{\"L\":[{\"N\":\"2\"}]}]},\"b\":{\"N\":\"3\"}}"},
        {"{'a':{'x':{'y':1},'z':2}}", "{\"a\":{\"M\":{\"x\":{\"M\":{\"y\":{\"N\":\"1\"}}},\"z\":{\"N\":\"2\"}}}}"},
        {"{'a':ss['x','','y\"']}", "{\"a\":{\"SS\":[\"x\",\"\",\"y\\\"\"]}}"},
        {"{'a':ns[1,-2.5,n'3.0',0.5f]}", "{\"a\":{\"NS\":[\"1\",\"-2.5\",\"3.0\",\"0.5\"]}}"},
        {"{'a':bs[x'00',x'']}", "{\"a\":{\"BS\":[\"AA==\",\"\"]}}"},
        {"{'a':ss['x'],'b':true}", "{\"a\":{\"SS\":[\"x\"]},\"b\":{\"BOOL\":true}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t len;
        char *json = json_of(item_text(buffer, cases[i].item), &len);
        if (len != strlen(cases[i].json) || memcmp(json, cases[i].json, len) != 0)
            fail_msg("%s became %.*s", cases[i].item, (int)len, json);
        free(json);
    }
}

/* Text may use any of msgpack's length formats. */
static void reads_every_width(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        {"\x81\xa1"
         "a\xa1"
         "x",
         5},
        {"\x81\xd9\x01"
         "a\xd9\x01"
         "x",
         7},
        {"\xde\x00\x01\xda\x00\x01"
         "a\xda\x00\x01"
         "x",
         11},
        {"\xdf\x00\x00\x00\x01\xdb\x00\x00\x00\x01"
         "a\xdb\x00\x00\x00\x01"
         "x",
         17},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t len;
        char *json = json_of(span_of(cases[i].bytes, cases[i].n), &len);
        assert_int_equal(len, 15);
        assert_memory_equal(json, "{\"a\":{\"S\":\"x\"}}", 15);
        free(json);
    }
}

static void texts_of_every_length(void **state)
{
    (void)state;
    char text[300];
    for (size_t n = 1; n < sizeof text; n++) {
        memset(text, 'q', n);
        text[n / 2] = n % 3 == 0 ? '"' : 'q';
        struct mp_writer w = mp_write_open(buffer, sizeof buffer);
        mp_write_map(&w, 1);
        mp_write_str(&w, text, n);
        mp_write_str(&w, text, n);
        uint32_t len;
        /* In memory of exactly the item's length, so that a sanitizer detects reads past its end. */
        uint8_t *exact = malloc(w.need);
        memcpy(exact, buffer, w.need);
        char *json = json_of(span_of(exact, w.need), &len);
        assert_int_equal(len, 2 * n + 13 + (n % 3 == 0 ? 2 : 0));
        assert_memory_equal(json + len - 3, "\"}}", 3);
        free(json);
        free(exact);
    }
}

static void the_deepest_item(void **state)
{
    (void)state;
    struct mp_writer w = mp_write_open(buffer, sizeof buffer);
    mp_write_map(&w, 1);
    mp_write_cstr(&w, "a");
    for (int i = 0; i < 31; i++)
        mp_write_array(&w, 1);
    mp_write_uint(&w, 7);
    uint32_t len;
    char *json = json_of(span_of(buffer, w.need), &len);
    assert_int_equal(len, 6 + 31 * 8 + 9);
    assert_memory_equal(json, "{\"a\":{\"L\":[{\"L\":[", 17);
    assert_memory_equal(json + len - 5, "]}]}}", 5);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_every_type),
        cmocka_unit_test(reads_every_width),
        cmocka_unit_test(texts_of_every_length),
        cmocka_unit_test(the_deepest_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
