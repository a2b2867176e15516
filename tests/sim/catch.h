/* catch: shows that the oracle notices a broken engine: plays seeds with each mutant until the oracle protests.
 * Owner: none. Only sim_mutants has them: see mutant.h.
 */
#ifndef SIM_CATCH_H
#define SIM_CATCH_H

#include <stdbool.h>
#include <stdint.h>

/* False: this program has no mutant of that name, and stderr was told. */
bool catch_find(const char *name, int *ret);

/* Every mutant must be caught by the oracle in one of the seeds, and the unbroken engine must pass them all. A program
 * without mutants fails. The exit code. */
int catch_all(uint64_t first, uint64_t last);

#endif
