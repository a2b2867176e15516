/* test_codes: every public code has the name and the sentence of proto/err.h, and the two codes that only the library
 * knows have their own. */
#include "client/codes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(ddbs_errname(DDBS_E_ITEM_TOO_LARGE), "item_too_large");
    assert_string_equal(ddbs_errname(DDBS_AGAIN), "again");
    assert_string_equal(ddbs_errname(DDBS_FAILURES), "failures");
    assert_string_equal(ddbs_errname(DDBS_OK), "ok");
}

static void codes_have_sentences(void **state)
{
    (void)state;
    assert_string_equal(ddbs_strerror(DDBS_E_FENCED), "a newer connection took this session over");
    assert_true(strlen(ddbs_strerror(DDBS_FAILURES)) > 0 && strlen(ddbs_strerror(DDBS_AGAIN)) > 0);
    assert_string_not_equal(ddbs_strerror(DDBS_FAILURES), ddbs_strerror(DDBS_AGAIN));
}

static void the_list_is_that_of_the_protocol(void **state)
{
    (void)state;
#define X(NAME, number, name, retryable, text)                                                                         \
    assert_string_equal(ddbs_errname(DDBS_E_##NAME), name);                                                            \
    assert_string_equal(ddbs_strerror(DDBS_E_##NAME), text);
    DDBS_ERRORS(X)
#undef X
}

static void the_version_is_the_headers(void **state)
{
    (void)state;
    assert_string_equal(ddbs_version(), DDBS_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_names),
        cmocka_unit_test(codes_have_sentences),
        cmocka_unit_test(the_list_is_that_of_the_protocol),
        cmocka_unit_test(the_version_is_the_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
