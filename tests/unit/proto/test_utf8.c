/* test_utf8: every boundary of the well-formed sequences, at every position of a block; cuts never split a character.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/utf8.h"

static void knows_well_formed_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\x7f", true},
        {"\x80", false},
        {"\xbf", false},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xc2\x80", true},
        {"\xc2\x7f", false},
        {"\xc2\xc0", false},
        {"\xc2", false},
        {"\xdf\xbf", true},
        {"\xe0\x9f\xbf", false},
        {"\xe0\xa0\x80", true},
        {"\xe0\xa0", false},
        {"\xe1\x80\x80", true},
        {"\xec\xbf\xbf", true},
        {"\xed\x9f\xbf", true},
        {"\xed\xa0\x80", false}, /* a surrogate */
        {"\xee\x80\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf0\x90\x80\x80", true},
        {"\xf0\x90\x80", false},
        {"\xf3\xbf\xbf\xbf", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
        {"\xc3\xa9\x80", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = strlen(cases[i].text);
        for (size_t before = 0; before < 34; before++) {
            for (size_t after = 0; after < 34; after += 11) {
                uint8_t text[80];
                memset(text, 'a', sizeof text);
                memcpy(text + before, cases[i].text, n);
                assert_int_equal(utf8_valid(text, before + n + after), cases[i].valid);
            }
        }
    }
}

static void every_two_and_three_byte_sequence(void **state)
{
    (void)state;
    int valid = 0;
    for (unsigned a = 0x80; a < 0x100; a++) {
        for (unsigned b = 0; b < 0x100; b++) {
            const uint8_t two[2] = {(uint8_t)a, (uint8_t)b};
            valid += utf8_valid(two, 2);
            for (unsigned c = 0x70; c < 0xd0; c++) {
                const uint8_t three[3] = {(uint8_t)a, (uint8_t)b, (uint8_t)c};
                valid += utf8_valid(three, 3) && c >= 0x80 && b >= 0x80;
            }
        }
    }
    /* U+0080..U+07FF, and U+0800..U+FFFF without 2,048 surrogates. */
    assert_int_equal(valid, 1920 + 61440);
}

static void cuts_between_characters(void **state)
{
    (void)state;
    const uint8_t *text = (const uint8_t *)"a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80";
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < sizeof want / sizeof want[0]; max++)
        assert_int_equal(utf8_cut(text, 10, max), want[max]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_well_formed_text),
        cmocka_unit_test(every_two_and_three_byte_sequence),
        cmocka_unit_test(cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
