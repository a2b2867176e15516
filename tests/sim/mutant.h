/* mutant: deliberate faults in the engine. mutants.txt defines them, mutate.py writes the sources and the list of
 * names.
 * Owner: the process, which runs one mutant at a time. sim has none: no_mutants.c replaces the list there.
 */
#ifndef SIM_MUTANT_H
#define SIM_MUTANT_H

#include <stdbool.h>

enum { MUTANT_NONE };

/* "NONE", then the mutants in the order of mutants.txt, terminated by NULL. */
extern const char *const mutant_names[];

/* The mutant of this process, an index of mutant_names. */
extern int mutant_on;

static inline bool mutant_is(int m)
{
    return mutant_on == m;
}

#endif
