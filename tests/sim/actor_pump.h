/* actor_pump: how an actor drives its client core: the shell's loop of client/core.h over a simulated link.
 * Owner: none, works on struct actor.
 */
#ifndef SIM_ACTOR_PUMP_H
#define SIM_ACTOR_PUMP_H

#include "tests/sim/actor.h"

/* Open the core; the next pump connects it. */
void actor_birth(struct world *w, struct actor *a);

/* Do all that is possible: connect, send, close, tick; pass what the core reports to the oracle. */
void actor_pump(struct world *w, struct actor *a);

/* The process dies without BYE. What is in the socket stays there. */
void actor_vanish(struct world *w, struct actor *a);

#endif
