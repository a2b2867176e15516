/* alloc_faults: memory runs out in the daemon: now and then one of its allocations fails.
 * Owner: struct world embeds one. The simulator's own memory is not touched (it does not come from base/mem).
 */
#ifndef SIM_ALLOC_FAULTS_H
#define SIM_ALLOC_FAULTS_H

#include <stdint.h>

#include "tests/sim/event.h"

struct world;

struct alloc_faults {
    struct event event;
    uint32_t left;
};

void alloc_faults_init(struct world *w);

/* No allocation fails any more. */
void alloc_faults_end(struct world *w);

#endif
