/* test_item_number: a number counts, prints and compares the same in every msgpack form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/item/item_number.h"
#include "proto/item/item_token.h"
#include "tests/unit/item/item_text.h"

static uint8_t buffer[ITEM_TEXT_MAX];

static void agrees_with_its_text(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        const char *text;
    } cases[] = {
        {"0", "0"},
        {"7", "7"},
        {"-1", "-1"},
        {"100", "100"},
        {"-1000", "-1000"},
        {"1234567890", "1234567890"},
        {"18446744073709551615", "18446744073709551615"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"0.0", "0"},
        {"-0.0", "0"},
        {"2.5", "2.5"},
        {"-1e100", "-1e100"},
        {"0.1f", "0.1"},
        {"n'0.10'", "0.10"},
        {"n'-00.5E+3'", "-00.5E+3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mp_cursor c = mp_read_open(item_text(buffer, cases[i].number));
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
        assert_true(item_token_is_number(&t));
        uint32_t len, size;
        const char *why = NULL;
        assert_int_equal(item_number_facts(&t, &len, &size, &why), DDBS_OK);
        struct num want, have;
        assert_int_equal(num_parse(span_of(cases[i].text, strlen(cases[i].text)), &want, NULL), DDBS_OK);
        item_number_value(&t, &have);
        assert_true(num_equal(&have, &want));
        assert_int_equal(len, strlen(cases[i].text));
        assert_int_equal(size, num_size(&want));
    }
}

static void other_types_are_no_numbers(void **state)
{
    (void)state;
    static const char *const values[] = {"'1'", "x'31'", "true", "null", "[]", "{}", "ns[1]", "e7'00'"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct mp_cursor c = mp_read_open(item_text(buffer, values[i]));
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
        assert_false(item_token_is_number(&t));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_its_text),
        cmocka_unit_test(other_types_are_no_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
