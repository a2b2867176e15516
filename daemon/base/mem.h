/* mem: the daemon's only allocator: malloc with a count of live blocks and a switch that makes the n-th allocation
 * fail.
 * Owner: process-wide counters (tests read them); blocks belong to their callers. Thread-safe.
 * Invariant: mem_live() is the number of blocks that were handed out and not freed.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"

/* Memory of `bytes` bytes, not cleared; NULL if memory ran out or the fault is due. */
void *mem_alloc(size_t bytes) MUST_USE __attribute__((malloc));

/* The same, cleared. */
void *mem_zalloc(size_t bytes) MUST_USE __attribute__((malloc));

/* Grow or shrink a block of mem_alloc (or NULL); on NULL the old block is still there. */
void *mem_realloc(void *block, size_t bytes) MUST_USE;

/* NULL is allowed. */
void mem_free(void *block);

/* Let the C library keep up to `bytes` of freed memory at the end of each of its heaps, and take blocks of up to half
 * as much from there. Without it what was freed goes back to the kernel at once and is asked for again page by page. To
 * be called once, before the first thread; without effect on a C library that has no such settings. */
void mem_keep(size_t bytes);

/* Blocks handed out and not yet freed. */
int64_t mem_live(void);

/* Allocations asked for since the process began. */
uint64_t mem_asked(void);

/* Make the n-th allocation from now (1 = the next one) fail, once; 0 switches the fault off. For tests. */
void mem_fail_nth(uint64_t n);

#endif
