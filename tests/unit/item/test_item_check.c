/* test_item_check: what is accepted; what is refused, with which code and message; sizes, depth, the limit of 400 KB.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/item/item_check.h"
#include "proto/item/item_json.h"
#include "proto/mp_write.h"
#include "tests/unit/item/item_text.h"

static uint8_t buffer[ITEM_TEXT_MAX];
static char errmsg[ITEM_ERRMSG];

static const struct key_schema hash_key = {.count = 1, .attr = {{.type = 'S', .name_len = 2, .name = "id"}}};
static const struct key_schema both_keys = {
    .count = 2, .attr = {{.type = 'S', .name_len = 2, .name = "id"}, {.type = 'N', .name_len = 1, .name = "n"}}};

/* Check the item; on refusal the cursor and the result must be unchanged. */
static int check(struct span item, const struct key_schema *schema, bool is_key, struct item_info *ret)
{
    struct mp_cursor c = mp_read_open(item);
    struct item_info info = {.bytes = 12345};
    memset(errmsg, '#', sizeof errmsg);
    int err = item_check(&c, schema, is_key, &info, errmsg);
    if (err == DDBS_OK) {
        assert_ptr_equal(c.p, item.p + item.n);
        assert_int_equal(info.bytes, item.n);
        char *out = malloc(info.json_len + 1);
        out[info.json_len] = '#';
        assert_ptr_equal(item_json(item, out), out + info.json_len);
        assert_int_equal(out[info.json_len], '#');
        free(out);
    } else {
        assert_ptr_equal(c.p, item.p);
        assert_int_equal(info.bytes, 12345);
        assert_non_null(memchr(errmsg, 0, sizeof errmsg));
    }
    if (ret != NULL)
        *ret = info;
    return err;
}

static void counts_as_the_service_does(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        uint32_t size;
    } cases[] = {
        {"{}", 0},
        {"{'a':''}", 1},
        {"{'abc':'xyz'}", 6},
        {"{'a':'\\xc3\\xa9'}", 3},
        {"{'a':x''}", 1},
        {"{'a':x'000102'}", 4},
        {"{'a':true}", 2},
        {"{'a':null}", 2},
        {"{'a':0}", 2},
        {"{'a':7}", 3},
        {"{'a':-7}", 4},
        {"{'a':12}", 3},
        {"{'a':1200}", 3},
        {"{'a':120}", 4},
        {"{'a':12345}", 5},
        {"{'a':1.5}", 4},
        {"{'a':n'1.50'}", 4},
        {"{'a':[]}", 4},
        {"{'a':['']}", 5},
        {"{'a':[[]]}", 8},
        {"{'a':{}}", 4},
        {"{'a':{'b':'c'}}", 7},
        {"{'a':ss['x','yz']}", 4},
        {"{'a':ns[1,-1]}", 6},
        {"{'a':bs[x'',x'00']}", 2},
        {"{'a':1,'b':[1,{'c':true}]}", 1 + 2 + 1 + 3 + 3 + 3 + 1 + 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct item_info info;
        assert_int_equal(check(item_text(buffer, cases[i].item), NULL, false, &info), DDBS_OK);
        assert_int_equal(info.size, cases[i].size);
    }
}

static void refuses_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *says;
    } cases[] = {
        {"[]", "an item is a map of attributes, this is a list"},
        {"'x'", "this is a string"},
        {"e9'00'", "an unknown extension"},
        {"{1:2}", "an attribute name must be a string, this one is a number"},
        {"{'':1}", "an attribute name has 1 to 65535 bytes, this one has 0"},
        {"{'a':{'':1}}", "attribute \"a\".\"\": an attribute name has"},
        {"{'\\xff':1}", "attribute \"\\xff\": the name is not valid UTF-8"},
        {"{'a':'x\\xff'}", "attribute \"a\": the string is not valid UTF-8"},
        {"{'a':1,'a':2}", "attribute \"a\": the name occurs twice"},
        {"{'a':1,'b':2,'c':{'x':1,'y':2,'x':3}}", "attribute \"c\".\"x\": the name occurs twice"},
        {"{'a':n'12x'}", "attribute \"a\": the text is not a decimal number"},
        {"{'a':n''}", "not a decimal number"},
        {"{'a':[1,n'1e200']}", "attribute \"a\"[1]: the number is too large"},
        {"{'a':1e200}", "attribute \"a\": the number is too large"},
        {"{'a':1e-200}", "attribute \"a\": the number is too small"},
        {"{'a':e5'00'}", "msgpack extension type 5 is not known"},
        {"{'a':ss[]}", "attribute \"a\": the string set (SS) is empty"},
        {"{'a':{'b':[0,ns[1,1.0]]}}", "attribute \"a\".\"b\"[1]: the number set (NS) holds a value twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(check(item_text(buffer, cases[i].item), NULL, false, NULL), DDBS_E_INVALID_ITEM);
        if (strstr(errmsg, cases[i].says) == NULL)
            fail_msg("%s says: %s", cases[i].item, errmsg);
    }
}

