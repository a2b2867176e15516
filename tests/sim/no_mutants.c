/* no_mutants: the empty list for a program with the daemon's own engine: see mutant.h. */
#include "tests/sim/mutant.h"

#include <stddef.h>

const char *const mutant_names[] = {"NONE", NULL};
int mutant_on = MUTANT_NONE;
