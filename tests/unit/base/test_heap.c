/* test_heap: order, arming and disarming, and a random model test against an array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/base/heap.h"
#include "daemon/base/rng.h"

static void empty_heap_has_no_deadline(void **state)
{
    (void)state;
    struct heap h = {0};
    assert_null(heap_first(&h));
    assert_null(heap_pop_due(&h, HEAP_NEVER));
    assert_true(heap_deadline(&h) == HEAP_NEVER);
}

static void equal_deadlines_leave_in_order(void **state)
{
    (void)state;
    struct heap h = {0};
    struct heap_node n[8] = {0};
    for (int i = 0; i < 8; i++)
        heap_push(&h, &n[i], i % 2 == 0 ? 10 : 5);
    static const int expect[] = {1, 3, 5, 7, 0, 2, 4, 6};
    for (int i = 0; i < 8; i++)
        assert_ptr_equal(heap_pop_due(&h, 10), &n[expect[i]]);
    assert_int_equal(h.count, 0);
}

static void nothing_leaves_before_it_is_due(void **state)
{
    (void)state;
    struct heap h = {0};
    struct heap_node n = {0};
    heap_push(&h, &n, 100);
    assert_null(heap_pop_due(&h, 99));
    assert_int_equal(heap_deadline(&h), 100);
    assert_ptr_equal(heap_pop_due(&h, 100), &n);
    assert_false(n.in);
}

static void set_arms_moves_and_disarms(void **state)
{
    (void)state;
    struct heap h = {0};
    struct heap_node a = {0}, b = {0};
    heap_set(&h, &a, HEAP_NEVER);
    assert_int_equal(h.count, 0);
    heap_set(&h, &a, 5);
    heap_set(&h, &b, 7);
    assert_ptr_equal(heap_first(&h), &a);
    heap_set(&h, &a, 9);
    assert_ptr_equal(heap_first(&h), &b);
    heap_set(&h, &b, HEAP_NEVER);
    assert_false(b.in);
    assert_ptr_equal(heap_first(&h), &a);
    heap_set(&h, &a, HEAP_NEVER);
    assert_null(heap_first(&h));
    assert_int_equal(h.count, 0);
}

static void setting_the_same_deadline_keeps_the_place(void **state)
{
    (void)state;
    struct heap h = {0};
    struct heap_node a = {0}, b = {0};
    heap_set(&h, &a, 5);
    heap_set(&h, &b, 5);
    heap_set(&h, &a, 5);
    assert_ptr_equal(heap_first(&h), &a);
}

/* The model: an array, searched for the smallest (deadline, insertion time). */
enum { NODES = 200, STEPS = 200000, DEADLINES = 40 };

struct model {
    struct heap heap;
    struct heap_node node[NODES];
    uint64_t due[NODES];
    uint64_t inserted[NODES]; /* 0: not inserted */
    uint64_t inserts;
};

static int model_first(const struct model *m)
{
    int best = -1;
    for (int i = 0; i < NODES; i++) {
        if (m->inserted[i] == 0)
            continue;
        if (best < 0 || m->due[i] < m->due[best] || (m->due[i] == m->due[best] && m->inserted[i] < m->inserted[best]))
            best = i;
    }
    return best;
}

static void model_set(struct model *m, int i, uint64_t due)
{
    if (m->inserted[i] != 0 && m->due[i] == due)
        return;
    m->due[i] = due;
    m->inserted[i] = due == HEAP_NEVER ? 0 : ++m->inserts;
}

static void step(struct model *m, struct rng *r)
{
    int i = (int)rng_below(r, NODES);
    uint64_t due = rng_below(r, DEADLINES);
    switch (rng_below(r, 4)) {
    case 0:
        if (m->inserted[i] == 0) {
            heap_push(&m->heap, &m->node[i], due);
            model_set(m, i, due);
        }
        break;
    case 1:
        if (m->inserted[i] != 0) {
            heap_remove(&m->heap, &m->node[i]);
            m->inserted[i] = 0;
        }
        break;
    case 2:
        due = rng_below(r, 8) == 0 ? HEAP_NEVER : due;
        heap_set(&m->heap, &m->node[i], due);
        model_set(m, i, due);
        break;
    default: {
        int first = model_first(m);
        uint64_t now = rng_below(r, DEADLINES) / 2;
        struct heap_node *expect = first >= 0 && m->due[first] <= now ? &m->node[first] : NULL;
        assert_ptr_equal(heap_pop_due(&m->heap, now), expect);
        if (expect != NULL)
            m->inserted[first] = 0;
    }
    }
}

static void behaves_like_a_sorted_array(void **state)
{
    (void)state;
    struct model *m = calloc(1, sizeof(*m));
    struct rng r;
    assert_non_null(m);
    rng_seed(&r, 20240501);
    for (int s = 0; s < STEPS; s++) {
        step(m, &r);
        int first = model_first(m);
        assert_ptr_equal(heap_first(&m->heap), first >= 0 ? &m->node[first] : NULL);
        assert_true(heap_deadline(&m->heap) == (first >= 0 ? m->due[first] : HEAP_NEVER));
    }
    uint64_t in = 0;
    for (int i = 0; i < NODES; i++) {
        assert_int_equal(m->node[i].in, m->inserted[i] != 0);
        in += m->inserted[i] != 0;
    }
    assert_int_equal(m->heap.count, in);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_heap_has_no_deadline),
        cmocka_unit_test(equal_deadlines_leave_in_order),
        cmocka_unit_test(nothing_leaves_before_it_is_due),
        cmocka_unit_test(set_arms_moves_and_disarms),
        cmocka_unit_test(setting_the_same_deadline_keeps_the_place),
        cmocka_unit_test(behaves_like_a_sorted_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
