/* test_record: a record's memory, and that its cost covers it (PROTOCOL C1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/engine/record/record.h"

static void a_new_record_is_clear_and_holds_its_bytes(void **state)
{
    (void)state;
    int64_t live = mem_live();
    struct record *r = record_new(100);
    assert_non_null(r);
    assert_true(r->in_session.head == NULL && r->in_target.head == NULL && r->key_last == NULL);
    assert_int_equal(r->failures + r->throttles + r->alone + r->maybe_written, 0);
    memset(r->bytes, 'x', 100);
    r->item_off = 10;
    r->item_len = 80;
    assert_true(record_item(r).p == r->bytes + 10);
    assert_int_equal(record_item(r).n, 80);
    record_free(r);
    record_free(NULL);
    assert_int_equal(mem_live(), live);
}

static void no_memory_no_record(void **state)
{
    (void)state;
    mem_fail_nth(1);
    assert_null(record_new(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_record_is_clear_and_holds_its_bytes),
        cmocka_unit_test(no_memory_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
