/* test_failure_list: keeps up to a maximum, returns in order, cuts texts to their limit. */
#include "client/c/failure_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/err.h"

static void they_come_back_in_order_and_no_more_than_fit(void **state)
{
    struct failure_list f;
    (void)state;
    failure_list_init(&f, 3);
    for (uint64_t seq = 1; seq <= 5; seq++)
        failure_list_keep(
            &f, &(struct msg_failure){
                    .seq = seq, .code = DDBS_E_REJECTED, .message = span_of("because", 7), .maybe_written = seq == 2});
    assert_int_equal(f.count, 3);
    assert_int_equal(f.lost, 2);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct failed_record *e = failure_list_take(&f);
        assert_int_equal(e->seq, seq);
        assert_int_equal(e->code, DDBS_E_REJECTED);
        assert_string_equal(e->message, "because");
        assert_true(e->maybe_written == (seq == 2));
        failure_list_free(e);
    }
    assert_null(failure_list_take(&f));
    /* there is room again */
    failure_list_keep(&f, &(struct msg_failure){.seq = 9, .code = DDBS_E_ABORTED});
    assert_int_equal(f.count, 1);
    assert_int_equal(f.lost, 2);
    failure_list_fini(&f);
    assert_int_equal(f.count, 0);
}

static void texts_are_cut(void **state)
{
    static uint8_t text[MSG_TEXT_MAX + 100];
    struct failure_list f;
    struct failed_record *e;
    (void)state;
    memset(text, 'x', sizeof text);
    failure_list_init(&f, 1);
    failure_list_keep(&f,
                      &(struct msg_failure){.seq = 1, .code = DDBS_E_REJECTED, .message = span_of(text, sizeof text)});
    e = failure_list_take(&f);
    assert_int_equal(strlen(e->message), MSG_TEXT_MAX);
    failure_list_free(e);
    failure_list_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_back_in_order_and_no_more_than_fit),
        cmocka_unit_test(texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
