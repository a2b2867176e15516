/* actor_pump: how an actor drives its client core: the shell's loop of client/core.h over a simulated link.
 * Owner: none, works on struct actor.
 */
#ifndef SIM_ACTOR_PUMP_H
#define SIM_ACTOR_PUMP_H

#include "tests/sim/actor.h"

/* Open the core; its connection comes with the next pump. */
void actor_birth(struct world *w, struct actor *a);

/* Let everything happen that can: connect, send, close, tick; tell the oracle what the core reports. */
void actor_pump(struct world *w, struct actor *a);

/* The process dies without BYE. What is in the socket stays there. */
void actor_vanish(struct world *w, struct actor *a);

#endif
