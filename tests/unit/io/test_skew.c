/* Tests of daemon/io/skew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/io/skew.h"

static void codes_and_distances(void **state)
{
    (void)state;
    enum { NOW = 1700000000 };
    static const struct {
        const char *error;
        uint64_t date;
        bool skew;
        int64_t offset;
    } CASES[] = {
        {"RequestTimeTooSkewed: x", NOW + 1, true, 1},
        {"RequestExpired", NOW - 10, true, -10},
        {"RequestInTheFuture: y", NOW - 600, true, -600},
        {"InvalidSignatureException: z", NOW + 240, true, 240},
        {"InvalidSignatureException: z", NOW - 240, true, -240},
        {"InvalidSignatureException: z", NOW + 239, false, 0},
        {"SignatureDoesNotMatch", NOW + 3600, true, 3600},
        {"AuthFailure: a", NOW + 3600, true, 3600},
        {"InvalidSignature: z", NOW + 3600, false, 0},
        {"ExpiredTokenException: z", NOW + 3600, false, 0},
        {"RequestTimeTooSkewed", 0, false, 0},
        {"", NOW + 3600, false, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        int64_t offset = 77;
        assert_int_equal(skew_judge(CASES[i].error, CASES[i].date, NOW, &offset), CASES[i].skew);
        assert_int_equal(offset, CASES[i].skew ? CASES[i].offset : 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(codes_and_distances)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
