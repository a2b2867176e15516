/* test_limiter: the congestion controller in numbers: window, cooldown, headroom, each rule of its head comment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/engine/value/backoff.h"
#include "daemon/engine/value/limiter.h"

enum { MAX = 4, NOW = 1000 };

static struct rng rng;

static struct limiter fresh(void)
{
    struct limiter l;
    rng_seed(&rng, 7);
    limiter_init(&l, MAX);
    return l;
}

static void fail_once(struct limiter *l, enum reason reason)
{
    struct limiter_ticket t = limiter_start(l, false);
    if (reason == REASON_THROTTLED)
        limiter_on_throttle(l, &rng, t, 0, NOW);
    else
        limiter_on_unanswered(l, &rng, t, reason, 0, NOW);
}

static void succeed(struct limiter *l, enum limiter_taken taken)
{
    limiter_on_success(l, limiter_start(l, false), taken, NOW);
}

static void without_trouble_max_may_be_in_flight(void **state)
{
    (void)state;
    struct limiter l = fresh();
    assert_int_equal(limiter_in_flight_max(&l), MAX);
    assert_true(limiter_may_start(&l, MAX - 1, NOW));
    assert_false(limiter_may_start(&l, MAX, NOW));
    assert_true(limiter_retry_ms(&l, NOW) == UINT64_MAX); /* an answer is due */
}

static void two_failures_close_the_window_one_does_not(void **state)
{
    (void)state;
    static const enum reason reasons[] = {REASON_THROTTLED, REASON_BACKOFF, REASON_ENDPOINT_DOWN};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        struct limiter l = fresh();
        fail_once(&l, reasons[i]);
        assert_true(limiter_may_start(&l, MAX - 1, NOW));
        assert_int_equal(l.reason, reasons[i]);
        fail_once(&l, reasons[i]);
        assert_int_equal(limiter_in_flight_max(&l), 1);
        assert_true(limiter_cools_down(&l, NOW));
        assert_false(limiter_may_start(&l, 0, NOW));
        assert_int_equal(limiter_retry_ms(&l, NOW), l.cooldown_ms);
        assert_true(limiter_may_start(&l, 0, l.cooldown_ms));
        assert_false(limiter_may_start(&l, 1, l.cooldown_ms));
    }
}

static void a_cooldown_is_capped_by_its_kind(void **state)
{
    (void)state;
    static const struct {
        enum reason reason;
        uint64_t cap_ms;
    } cases[] = {{REASON_THROTTLED, 2000}, {REASON_BACKOFF, 500}, {REASON_ENDPOINT_DOWN, 500}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct limiter l = fresh();
        uint64_t longest = 0;
        for (int n = 0; n < 200; n++) {
            fail_once(&l, cases[i].reason);
            longest = l.cooldown_ms > longest ? l.cooldown_ms : longest;
        }
        assert_int_equal(longest, NOW + 1 + cases[i].cap_ms); /* after that many failures one hits the cap */
    }
}

static void requests_that_fail_together_count_twice_at_most(void **state)
{
    (void)state;
    struct limiter l = fresh();
    struct limiter_ticket together[MAX];
    for (int i = 0; i < MAX; i++)
        together[i] = limiter_start(&l, false);
    for (int i = 0; i < MAX; i++)
        limiter_on_throttle(&l, &rng, together[i], 0, NOW);
    assert_int_equal(l.failures, 2);
    fail_once(&l, REASON_THROTTLED); /* it started later: new evidence */
    assert_int_equal(l.failures, 3);
}

static void another_kind_of_failure_restarts_the_count(void **state)
{
    (void)state;
    struct limiter l = fresh();
    for (int i = 0; i < 6; i++)
        fail_once(&l, REASON_ENDPOINT_DOWN);
    assert_int_equal(l.failures, 6);
    fail_once(&l, REASON_THROTTLED);
    assert_int_equal(l.failures, 2);
    fail_once(&l, REASON_BACKOFF);
    fail_once(&l, REASON_ENDPOINT_DOWN); /* the same kind as BACKOFF: both are outages */
    assert_int_equal(l.failures, 3);
}

static void answers_open_the_window_one_by_one(void **state)
{
    (void)state;
    struct limiter l = fresh();
    fail_once(&l, REASON_BACKOFF);
    fail_once(&l, REASON_BACKOFF);
    for (uint64_t window = 2; window <= MAX; window++) {
        succeed(&l, LIMITER_TOOK_SOME);
        assert_int_equal(limiter_in_flight_max(&l), window);
        assert_int_equal(l.failures, 0);
        assert_false(limiter_cools_down(&l, NOW));
    }
    assert_int_equal(l.window, 0); /* no limit of its own any more */
    succeed(&l, LIMITER_TOOK_ALL);
    assert_int_equal(limiter_in_flight_max(&l), MAX);
}

