/* test_ledger: counters move in pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/engine/value/ledger.h"

static void every_path_through_the_ledger_balances(void **state)
{
    (void)state;
    static const struct {
        enum ledger_state end;
        size_t at; /* offset of the counter that must have risen */
    } ends[] = {
        {LEDGER_WRITTEN, offsetof(struct ledger, written)},
        {LEDGER_FAILED, offsetof(struct ledger, failed)},
        {LEDGER_SUPERSEDED, offsetof(struct ledger, superseded)},
        {LEDGER_WITHDRAWN, offsetof(struct ledger, withdrawn)},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        for (int flights = 0; flights < 3; flights++) {
            struct ledger l = {0};
            ledger_accept(&l);
            assert_true(ledger_balanced(&l));
            for (int k = 0; k < flights; k++) {
                ledger_move(&l, LEDGER_QUEUED, LEDGER_IN_FLIGHT);
                assert_true(ledger_balanced(&l));
                if (k + 1 < flights)
                    ledger_move(&l, LEDGER_IN_FLIGHT, LEDGER_QUEUED);
            }
            ledger_move(&l, flights > 0 ? LEDGER_IN_FLIGHT : LEDGER_QUEUED, ends[i].end);
            assert_true(ledger_balanced(&l));
            assert_int_equal(*(uint64_t *)(void *)((char *)&l + ends[i].at), 1);
            assert_int_equal(l.queued + l.in_flight, 0);
            assert_int_equal(l.accepted, 1);
        }
}

static void a_lost_record_shows(void **state)
{
    (void)state;
    struct ledger l = {.accepted = 3, .written = 1, .queued = 1};
    assert_false(ledger_balanced(&l));
    l.in_flight = 1;
    assert_true(ledger_balanced(&l));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_through_the_ledger_balances),
        cmocka_unit_test(a_lost_record_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
