/* test_item_key: finding the key of an item that was checked before, and its hash and equality by value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/item/item_check.h"
#include "proto/item/item_key.h"
#include "tests/unit/item/item_text.h"

static uint8_t buffer_a[ITEM_TEXT_MAX], buffer_b[ITEM_TEXT_MAX];
static char errmsg[ITEM_ERRMSG];

static struct key_schema schema_of(char type, char sort_type)
{
    struct key_schema s = {.count = sort_type == 0 ? 1 : 2};
    s.attr[0] = (struct key_attr){.type = type, .name_len = 1, .name = "k"};
    s.attr[1] = (struct key_attr){.type = sort_type, .name_len = 1, .name = "s"};
    return s;
}

static struct item_info checked(struct span item, const struct key_schema *schema)
{
    struct mp_cursor c = mp_read_open(item);
    struct item_info info;
    int err = item_check(&c, schema, false, &info, errmsg);
    if (err != DDBS_OK)
        fail_msg("%s", errmsg);
    return info;
}

static void equal_keys_hash_alike(void **state)
{
    (void)state;
    static const struct {
        char type, sort_type;
        const char *a, *b;
        bool equal;
    } cases[] = {
        {'S', 0, "{'k':'x','v':1}", "{'v':2,'k':'x'}", true},
        {'S', 0, "{'k':'x'}", "{'k':'y'}", false},
        {'S', 0, "{'k':'x'}", "{'k':'xx'}", false},
        {'B', 0, "{'k':x'0001'}", "{'k':x'0001'}", true},
        {'B', 0, "{'k':x'0001'}", "{'k':x'0002'}", false},
        {'N', 0, "{'k':1}", "{'k':n'1.0'}", true},
        {'N', 0, "{'k':1}", "{'k':n'10e-1'}", true},
        {'N', 0, "{'k':1.0}", "{'k':1.0f}", true},
        {'N', 0, "{'k':-5}", "{'k':n'-0.5e1'}", true},
        {'N', 0, "{'k':0}", "{'k':n'-0.00'}", true},
        {'N', 0, "{'k':0.1f}", "{'k':n'0.1'}", true},
        {'N', 0, "{'k':0.1f}", "{'k':0.1}", true},
        {'N', 0, "{'k':1200}", "{'k':n'1.2e3'}", true},
        {'N', 0, "{'k':18446744073709551615}", "{'k':n'18446744073709551615'}", true},
        {'N', 0, "{'k':1e100}", "{'k':n'1e100'}", true},
        {'N', 0, "{'k':1}", "{'k':-1}", false},
        {'N', 0, "{'k':1}", "{'k':10}", false},
        {'N', 0, "{'k':n'12345678901234567890123456789012345678'}", "{'k':n'12345678901234567890123456789012345679'}",
         false},
        {'S', 'N', "{'k':'x','s':1}", "{'s':n'1.00','k':'x'}", true},
        {'S', 'N', "{'k':'x','s':1}", "{'k':'x','s':2}", false},
        {'S', 'S', "{'k':'ab','s':'c'}", "{'k':'a','s':'bc'}", false},
        {'S', 'S', "{'k':'a','s':'b'}", "{'k':'b','s':'a'}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct key_schema schema = schema_of(cases[i].type, cases[i].sort_type);
        struct span a = item_text(buffer_a, cases[i].a), b = item_text(buffer_b, cases[i].b);
        struct item_info ia = checked(a, &schema), ib = checked(b, &schema);
        assert_int_equal(item_key_equal(a, &ia.key, b, &ib.key, &schema), cases[i].equal);
        uint64_t ha = item_key_hash(a, &ia.key, &schema, 42), hb = item_key_hash(b, &ib.key, &schema, 42);
        assert_int_equal(ha == hb, cases[i].equal);
        assert_true(ha != item_key_hash(a, &ia.key, &schema, 43));
    }
}

static void text_in_another_width_is_the_same_key(void **state)
{
    (void)state;
    struct key_schema schema = schema_of('S', 0);
    struct span a = span_of("\x81\xa1k\xa1x", 5), b = span_of("\x81\xa1k\xda\x00\x01x", 7);
    struct item_info ia = checked(a, &schema), ib = checked(b, &schema);
    assert_true(item_key_equal(a, &ia.key, b, &ib.key, &schema));
    assert_true(item_key_hash(a, &ia.key, &schema, 1) == item_key_hash(b, &ib.key, &schema, 1));
}

static void finds_what_item_check_finds(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        bool is_key;
        const char *says; /* NULL: found */
    } cases[] = {
        {"{'k':'x','s':1}", true, NULL},
        {"{'v':[{'k':1}],'s':n'1','k':'x','w':ss['a']}", false, NULL},
        {"{'s':1}", false, "key attribute \"k\" is missing"},
        {"{'k':'x'}", false, "key attribute \"s\" is missing"},
        {"{'k':'','s':1}", false, "\"k\" has 0 bytes"},
        {"{'k':1,'s':1}", false, "\"k\" is a number"},
        {"{'k':'x','s':1,'v':2}", true, "\"v\" is not of the table's key"},
    };
    struct key_schema schema = schema_of('S', 'N');
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct span item = item_text(buffer_a, cases[i].item);
        struct key_ref ref = {.off = {77, 77}};
        int err = item_key_find(item, &schema, cases[i].is_key, &ref, errmsg);
        if (cases[i].says != NULL) {
            assert_int_equal(err, DDBS_E_MISSING_KEY);
            assert_non_null(strstr(errmsg, cases[i].says));
            assert_int_equal(ref.off[0], 77);
            continue;
        }
        assert_int_equal(err, DDBS_OK);
        struct item_info info = checked(item, &schema);
        assert_memory_equal(&ref, &info.key, sizeof ref);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_keys_hash_alike),
        cmocka_unit_test(text_in_another_width_is_the_same_key),
        cmocka_unit_test(finds_what_item_check_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
