/* shrink: makes a failure small: leaves out of its scenario what it does not need (reduce.h), as long as the same
 * complaint comes and the trace does not grow.
 * Owner: none. Deterministic but for runs that take too long.
 */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

#include "tests/sim/run.h"

/* `r` has failed: find what may be left out, added to options->reduce, and leave `r` as the smallest run that fails. */
void shrink(struct run *r, struct world_options *options, int m);

/* True if two complaints differ in numbers only, or in what they say of the rest of the world. */
bool shrink_same(const char *a, const char *b);

#endif