static void refuses_nan_and_infinity(void **state)
{
    (void)state;
    static const uint8_t items[][12] = {
        {0x81, 0xa1, 'a', 0xcb, 0x7f, 0xf8},       /* NaN */
        {0x81, 0xa1, 'a', 0xcb, 0x7f, 0xf0},       /* Infinity */
        {0x81, 0xa1, 'a', 0xcb, 0xff, 0xf0},       /* -Infinity */
        {0x81, 0xa1, 'a', 0xca, 0x7f, 0xc0, 0, 0}, /* NaN as float32 */
    };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(check(span_of(items[i], i == 3 ? 8 : 12), NULL, false, NULL), DDBS_E_INVALID_ITEM);
        assert_non_null(strstr(errmsg, i == 1 || i == 2 ? "infinity is not" : "NaN is not"));
    }
}

static void validates_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        bool is_key;
        int code;
        const char *says;
    } cases[] = {
        {"{'id':'x','n':1}", false, DDBS_OK, NULL},
        {"{'v':true,'n':n'1e3','id':'x'}", false, DDBS_OK, NULL},
        {"{'id':'x','n':1.5}", true, DDBS_OK, NULL},
        {"{}", false, DDBS_E_MISSING_KEY, "\"id\" is missing; the table's partition key needs it as a string"},
        {"{'id':'x'}", false, DDBS_E_MISSING_KEY, "\"n\" is missing; the table's sort key needs it as a number"},
        {"{'x':{'id':'x'},'n':1}", false, DDBS_E_MISSING_KEY, "key attribute \"id\" is missing"},
        {"{'id':1,'n':1}", false, DDBS_E_MISSING_KEY, "is a number (N); the table's partition key needs a string"},
        {"{'id':x'00','n':1}", false, DDBS_E_MISSING_KEY, "\"id\" is binary (B)"},
        {"{'id':null,'n':1}", false, DDBS_E_MISSING_KEY, "\"id\" is null (NULL)"},
        {"{'id':['x'],'n':1}", false, DDBS_E_MISSING_KEY, "\"id\" is a list (L)"},
        {"{'id':ss['x'],'n':1}", false, DDBS_E_MISSING_KEY, "\"id\" is a set"},
        {"{'id':'','n':1}", false, DDBS_E_MISSING_KEY, "\"id\" has 0 bytes; a partition key has 1 to 2048"},
        {"{'id':'x','n':'1'}", false, DDBS_E_MISSING_KEY, "\"n\" is a string (S); the table's sort key needs a number"},
        {"{'id':'x','n':n'one'}", false, DDBS_E_INVALID_ITEM, "not a decimal number"},
        {"{'id':'x','n':1,'v':2}", true, DDBS_E_MISSING_KEY, "\"v\" is not of the table's key; a delete must hold"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int err = check(item_text(buffer, cases[i].item), &both_keys, cases[i].is_key, NULL);
        assert_int_equal(err, cases[i].code);
        if (err != DDBS_OK && strstr(errmsg, cases[i].says) == NULL)
            fail_msg("%s says: %s", cases[i].item, errmsg);
    }
}

