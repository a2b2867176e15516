/* alloc_faults: out-of-memory faults: now and then one of the daemon's allocations fails.
 * Owner: struct world embeds one. The simulator's own memory is not affected (it does not come from base/mem).
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

/* From now on no allocation fails. */
void alloc_faults_end(struct world *w);

#endif
