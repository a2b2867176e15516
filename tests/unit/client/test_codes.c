/* test_codes: every public code has the name and the text of proto/err.h, except the two of the library itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/c/codes.h"

static void codes_have_their_names(void **state)
{
    (void)state;
    for (int code = 0; code >= -DDBS_E_COUNT_; code--) {
        assert_string_equal(ddbs_errname(code), err_name(code));
        assert_string_equal(ddbs_strerror(code), err_text(code));
    }
    assert_string_equal(ddbs_errname(DDBS_AGAIN), "again");
    assert_string_equal(ddbs_errname(DDBS_FAILURES), "failures");
    assert_non_null(strstr(ddbs_strerror(DDBS_AGAIN), "ddbs_process"));
    assert_non_null(strstr(ddbs_strerror(DDBS_FAILURES), "some records failed"));
    assert_string_equal(ddbs_version(), DDBS_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
