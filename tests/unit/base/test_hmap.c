/* test_hmap: duplicates, replacement, failed growth, the hash, and a random model test against an array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/hmap.h"
#include "daemon/base/mem.h"
#include "daemon/base/rng.h"

static size_t count_hash(const struct hmap *m, uint64_t hash)
{
    size_t n = 0;
    for (struct hmap_node *at = hmap_first(m, hash); at != NULL; at = hmap_next(at)) {
        assert_true(at->hash == hash);
        n++;
    }
    return n;
}

static void empty_table_finds_nothing(void **state)
{
    (void)state;
    struct hmap m = {0};
    assert_null(hmap_first(&m, 7));
    hmap_fini(&m);
}

static void equal_hashes_are_all_found(void **state)
{
    (void)state;
    struct hmap m = {0};
    struct hmap_node n[5] = {0};
    for (int i = 0; i < 5; i++)
        assert_true(hmap_put(&m, &n[i], i == 4 ? 8 : 7));
    assert_int_equal(count_hash(&m, 7), 4);
    assert_int_equal(count_hash(&m, 8), 1);
    hmap_remove(&m, &n[1]);
    assert_int_equal(count_hash(&m, 7), 3);
    assert_int_equal(m.count, 4);
    hmap_fini(&m);
}

static void replacing_keeps_the_hash(void **state)
{
    (void)state;
    struct hmap m = {0};
    struct hmap_node n[3] = {0}, other = {0};
    for (int i = 0; i < 3; i++)
        assert_true(hmap_put(&m, &n[i], 7));
    hmap_replace(&m, &n[1], &other);
    assert_int_equal(count_hash(&m, 7), 3);
    assert_int_equal(m.count, 3);
    bool found = false;
    for (struct hmap_node *at = hmap_first(&m, 7); at != NULL; at = hmap_next(at)) {
        assert_ptr_not_equal(at, &n[1]);
        found = found || at == &other;
    }
    assert_true(found);
    hmap_remove(&m, &other);
    assert_int_equal(count_hash(&m, 7), 2);
    hmap_fini(&m);
}

static void first_array_may_fail(void **state)
{
    (void)state;
    struct hmap m = {0};
    struct hmap_node n = {0};
    mem_fail_nth(1);
    assert_false(hmap_put(&m, &n, 7));
    assert_int_equal(m.count, 0);
    assert_true(hmap_put(&m, &n, 7));
    assert_ptr_equal(hmap_first(&m, 7), &n);
    hmap_fini(&m);
}

static void failed_growth_leaves_a_correct_table(void **state)
{
    (void)state;
    enum { N = 40 };
    struct hmap m = {0};
    struct hmap_node n[N] = {0};
    int64_t before = mem_live();
    for (uint64_t i = 0; i < N; i++) {
        if (m.buckets != NULL && m.count > m.mask)
            mem_fail_nth(1);
        assert_true(hmap_put(&m, &n[i], i));
    }
    assert_int_equal(m.mask, 15);
    for (uint64_t i = 0; i < N; i++)
        assert_ptr_equal(hmap_first(&m, i), &n[i]);
    hmap_fini(&m);
    assert_int_equal(mem_live(), before);
}

/* The model: an array that records which node is inserted and under which hash. There are few hashes, so that chains
 * and duplicates occur. */
enum { NODES = 300, STEPS = 200000, HASHES = 120 };

struct model {
    struct hmap map;
    struct hmap_node node[NODES];
    uint64_t hash[NODES];
    bool in[NODES];
    size_t count;
};

static void check_hash(const struct model *m, uint64_t hash)
{
    size_t expect = 0, found = 0;
    for (int i = 0; i < NODES; i++)
        expect += m->in[i] && m->hash[i] == hash;
    for (struct hmap_node *at = hmap_first(&m->map, hash); at != NULL; at = hmap_next(at)) {
        ptrdiff_t i = at - m->node;
        assert_true(i >= 0 && i < NODES && m->in[i] && m->hash[i] == hash);
        found++;
    }
    assert_int_equal(found, expect);
}

static void step(struct model *m, struct rng *r, uint64_t stride)
{
    uint64_t i = rng_below(r, NODES), j = rng_below(r, NODES);
    if (!m->in[i]) {
        m->hash[i] = rng_below(r, HASHES) * stride;
        assert_true(hmap_put(&m->map, &m->node[i], m->hash[i]));
        m->in[i] = true;
        m->count++;
    } else if (!m->in[j] && rng_below(r, 2) == 0) {
        hmap_replace(&m->map, &m->node[i], &m->node[j]);
        m->hash[j] = m->hash[i];
        m->in[j] = true;
        m->in[i] = false;
    } else {
        hmap_remove(&m->map, &m->node[i]);
        m->in[i] = false;
        m->count--;
    }
    check_hash(m, m->hash[i]);
    assert_int_equal(m->map.count, m->count);
}

static void behaves_like_an_array(void **state)
{
    (void)state;
    static const uint64_t strides[] = {1, 64, (uint64_t)1 << 32, 0x9e3779b97f4a7c15u};
    int64_t before = mem_live();
    for (size_t s = 0; s < sizeof(strides) / sizeof(strides[0]); s++) {
        struct model *m = calloc(1, sizeof(*m));
        struct rng r;
        assert_non_null(m);
        rng_seed(&r, 77 + s);
        for (int i = 0; i < STEPS / 4; i++)
            step(m, &r, strides[s]);
        for (uint64_t h = 0; h < HASHES; h++)
            check_hash(m, h * strides[s]);
        hmap_fini(&m->map);
        free(m);
    }
    assert_int_equal(mem_live(), before);
}

/* Chains stay short for hashes that differ only in a few bits, as counters and addresses do. */
static void strided_hashes_spread(void **state)
{
    (void)state;
    enum { N = 4096 };
    for (unsigned shift = 0; shift <= 32; shift += 4) {
        struct hmap m = {0};
        struct hmap_node *n = calloc(N, sizeof(*n));
        assert_non_null(n);
        for (uint64_t i = 0; i < N; i++)
            assert_true(hmap_put(&m, &n[i], i << shift));
        size_t longest = 0;
        for (size_t b = 0; b <= m.mask; b++) {
            size_t len = 0;
            for (struct hmap_node *at = m.buckets[b]; at != NULL; at = at->next)
                len++;
            longest = len > longest ? len : longest;
        }
        assert_in_range(longest, 1, 16);
        hmap_fini(&m);
        free(n);
    }
}

static void hash_depends_on_seed_and_every_byte(void **state)
{
    (void)state;
    uint8_t bytes[33];
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        memset(bytes, 0x5a, sizeof(bytes));
        uint64_t h = hmap_hash(bytes, n, 1);
        assert_true(h == hmap_hash(bytes, n, 1));
        assert_true(h != hmap_hash(bytes, n, 2));
        if (n > 0)
            assert_true(h != hmap_hash(bytes, n - 1, 1));
        for (size_t bit = 0; bit < n * 8; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            int changed = __builtin_popcountll(h ^ hmap_hash(bytes, n, 1));
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_in_range(changed, 10, 54);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_table_finds_nothing),
        cmocka_unit_test(equal_hashes_are_all_found),
        cmocka_unit_test(replacing_keeps_the_hash),
        cmocka_unit_test(first_array_may_fail),
        cmocka_unit_test(failed_growth_leaves_a_correct_table),
        cmocka_unit_test(behaves_like_an_array),
        cmocka_unit_test(strided_hashes_spread),
        cmocka_unit_test(hash_depends_on_seed_and_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
