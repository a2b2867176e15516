/* test_failures: kept up to a maximum, given back in order, texts cut to their bound. */
#include "client/failures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/err.h"

static void they_come_back_in_order_and_no_more_than_fit(void **state)
{
    struct failures f;

    (void)state;
    failures_init(&f, 3);
    for (uint64_t seq = 1; seq <= 5; seq++)
        failures_keep(
            &f, &(struct msg_failure){
                    .seq = seq, .code = DDBS_E_REJECTED, .message = span_of("because", 7), .maybe_written = seq == 2});
    assert_int_equal(f.count, 3);
    assert_int_equal(f.lost, 2);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct failure *e = failures_take(&f);

        assert_int_equal(e->seq, seq);
        assert_int_equal(e->code, DDBS_E_REJECTED);
        assert_string_equal(e->message, "because");
        assert_true(e->maybe_written == (seq == 2));
        failure_free(e);
    }
    assert_null(failures_take(&f));
    /* there is room again */
    failures_keep(&f, &(struct msg_failure){.seq = 9, .code = DDBS_E_ABORTED});
    assert_int_equal(f.count, 1);
    assert_int_equal(f.lost, 2);
    failures_fini(&f);
    assert_int_equal(f.count, 0);
}

static void texts_are_cut(void **state)
{
    static uint8_t text[MSG_TEXT_MAX + 100];
    struct failures f;
    struct failure *e;

    (void)state;
    memset(text, 'x', sizeof text);
    failures_init(&f, 1);
    failures_keep(&f, &(struct msg_failure){.seq = 1, .code = DDBS_E_REJECTED, .message = span_of(text, sizeof text)});
    e = failures_take(&f);
    assert_int_equal(strlen(e->message), MSG_TEXT_MAX);
    failure_free(e);
    failures_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_back_in_order_and_no_more_than_fit),
        cmocka_unit_test(texts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
