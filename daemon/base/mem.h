/* mem: the daemon's only allocator: malloc that counts live blocks and, for tests, can make the n-th allocation fail.
 * Owner: process-wide counters (tests read them); blocks belong to their callers. Thread-safe.
 * Invariant: mem_live() is the number of blocks allocated and not freed.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"

/* Allocate `bytes` bytes, not zeroed. NULL if memory ran out or the injected fault is due. */
void *mem_alloc(size_t bytes) MUST_USE __attribute__((malloc));

/* The same, zeroed. */
void *mem_zalloc(size_t bytes) MUST_USE __attribute__((malloc));

/* Resize a block (NULL: allocate one). If the result is NULL, the old block is still valid. */
void *mem_realloc(void *block, size_t bytes) MUST_USE;

/* NULL is allowed. */
void mem_free(void *block);

/* Let the C library keep up to `bytes` of freed memory at the top of each heap, and serve blocks of up to half that
 * size from the heap. Otherwise freed memory returns to the kernel at once, and every reuse costs page faults. Call
 * once, before the first thread starts. No effect on a C library other than glibc. */
void mem_keep(size_t bytes);

/* Blocks allocated and not yet freed. */
int64_t mem_live(void);

/* Allocations requested since the process started. */
uint64_t mem_asked(void);

/* For tests: make the n-th allocation from now fail, once (1: the next one; 0: no fault). */
void mem_fail_nth(uint64_t n);

#endif
