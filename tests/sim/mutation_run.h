/* mutation_run: shows that the oracle notices a broken engine: plays seeds with each mutant until the oracle protests.
 * Owner: none. Only sim_mutants has them: see mutant.h.
 */
#ifndef SIM_MUTATION_RUN_H
#define SIM_MUTATION_RUN_H

#include <stdbool.h>
#include <stdint.h>

/* False: this program has no mutant of that name, and stderr was told. */
bool mutation_run_find(const char *name, int *ret);

/* Every mutant must be caught by the oracle in one of the seeds, and the unbroken engine must pass them all. A program
 * without mutants fails. The exit code. */
int mutation_run_all(uint64_t first, uint64_t last);

#endif
