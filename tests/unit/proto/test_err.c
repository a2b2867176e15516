/* test_err: the list of error codes is complete, unique and reversible. */
#include "proto/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    int code;
    const char *name;
    bool retryable;
} all[] = {
#define X(NAME, number, name, retryable, text) {DDBS_E_##NAME, name, retryable},
    DDBS_ERRORS(X)
#undef X
};

enum { ALL = sizeof(all) / sizeof(all[0]) };

static void every_code_has_its_place(void **state)
{
    (void)state;
    assert_int_equal(ALL, DDBS_E_COUNT_);
    for (int i = 0; i < ALL; i++) {
        assert_int_equal(all[i].code, -(i + 1));
        assert_string_equal(err_name(all[i].code), all[i].name);
        assert_int_equal(err_retryable(all[i].code), all[i].retryable);
        assert_int_equal(err_from_name(all[i].name, strlen(all[i].name)), all[i].code);
    }
}

static void names_are_unique_and_plain(void **state)
{
    (void)state;
    for (int i = 0; i < ALL; i++) {
        assert_int_equal(strspn(all[i].name, "abcdefghijklmnopqrstuvwxyz_"), strlen(all[i].name));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(all[i].name, all[j].name);
    }
}

static void texts_have_no_full_stop(void **state)
{
    (void)state;
    for (int code = 0; code >= -DDBS_E_COUNT_; code--) {
        size_t n = strlen(err_text(code));
        assert_true(n > 0);
        assert_true(err_text(code)[n - 1] != '.');
    }
}

static void fixed_names_of_the_wire(void **state)
{
    (void)state;
    assert_string_equal(err_name(DDBS_OK), "ok");
    assert_string_equal(err_name(DDBS_E_PROTOCOL_ERROR), "protocol_error");
    assert_string_equal(err_name(DDBS_E_ITEM_TOO_LARGE), "item_too_large");
    assert_string_equal(err_text(DDBS_E_FENCED), "a newer connection took this session over");
    assert_true(err_retryable(DDBS_E_BUSY));
    assert_false(err_retryable(DDBS_E_FENCED));
    assert_false(err_retryable(DDBS_OK));
}

static void strangers_are_internal(void **state)
{
    (void)state;
    static const int codes[] = {1, -DDBS_E_COUNT_ - 1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_string_equal(err_name(codes[i]), "internal");
        assert_string_equal(err_text(codes[i]), err_text(DDBS_E_INTERNAL));
        assert_false(err_retryable(codes[i]));
    }
    assert_int_equal(err_from_name("", 0), DDBS_E_INTERNAL);
    assert_int_equal(err_from_name("ok", 2), DDBS_E_INTERNAL);
    assert_int_equal(err_from_name("bus", 3), DDBS_E_INTERNAL);
    assert_int_equal(err_from_name("busyx", 5), DDBS_E_INTERNAL);
    assert_int_equal(err_from_name("busyx", 4), DDBS_E_BUSY); /* need not end in NUL */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_place), cmocka_unit_test(names_are_unique_and_plain),
        cmocka_unit_test(texts_have_no_full_stop),  cmocka_unit_test(fixed_names_of_the_wire),
        cmocka_unit_test(strangers_are_internal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
