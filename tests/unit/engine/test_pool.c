/* test_pool: who may take how much (PROTOCOL C4), in numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/engine/value/pool.h"

static struct budget *tenant_on(struct budget *t, uint64_t held)
{
    *t = (struct budget){0};
    t->held[POOL_RECORD] = held;
    return t;
}

/* pool of 1000, largest object 100 */
static void the_threshold_is_dynamic(void **state)
{
    (void)state;
    static const struct {
        uint64_t used, budget, user, n;
        bool may;
    } cases[] = {
        {0, 0, 0, 1000, true},                               /* an empty pool is available in full to anyone */
        {0, 0, 0, 1001, false},     {500, 500, 0, 10, true}, /* holds as much as is free */
        {501, 501, 0, 10, false},                            /* holds more */
        {600, 100, 0, 10, true},                             /* others hold the rest */
        {700, 300, 0, 10, true},    {700, 301, 0, 10, false},   {900, 0, 0, 100, true}, /* a newcomer gets in */
        {900, 1, 0, 10, true},      {901, 1, 0, 10, false}, /* below one largest object: only whoever holds nothing */
        {901, 0, 0, 99, true},      {901, 0, 0, 100, false},    {1000, 0, 0, 1, false},
        {300, 300, 300, 10, true},  /* within a budget: 300 held, 400 free beside what the budget holds */
        {340, 340, 340, 10, false}, /* 340 > 660 - 340 */
        {340, 340, 0, 10, true},    /* another uid of the target */
        {340, 340, 320, 10, true},  {340, 340, 321, 10, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct budget t;
        struct pool p = {.size = 1000, .used = cases[i].used, .largest = 100};
        struct user_budget s = {.budget = tenant_on(&t, cases[i].budget)};
        s.held[POOL_RECORD] = cases[i].user;
        if (pool_can_charge(&p, POOL_RECORD, &t, &s, cases[i].n) != cases[i].may)
            fail_msg("case %zu", i);
    }
}

static void no_share_no_second_rule(void **state)
{
    (void)state;
    struct budget t;
    struct pool p = {.size = 1000, .used = 340, .largest = 100};
    tenant_on(&t, 340);
    assert_true(pool_can_charge(&p, POOL_RECORD, &t, NULL, 600));
}

static void taking_and_giving_balance(void **state)
{
    (void)state;
    struct budget t = {0};
    struct pool p = {.size = 1000, .largest = 100};
    struct user_budget *s = budget_join(&t, 7);
    assert_non_null(s);
    pool_charge(&p, POOL_BODY, &t, s, 300);
    pool_charge(&p, POOL_BODY, &t, NULL, 200);
    assert_int_equal(p.used, 500);
    assert_int_equal(p.used_max, 500);
    assert_int_equal(t.held[POOL_BODY], 500);
    assert_int_equal(s->held[POOL_BODY], 300);
    assert_false(p.freed);
    pool_release(&p, POOL_BODY, &t, s, 300);
    assert_true(p.freed);
    pool_release(&p, POOL_BODY, &t, NULL, 200);
    assert_int_equal(p.used + t.held[POOL_BODY] + s->held[POOL_BODY], 0);
    assert_int_equal(p.used_max, 500);
    budget_leave(s);
}

static void shares_are_counted(void **state)
{
    (void)state;
    int64_t live = mem_live();
    struct budget t = {0};
    struct user_budget *a = budget_join(&t, 1), *b = budget_join(&t, 2), *again = budget_join(&t, 1);
    assert_true(a == again && a != b);
    assert_int_equal(t.users.count, 2);
    budget_leave(a);
    assert_int_equal(t.users.count, 2);
    budget_leave(a);
    budget_leave(b);
    budget_leave(NULL);
    assert_int_equal(t.users.count, 0);
    assert_int_equal(mem_live(), live);
    mem_fail_nth(1);
    assert_null(budget_join(&t, 1));
}

static void short_means_an_eighth(void **state)
{
    (void)state;
    struct pool p = {.size = 800};
    p.used = 700;
    assert_false(pool_short(&p));
    p.used = 701;
    assert_true(pool_short(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_threshold_is_dynamic),  cmocka_unit_test(no_share_no_second_rule),
        cmocka_unit_test(taking_and_giving_balance), cmocka_unit_test(shares_are_counted),
        cmocka_unit_test(short_means_an_eighth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
