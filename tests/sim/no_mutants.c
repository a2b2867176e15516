/* no_mutants: the list of a program whose engine is the daemon's own: see mutant.h. */
#include "tests/sim/mutant.h"

#include <stddef.h>

const char *const mutant_names[] = {"NONE", NULL};
int mutant_on = MUTANT_NONE;
