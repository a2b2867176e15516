/* mem: a good sample: the one file that may allocate is mem.c. */
#include <stddef.h>
#include "proto/must_use.h"

/* NULL if memory ran out. */
void *mem_alloc(size_t n) MUST_USE __attribute__((malloc));

/* NULL if there is
 * no memory. */
char *mem_clone(const char *text); /* LINT mustuse LINT names */

/* False without memory: nothing has changed then. */
bool mem_reserve(size_t n);        /* LINT mustuse LINT names */

/* NULL if memory ran out: a comment holds for its whole group. */
char *mem_text(int n) MUST_USE;    /* LINT names */
char *mem_name(int n);             /* LINT mustuse LINT names */

char *mem_root(void);              /* LINT names */

/* Bytes in use: an answer, not a result. NULL is no memory of ours. */
size_t mem_used(void);             /* LINT names */
