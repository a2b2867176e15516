/* test_list: order, membership, and a random model test against an array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/list.h"
#include "daemon/base/rng.h"

struct thing {
    int number;
    struct list_node node;
};

static void container_is_found(void **state)
{
    (void)state;
    struct thing t = {.number = 5};
    struct list_head h = {0};
    list_push_back(&h, &t.node);
    assert_ptr_equal(CONTAINER_OF(list_pop_front(&h), struct thing, node), &t);
    assert_null(list_pop_front(&h));
}

static void node_knows_its_list(void **state)
{
    (void)state;
    struct list_head a = {0}, b = {0};
    struct list_node n = {0};
    assert_true(list_empty(&a));
    list_drop(&n);
    list_push_front(&a, &n);
    assert_true(list_on(&n, &a));
    assert_false(list_on(&n, &b));
    list_drop(&n);
    assert_false(list_on(&n, &a));
    assert_true(list_empty(&a));
}

enum { NODES = 32, STEPS = 50000 };

/* The model: the expected nodes in order. */
struct model {
    struct list_head head;
    struct list_node node[NODES];
    size_t order[NODES];
    size_t count;
};

static void model_insert(struct model *m, size_t at, size_t node)
{
    memmove(&m->order[at + 1], &m->order[at], (m->count - at) * sizeof(m->order[0]));
    m->order[at] = node;
    m->count++;
}

static void model_remove(struct model *m, size_t at)
{
    m->count--;
    memmove(&m->order[at], &m->order[at + 1], (m->count - at) * sizeof(m->order[0]));
}

static size_t model_find(const struct model *m, size_t node)
{
    size_t at = 0;
    while (at < m->count && m->order[at] != node)
        at++;
    return at;
}

static void check(const struct model *m)
{
    const struct list_node *n = m->head.first, *prev = NULL;
    for (size_t i = 0; i < m->count; i++) {
        assert_ptr_equal(n, &m->node[m->order[i]]);
        assert_ptr_equal(n->prev, prev);
        prev = n;
        n = n->next;
    }
    assert_null(n);
    assert_ptr_equal(m->head.last, prev);
    assert_int_equal(m->head.count, m->count);
}

static void behaves_like_an_array(void **state)
{
    (void)state;
    struct model m = {0};
    struct rng r;
    rng_seed(&r, 9);
    for (int s = 0; s < STEPS; s++) {
        size_t i = rng_below(&r, NODES);
        size_t at = model_find(&m, i);
        if (at < m.count) {
            list_remove(&m.node[i]);
            model_remove(&m, at);
        } else if (rng_below(&r, 2) == 0) {
            list_push_back(&m.head, &m.node[i]);
            model_insert(&m, m.count, i);
        } else {
            at = rng_below(&r, m.count + 1);
            list_insert_after(&m.head, at > 0 ? &m.node[m.order[at - 1]] : NULL, &m.node[i]);
            model_insert(&m, at, i);
        }
        check(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(container_is_found),
        cmocka_unit_test(node_knows_its_list),
        cmocka_unit_test(behaves_like_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
