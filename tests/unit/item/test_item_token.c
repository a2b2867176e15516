/* test_item_token: type names for messages, which tokens are numbers, and that inline reading equals reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/item/item_token.h"
#include "proto/mp_write.h"
#include "tests/unit/item/item_text.h"

static uint8_t buffer[ITEM_TEXT_MAX];

static void names_every_type(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"'x'", "a string (S)"}, {"1", "a number (N)"},
        {"-1", "a number (N)"},  {"1.5", "a number (N)"},
        {"x''", "binary (B)"},   {"true", "a boolean (BOOL)"},
        {"null", "null (NULL)"}, {"[]", "a list (L)"},
        {"{}", "a map (M)"},     {"n'1'", "a number (N)"},
        {"ss['x']", "a set"},    {"ns[1]", "a set"},
        {"bs[x'']", "a set"},    {"e9'00'", "an unknown extension type"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mp_cursor c = mp_read_open(item_text(buffer, cases[i][0]));
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
        assert_string_equal(item_token_type_text(&t), cases[i][1]);
    }
}

static void reads_text_of_every_length_as_mp_read_does(void **state)
{
    (void)state;
    static const char text[300] = {0};
    for (size_t n = 0; n < sizeof text; n++) {
        struct mp_writer w = mp_write_open(buffer, sizeof buffer);
        mp_write_str(&w, text, n);
        for (size_t cut = 0; cut <= 2 && cut < w.need; cut++) {
            struct mp_cursor a = mp_read_open(span_of(buffer, w.need - cut)), b = a;
            struct mp_token ta, tb;
            int err = mp_read_next(&b, &tb);
            assert_int_equal(item_token_next(&a, &ta), err);
            assert_ptr_equal(a.p, b.p);
            if (err == DDBS_OK)
                assert_true(ta.type == tb.type && ta.count == tb.count && ta.bytes == tb.bytes);
        }
    }
}

static void numbers_are_integers_floats_and_ext_1(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool number;
    } cases[] = {{"1", true}, {"-1", true}, {"1.5", true}, {"n'1'", true}, {"'1'", false}, {"ns[1]", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mp_cursor c = mp_read_open(item_text(buffer, cases[i].text));
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
        assert_int_equal(item_token_is_number(&t), cases[i].number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_type),
        cmocka_unit_test(reads_text_of_every_length_as_mp_read_does),
        cmocka_unit_test(numbers_are_integers_floats_and_ext_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
