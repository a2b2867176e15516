/* shrink: minimizes a failure: removes from its scenario what it does not need (reduce.h), as long as the same
 * complaint results and the trace does not grow.
 * Owner: none. Deterministic, except for runs that time out.
 */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

#include "tests/sim/run.h"

/* `r` has failed: find what can be removed, add it to options->reduce, and leave `r` as the smallest failing run. */
void shrink(struct run *r, struct world_options *options, int m);

/* True if two complaints differ only in numbers, or in their description of the rest of the world. */
bool shrink_same(const char *a, const char *b);

#endif
