/* test_skew: clock skew from an answer's Date and error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/http/skew.h"

static void codes_and_distances(void **state)
{
    (void)state;
    enum { NOW = 1700000000 };
    static const struct {
        const char *error;
        uint64_t date;
        bool skew;
        int64_t offset, before;
    } CASES[] = {
        {"RequestTimeTooSkewed: x", NOW + 1, true, 1, 0},
        {"RequestExpired", NOW - 10, true, -10, 0},
        {"RequestInTheFuture: y", NOW - 600, true, -600, 0},
        {"InvalidSignatureException: z", NOW + 240, true, 240, 0},
        {"InvalidSignatureException: z", NOW - 240, true, -240, 0},
        {"InvalidSignatureException: z", NOW + 239, false, 0, 0},
        {"SignatureDoesNotMatch", NOW + 3600, true, 3600, 0},
        {"AuthFailure: a", NOW + 3600, true, 3600, 0},
        {"InvalidSignature: z", NOW + 3600, false, 0, 0},
        {"ExpiredTokenException: z", NOW + 3600, false, 0, 0},
        {"RequestTimeTooSkewed", 0, false, 0, 0},
        {"", NOW + 3600, false, 0, 0},
        /* the signature was made with an offset: that offset was wrong */
        {"InvalidSignatureException: z", NOW + 3600, false, 0, 3600},
        {"InvalidSignatureException: z", NOW, true, 0, -1000}, /* the clock that was wrong has been set right */
        {"InvalidSignatureException: z", NOW + 100, true, 100, 340},
        {"InvalidSignatureException: z", NOW + 100, false, 0, 339},
        {"RequestTimeTooSkewed: x", NOW + 3600, true, 3600, 3600},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        int64_t offset = CASES[i].before;
        assert_int_equal(skew_correct(CASES[i].error, CASES[i].date, NOW, &offset), CASES[i].skew);
        assert_int_equal(offset, CASES[i].skew ? CASES[i].offset : CASES[i].before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(codes_and_distances)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