static void tells_where_the_key_stands(void **state)
{
    (void)state;
    struct item_info info;
    struct span item = item_text(buffer, "{'v':[1,2],'n':-200,'id':'abc'}");
    assert_int_equal(check(item, &both_keys, false, &info), DDBS_OK);
    assert_int_equal(info.key.len[0], 4);
    assert_memory_equal(item.p + info.key.off[0],
                        "\xa3"
                        "abc",
                        4);
    assert_int_equal(info.key.len[1], 3);
    assert_memory_equal(item.p + info.key.off[1], "\xd1\xff\x38", 3);
}

/* {'id':'<n bytes>', 'n':1} */
static struct span with_text(const char *name, size_t n)
{
    static char text[500000];
    memset(text, 'k', sizeof text);
    struct mp_writer w = mp_write_open(buffer, sizeof buffer);
    mp_write_map(&w, 2);
    mp_write_cstr(&w, "n");
    mp_write_uint(&w, 1);
    mp_write_cstr(&w, name);
    mp_write_str(&w, text, n);
    return span_of(buffer, w.need);
}

static void borders_of_key_lengths(void **state)
{
    (void)state;
    assert_int_equal(check(with_text("id", 2048), &hash_key, false, NULL), DDBS_OK);
    assert_int_equal(check(with_text("id", 2049), &hash_key, false, NULL), DDBS_E_MISSING_KEY);
    assert_non_null(strstr(errmsg, "\"id\" has 2049 bytes; a partition key has 1 to 2048"));
    struct key_schema sort = {.count = 2, .attr = {{.type = 'N', .name_len = 1, .name = "n"}, hash_key.attr[0]}};
    assert_int_equal(check(with_text("id", 1024), &sort, false, NULL), DDBS_OK);
    assert_int_equal(check(with_text("id", 1025), &sort, false, NULL), DDBS_E_MISSING_KEY);
    assert_non_null(strstr(errmsg, "a sort key has 1 to 1024"));
}

static void borders_of_the_item_size(void **state)
{
    (void)state;
    struct item_info info;
    /* "n" with 1 counts 3, "big" counts its name */
    assert_int_equal(check(with_text("big", ITEM_SIZE_MAX - 6), NULL, false, &info), DDBS_OK);
    assert_int_equal(info.size, ITEM_SIZE_MAX);
    assert_int_equal(check(with_text("big", ITEM_SIZE_MAX - 5), NULL, false, NULL), DDBS_E_ITEM_TOO_LARGE);
    assert_non_null(strstr(errmsg, "attribute \"big\": the item passes 409600 bytes (400 KB)"));
}

static void borders_of_name_lengths(void **state)
{
    (void)state;
    for (size_t n = 65534; n < 65538; n++) {
        char *name = malloc(n);
        memset(name, 'n', n);
        struct mp_writer w = mp_write_open(buffer, sizeof buffer);
        mp_write_map(&w, 1);
        mp_write_str(&w, name, n);
        mp_write_nil(&w);
        assert_int_equal(check(span_of(buffer, w.need), NULL, false, NULL), n <= 65535 ? DDBS_OK : DDBS_E_INVALID_ITEM);
        free(name);
    }
}

/* An attribute of lists or maps nested `containers` deep; the innermost contains a string, or nothing. */
static struct span nested(int containers, bool maps, bool leaf)
{
    struct mp_writer w = mp_write_open(buffer, sizeof buffer);
    mp_write_map(&w, 1);
    mp_write_cstr(&w, "a");
    for (int i = 0; i < containers; i++) {
        uint32_t members = i < containers - 1 || leaf;
        if (!maps) {
            mp_write_array(&w, members);
        } else {
            mp_write_map(&w, members);
            if (members > 0)
                mp_write_cstr(&w, "m");
        }
    }
    if (leaf)
        mp_write_cstr(&w, "x");
    return span_of(buffer, w.need);
}

static void borders_of_depth(void **state)
{
    (void)state;
    for (int maps = 0; maps < 2; maps++) {
        assert_int_equal(check(nested(31, maps, true), NULL, false, NULL), DDBS_OK);
        assert_int_equal(check(nested(32, maps, true), NULL, false, NULL), DDBS_E_INVALID_ITEM);
        assert_non_null(strstr(errmsg, "nested too deep; DynamoDB allows 32 levels"));
        assert_int_equal(check(nested(32, maps, false), NULL, false, NULL), DDBS_OK);
        assert_int_equal(check(nested(33, maps, false), NULL, false, NULL), DDBS_E_INVALID_ITEM);
        assert_int_equal(check(nested(2000, maps, true), NULL, false, NULL), DDBS_E_INVALID_ITEM);
    }
}

