/* catch: shows that the oracle notices a broken engine: plays seeds with each mutant until the oracle protests.
 * Owner: none. The switches exist only where the engine is compiled with DDBS_MUTANTS.
 */
#ifndef SIM_CATCH_H
#define SIM_CATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/mutant.h"

const char *catch_name(enum mutant m);

/* False: no mutant of that name. */
bool catch_find(const char *name, enum mutant *ret);

/* Switch a mutant on; false if this program has none (MUTANT_NONE is always possible). */
bool catch_set(enum mutant m);

/* Every mutant must be caught by the oracle in one of the seeds, and the unbroken engine must pass them all. The exit
 * code. */
int catch_all(uint64_t first, uint64_t last);

#endif
