/* test_item_error: paths and names in messages are escaped, cut between characters, and stay within the buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/item/item_check.h"
#include "proto/item/item_error.h"
#include "proto/mp_write.h"
#include "proto/utf8.h"
#include "tests/unit/item/item_text.h"

static uint8_t buffer[ITEM_TEXT_MAX];

static void quotes_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *quoted;
    } cases[] = {
        {"", "\"\""},
        {"plain name", "\"plain name\""},
        {"a\"b\\c", "\"a\\x22b\\x5cc\""},
        {"tab\there\x7f", "\"tab\\x09here\\x7f\""},
        {"caf\xc3\xa9", "\"caf\xc3\xa9\""},
        {"bad\xff", "\"bad\\xff\""},
        {"1234567890123456789012345678901234567890", "\"1234567890123456789012345678901234567890\""},
        {"12345678901234567890123456789012345678901", "\"1234567890123456789012345678901234567890...\""},
        {"123456789012345678901234567890123456789\xc3\xa9", "\"123456789012345678901234567890123456789...\""},
        {"\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1",
         "\"\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01...\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[ITEM_ERROR_QUOTE];
        item_error_quote(out, (const uint8_t *)cases[i].name, strlen(cases[i].name));
        assert_string_equal(out, cases[i].quoted);
    }
}

static const char *sentence_of(struct span item)
{
    static char errmsg[ITEM_ERRMSG];
    struct mp_cursor c = mp_read_open(item);
    struct item_info info;
    assert_true(item_check(&c, NULL, false, &info, errmsg) < 0);
    assert_non_null(memchr(errmsg, 0, sizeof errmsg));
    assert_true(utf8_valid((const uint8_t *)errmsg, strlen(errmsg)));
    return errmsg;
}

static void names_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *start;
    } cases[] = {
        {"{'a':n''}", "attribute \"a\": "},
        {"{'a':1,'b':{'c':[1,2,{'d':n''}]}}", "attribute \"b\".\"c\"[2].\"d\": "},
        {"{'a':[[[],[n'']]]}", "attribute \"a\"[0][1][0]: "},
        {"{'a':{5:1}}", "attribute \"a\".(a name that is no string): "},
        {"[]", "an item is a map"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *says = sentence_of(item_text(buffer, cases[i].item));
        if (strncmp(says, cases[i].start, strlen(cases[i].start)) != 0)
            fail_msg("%s says: %s", cases[i].item, says);
    }
}

/* Deep paths of long names in every script stay within the buffer and valid. */
static void cuts_long_paths(void **state)
{
    (void)state;
    static const char *const letters[] = {"n", "\xc3\xa9", "\xe6\x97\xa5", "\xf0\x9f\x98\x80", "\"", "\xff"};
    for (size_t l = 0; l < sizeof letters / sizeof letters[0]; l++) {
        for (size_t repeat = 1; repeat < 40; repeat++) {
            char name[200] = "";
            for (size_t i = 0; i < repeat; i++)
                memcpy(name + i * strlen(letters[l]), letters[l], strlen(letters[l]) + 1);
            struct mp_writer w = mp_write_open(buffer, sizeof buffer);
            for (int depth = 0; depth < 20; depth++) {
                mp_write_map(&w, 1);
                mp_write_cstr(&w, name);
            }
            mp_write_ext(&w, EXT_NUMBER, "x", 1);
            assert_non_null(strstr(sentence_of(span_of(buffer, w.need)), l == 5 ? "not valid UTF-8" : "not a decimal"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_names),
        cmocka_unit_test(names_the_path),
        cmocka_unit_test(cuts_long_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