/* A map of `count` names; the last name equals the one at `repeated` (or is new). */
static struct span many_names(uint32_t count, uint32_t repeated)
{
    struct mp_writer w = mp_write_open(buffer, sizeof buffer);
    mp_write_map(&w, count);
    for (uint32_t i = 0; i < count; i++) {
        char name[24];
        int n = snprintf(name, sizeof name, "name%u", i == count - 1 ? repeated : i);
        mp_write_str(&w, name, (size_t)n);
        mp_write_cstr(&w, i % 7 == 0 ? "v" : "");
    }
    return span_of(buffer, w.need);
}

static void finds_repeated_names_in_maps_of_any_size(void **state)
{
    (void)state;
    static const uint32_t counts[] = {2, 3, 8, 9, 100, 255, 256, 257, 1000, 9000, 30000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint32_t n = counts[i];
        assert_int_equal(check(many_names(n, n - 1), NULL, false, NULL), DDBS_OK);
        assert_int_equal(check(many_names(n, 0), NULL, false, NULL), DDBS_E_INVALID_ITEM);
        assert_non_null(strstr(errmsg, "attribute \"name0\": the name occurs twice"));
        assert_int_equal(check(many_names(n, n - 2), NULL, false, NULL), DDBS_E_INVALID_ITEM);
    }
}

/* Names that differ only in their middle hash to the same slot of the name table. */
static void survives_names_made_to_collide(void **state)
{
    (void)state;
    for (int repeated = 0; repeated < 2; repeated++) {
        struct mp_writer w = mp_write_open(buffer, sizeof buffer);
        mp_write_map(&w, 200);
        for (int i = 0; i < 200; i++) {
            char name[32];
            int n = snprintf(name, sizeof name, "prefix--%03d--suffix", repeated && i == 199 ? 5 : i);
            mp_write_str(&w, name, (size_t)n);
            mp_write_nil(&w);
        }
        assert_int_equal(check(span_of(buffer, w.need), NULL, false, NULL), repeated ? DDBS_E_INVALID_ITEM : DDBS_OK);
    }
    assert_non_null(strstr(errmsg, "\"prefix--005--suffix\": the name occurs twice"));
}

static void every_cut_is_a_protocol_error(void **state)
{
    (void)state;
    struct span item = item_text(buffer, "{'id':'x','l':[1,2.5,{'m':x'00ff'}],'n':n'12','f':1.5f,'b':true}");
    for (size_t n = 0; n < item.n; n++) {
        uint8_t *exact = malloc(n + 1);
        memcpy(exact + 1, item.p, n);
        assert_int_equal(check(span_of(exact + 1, n), NULL, false, NULL), DDBS_E_PROTOCOL_ERROR);
        free(exact);
    }
}

static void leaves_what_follows_the_item(void **state)
{
    (void)state;
    struct span item = item_text(buffer, "{'a':1}");
    buffer[item.n] = 0xc1;
    struct mp_cursor c = mp_read_open(span_of(buffer, item.n + 1));
    struct item_info info;
    assert_int_equal(item_check(&c, NULL, false, &info, errmsg), DDBS_OK);
    assert_ptr_equal(c.p, buffer + item.n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_as_the_service_does),
        cmocka_unit_test(refuses_with_a_sentence),
        cmocka_unit_test(refuses_nan_and_infinity),
        cmocka_unit_test(validates_the_key),
        cmocka_unit_test(tells_where_the_key_stands),
        cmocka_unit_test(borders_of_key_lengths),
        cmocka_unit_test(borders_of_the_item_size),
        cmocka_unit_test(borders_of_name_lengths),
        cmocka_unit_test(borders_of_depth),
        cmocka_unit_test(finds_repeated_names_in_maps_of_any_size),
        cmocka_unit_test(survives_names_made_to_collide),
        cmocka_unit_test(every_cut_is_a_protocol_error),
        cmocka_unit_test(leaves_what_follows_the_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
