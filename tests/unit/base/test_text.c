/* test_text: bounded text output and cutting of UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/text.h"
#include "proto/utf8.h"

static struct span s(const char *text)
{
    return span_of(text, strlen(text));
}

static void a_long_text_is_cut_between_words(void **state)
{
    (void)state;
    static const struct {
        size_t cap;
        const char *text, *want;
    } cases[] = {
        {20, "", ""},
        {20, "fits well", "fits well"},
        {10, "fits well", "fits well"},
        {9, "fits well", "fits..."},
        {8, "fits well", "fits..."},
        {7, "fits well", "fit..."},
        {12, "on table/orders x", "on..."},
        {8, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", "\xc3\xa4\xc3\xa4..."},
        {4, "nothing", "..."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[32];
        assert_int_equal(text_shorten(out, cases[i].cap, s(cases[i].text)), strlen(cases[i].want));
        assert_string_equal(out, cases[i].want);
    }
}

static void quotes_are_escaped(void **state)
{
    (void)state;
    static const struct {
        size_t cap;
        const char *text, *want;
    } cases[] = {
        {32, "", "\"\""},
        {32, "\"mu\" is no name", "\"\\\"mu\\\" is no name\""},
        {32, "a\\b", "\"a\\\\b\""},
        {11, "12345678", "\"12345678\""},
        {10, "12345678", "\"1234...\""},
        {10, "123\"5678", "\"123...\""},
        {12, "one two three", "\"one...\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        assert_int_equal(text_quote(out, cases[i].cap, s(cases[i].text)), strlen(cases[i].want));
        assert_string_equal(out, cases[i].want);
    }
}

/* For any buffer size: NUL-terminated within it, and no character is split. */
static void every_room_is_kept(void **state)
{
    (void)state;
    const char *text = "w\xc3\xb6rds \"quoted\" and \\ \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac, \"\"\"\" then more";
    for (size_t cap = 8; cap < 80; cap++) {
        char out[81];
        memset(out, 'x', sizeof out);
        size_t n = text_shorten(out, cap, s(text));
        assert_true(n < cap && out[n] == '\0' && out[cap] == 'x' && utf8_valid((uint8_t *)out, n));
        memset(out, 'x', sizeof out);
        n = text_quote(out, cap, s(text));
        assert_true(n < cap && out[n] == '\0' && out[cap] == 'x' && utf8_valid((uint8_t *)out, n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_text_is_cut_between_words),
        cmocka_unit_test(quotes_are_escaped),
        cmocka_unit_test(every_room_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
