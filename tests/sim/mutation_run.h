/* mutation_run: proves that the oracle detects a broken engine: plays seeds with each mutant until the oracle objects.
 * Owner: none. Only sim_mutants has mutants: see mutant.h.
 */
#ifndef SIM_MUTATION_RUN_H
#define SIM_MUTATION_RUN_H

#include <stdbool.h>
#include <stdint.h>

/* False with a message on stderr: this program has no mutant of that name. */
bool mutation_run_find(const char *name, int *ret);

/* Every mutant must be caught by the oracle in one of the seeds, and the unmodified engine must pass them all. Fails in
 * a program without mutants. Returns the exit code. */
int mutation_run_all(uint64_t first, uint64_t last);

#endif
