/* mem: malloc with counters and fault injection; see mem.h.
 * Owner: three process-wide counters. They are relaxed atomics: each is exact, but they are not ordered among each
 * other.
 */
#include "daemon/base/mem.h"

#include <assert.h>
#include <limits.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

static atomic_int_fast64_t live_blocks;
static atomic_uint_fast64_t asked_total;
static atomic_uint_fast64_t fail_in; /* n: the n-th allocation from now fails; 0: no fault is armed */

/* Count one request. True if it must fail. */
static bool fault_due(void)
{
    atomic_fetch_add_explicit(&asked_total, 1, memory_order_relaxed);
    uint_fast64_t left = atomic_load_explicit(&fail_in, memory_order_relaxed);
    while (left != 0) {
        if (atomic_compare_exchange_weak_explicit(&fail_in, &left, left - 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return left == 1;
    }
    return false;
}

static void *count_live(void *block)
{
    if (block != NULL)
        atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
    return block;
}

/* malloc(0) may return NULL, which would look like exhaustion. */
static size_t at_least_one(size_t bytes)
{
    return bytes != 0 ? bytes : 1;
}

void *mem_alloc(size_t bytes)
{
    return fault_due() ? NULL : count_live(malloc(at_least_one(bytes)));
}

void *mem_zalloc(size_t bytes)
{
    return fault_due() ? NULL : count_live(calloc(1, at_least_one(bytes)));
}

void *mem_realloc(void *block, size_t bytes)
{
    if (fault_due())
        return NULL;
    void *moved = realloc(block, at_least_one(bytes));
    return block == NULL ? count_live(moved) : moved;
}

void mem_free(void *block)
{
    if (block == NULL)
        return;
    atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
    free(block);
}

void mem_keep(size_t bytes)
{
    assert(bytes <= INT_MAX);
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, (int)bytes);
    mallopt(M_MMAP_THRESHOLD, (int)(bytes / 2));
#endif
}

int64_t mem_live(void)
{
    return (int64_t)atomic_load_explicit(&live_blocks, memory_order_relaxed);
}

uint64_t mem_asked(void)
{
    return (uint64_t)atomic_load_explicit(&asked_total, memory_order_relaxed);
}

void mem_fail_nth(uint64_t n)
{
    atomic_store_explicit(&fail_in, n, memory_order_relaxed);
}
