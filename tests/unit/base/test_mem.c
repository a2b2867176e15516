/* test_mem: counters, the planned allocation failure, zero sizes. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sys/resource.h>

#include <cmocka.h>

#include "daemon/base/mem.h"

static void counts_live_blocks(void **state)
{
    (void)state;
    int64_t before = mem_live();
    uint64_t asked = mem_asked();
    char *a = mem_alloc(10);
    char *b = mem_zalloc(32);
    assert_non_null(a);
    assert_non_null(b);
    for (int i = 0; i < 32; i++)
        assert_int_equal(b[i], 0);
    assert_int_equal(mem_live(), before + 2);
    memset(a, 7, 10);
    a = mem_realloc(a, 5000);
    assert_non_null(a);
    for (int i = 0; i < 10; i++)
        assert_int_equal(a[i], 7);
    assert_int_equal(mem_live(), before + 2);
    assert_int_equal(mem_asked(), asked + 3);
    mem_free(a);
    mem_free(b);
    mem_free(NULL);
    assert_int_equal(mem_live(), before);
}

static void realloc_of_null_is_a_new_block(void **state)
{
    (void)state;
    int64_t before = mem_live();
    char *a = mem_realloc(NULL, 8);
    assert_non_null(a);
    assert_int_equal(mem_live(), before + 1);
    mem_free(a);
    assert_int_equal(mem_live(), before);
}

static void nothing_is_a_block_too(void **state)
{
    (void)state;
    int64_t before = mem_live();
    void *a = mem_alloc(0);
    void *b = mem_zalloc(0);
    assert_non_null(a);
    assert_non_null(b);
    a = mem_realloc(a, 0);
    assert_non_null(a);
    assert_int_equal(mem_live(), before + 2);
    mem_free(a);
    mem_free(b);
    assert_int_equal(mem_live(), before);
}

static void nth_allocation_fails_once(void **state)
{
    (void)state;
    int64_t before = mem_live();
    for (uint64_t nth = 1; nth <= 3; nth++) {
        void *got[4];
        mem_fail_nth(nth);
        for (uint64_t i = 0; i < 4; i++) {
            got[i] = mem_alloc(1);
            assert_int_equal(got[i] == NULL, i + 1 == nth);
        }
        for (int i = 0; i < 4; i++)
            mem_free(got[i]);
    }
    assert_int_equal(mem_live(), before);
}

static void zero_disarms(void **state)
{
    (void)state;
    mem_fail_nth(1);
    mem_fail_nth(0);
    void *a = mem_alloc(1);
    assert_non_null(a);
    mem_free(a);
}

static void failed_realloc_leaves_the_block(void **state)
{
    (void)state;
    int64_t before = mem_live();
    char *a = mem_alloc(4);
    assert_non_null(a);
    memcpy(a, "abc", 4);
    mem_fail_nth(1);
    assert_null(mem_realloc(a, 100));
    assert_string_equal(a, "abc");
    mem_fail_nth(1);
    assert_null(mem_zalloc(1));
    assert_int_equal(mem_live(), before + 1);
    mem_free(a);
    assert_int_equal(mem_live(), before);
}

enum { THREADS = 4, ROUNDS = 5000 };

static void *alloc_and_free(void *arg)
{
    uintptr_t failures = 0;
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        void *a = mem_alloc(16);
        failures += a == NULL;
        mem_free(a);
    }
    return (void *)failures;
}

static void counts_hold_across_threads(void **state)
{
    (void)state;
    int64_t before = mem_live();
    uint64_t asked = mem_asked();
    uintptr_t failures = 0;
    pthread_t threads[THREADS];
    mem_fail_nth(ROUNDS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, alloc_and_free, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        failures += (uintptr_t)result;
    }
    assert_int_equal(failures, 1);
    assert_int_equal(mem_live(), before);
    assert_int_equal(mem_asked(), asked + THREADS * ROUNDS);
}

#if defined(__SANITIZE_ADDRESS__)
enum { OWN_MALLOC = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { OWN_MALLOC = 0 };
#else
enum { OWN_MALLOC = 1 };
#endif
#else
enum { OWN_MALLOC = 1 };
#endif

/* Write and free blocks of 4 MB in total. Returns how many pages the kernel had to supply. */
static long pages_for_a_round(void)
{
    enum { BLOCKS = 16, BYTES = 256 * 1024 };
    void *block[BLOCKS];
    struct rusage before, after;
    getrusage(RUSAGE_THREAD, &before);
    for (int i = 0; i < BLOCKS; i++) {
        block[i] = mem_alloc(BYTES);
        assert_non_null(block[i]);
        memset(block[i], 1, BYTES);
    }
    for (int i = 0; i < BLOCKS; i++)
        mem_free(block[i]);
    getrusage(RUSAGE_THREAD, &after);
    return after.ru_minflt - before.ru_minflt;
}

static void freed_memory_is_kept(void **state)
{
    (void)state;
    if (!OWN_MALLOC)
        skip(); /* the sanitizer's allocator has no such setting */
    mem_keep(8 * 1024 * 1024);
    long first = pages_for_a_round();
    assert_true(first > 500);
    assert_true(pages_for_a_round() < first / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_live_blocks),
        cmocka_unit_test(realloc_of_null_is_a_new_block),
        cmocka_unit_test(nothing_is_a_block_too),
        cmocka_unit_test(nth_allocation_fails_once),
        cmocka_unit_test(zero_disarms),
        cmocka_unit_test(failed_realloc_leaves_the_block),
        cmocka_unit_test(counts_hold_across_threads),
        cmocka_unit_test(freed_memory_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
