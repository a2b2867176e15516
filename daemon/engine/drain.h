/* drain: the phases of an orderly stop (PROTOCOL R5), and when each one ends.
 * Owner: none; the engine holds the phase.
 */
#ifndef ENGINE_DRAIN_H
#define ENGINE_DRAIN_H

struct engine;

/* Begin the drain; further calls do nothing. */
void drain_begin(struct engine *e);

/* Enter the next phase if this one is over. */
void drain_step(struct engine *e);

/* The current phase timed out. */
void drain_on_timer(struct engine *e);

#endif
