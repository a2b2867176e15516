/* mutant: the engine broken on purpose: mutants.txt says how, mutate.py writes the sources and the list of the names.
 * Owner: the process, which is one mutant at a time. sim has none: no_mutants.c stands for the list there.
 */
#ifndef SIM_MUTANT_H
#define SIM_MUTANT_H

#include <stdbool.h>

enum { MUTANT_NONE };

/* "NONE", then the mutants as they stand in mutants.txt; NULL ends the list. */
extern const char *const mutant_names[];

/* Which one this process is: an index of mutant_names. */
extern int mutant_on;

static inline bool mutant_is(int m)
{
    return mutant_on == m;
}

#endif
