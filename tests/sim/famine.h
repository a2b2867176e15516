/* famine: memory runs out in the daemon: now and then one of its allocations fails.
 * Owner: struct world embeds one. The simulator's own memory is not touched (it does not come from base/mem).
 */
#ifndef SIM_FAMINE_H
#define SIM_FAMINE_H

#include <stdint.h>

#include "tests/sim/event.h"

struct world;

struct famine {
    struct event event;
    uint32_t left;
};

void famine_init(struct world *w);

/* No allocation fails any more. */
void famine_end(struct world *w);

#endif