static void full_answers_show_headroom(void **state)
{
    (void)state;
    static const struct {
        enum limiter_taken last;
        bool headroom;
    } cases[] = {{LIMITER_TOOK_ALL, true}, {LIMITER_TOOK_UNKNOWN, true}, {LIMITER_TOOK_SOME, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct limiter l = fresh();
        assert_false(limiter_has_headroom(&l, 0, NOW));
        succeed(&l, LIMITER_TOOK_ALL);
        succeed(&l, LIMITER_TOOK_ALL);
        assert_true(limiter_has_headroom(&l, 1, NOW));
        assert_false(limiter_has_headroom(&l, 2, NOW));
        succeed(&l, cases[i].last);
        assert_int_equal(limiter_has_headroom(&l, 1, NOW), cases[i].headroom);
    }
}

static void trust_that_was_wrong_costs_twice_as_much(void **state)
{
    (void)state;
    static const uint32_t doubts[] = {1, 2, 4, 8, 8};
    struct limiter l = fresh();
    for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++) {
        struct limiter_ticket a = limiter_start(&l, true), b = limiter_start(&l, true);
        limiter_on_success(&l, a, LIMITER_TOOK_SOME, NOW);
        limiter_on_success(&l, b, LIMITER_TOOK_SOME, NOW); /* sent together: doubted only once */
        assert_int_equal(l.headroom.doubted, doubts[i]);
        for (uint32_t n = 0; n < doubts[i]; n++)
            succeed(&l, LIMITER_TOOK_ALL);
        assert_false(limiter_has_headroom(&l, 0, NOW));
        succeed(&l, LIMITER_TOOK_ALL);
        assert_true(limiter_has_headroom(&l, 0, NOW));
    }
    limiter_on_success(&l, limiter_start(&l, true), LIMITER_TOOK_ALL, NOW); /* this time it was right */
    assert_int_equal(l.headroom.doubted, 0);
}

static void a_hint_keeps_what_is_early_and_the_cooldown(void **state)
{
    (void)state;
    struct limiter l = fresh();
    limiter_on_throttle(&l, &rng, limiter_start(&l, false), 3000, NOW);
    for (int i = 0; i < 3; i++)
        succeed(&l, LIMITER_TOOK_ALL);
    assert_false(limiter_has_headroom(&l, 0, NOW + 2999));
    assert_true(limiter_has_headroom(&l, 0, NOW + 3000));
    limiter_on_throttle(&l, &rng, limiter_start(&l, false), 0, NOW);
    limiter_on_throttle(&l, &rng, limiter_start(&l, false), 3000, NOW);
    assert_in_range(l.cooldown_ms, NOW + 3000, NOW + 1 + 3000);
}

static void a_failed_describe_waits_and_leaves_the_window(void **state)
{
    (void)state;
    struct limiter l = fresh();
    limiter_on_describe_failed(&l, &rng, REASON_ENDPOINT_DOWN, 0, NOW);
    assert_int_equal(l.failures, 1);
    assert_in_range(l.cooldown_ms, NOW + 1, NOW + 1 + BACKOFF_TRANSIENT_MS);
    assert_int_equal(limiter_in_flight_max(&l), MAX);
    limiter_note_failure(&l, REASON_THROTTLED);
    assert_int_equal(l.failures, 2);
    assert_int_equal(l.reason, REASON_THROTTLED);
}

static void a_reset_forgets_trouble_and_keeps_headroom(void **state)
{
    (void)state;
    struct limiter l = fresh();
    fail_once(&l, REASON_BACKOFF);
    fail_once(&l, REASON_BACKOFF);
    succeed(&l, LIMITER_TOOK_ALL);
    limiter_reset(&l);
    assert_int_equal(l.failures, 0);
    assert_int_equal(l.reason, REASON_NONE);
    assert_int_equal(limiter_in_flight_max(&l), MAX);
    assert_true(limiter_has_headroom(&l, 0, NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_trouble_max_may_be_in_flight),
        cmocka_unit_test(two_failures_close_the_window_one_does_not),
        cmocka_unit_test(a_cooldown_is_capped_by_its_kind),
        cmocka_unit_test(requests_that_fail_together_count_twice_at_most),
        cmocka_unit_test(another_kind_of_failure_restarts_the_count),
        cmocka_unit_test(answers_open_the_window_one_by_one),
        cmocka_unit_test(full_answers_show_headroom),
        cmocka_unit_test(trust_that_was_wrong_costs_twice_as_much),
        cmocka_unit_test(a_hint_keeps_what_is_early_and_the_cooldown),
        cmocka_unit_test(a_failed_describe_waits_and_leaves_the_window),
        cmocka_unit_test(a_reset_forgets_trouble_and_keeps_headroom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
