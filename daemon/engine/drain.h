/* drain: the daemon stops in order (PROTOCOL R5): which phase it is in, and when the next one begins.
 * Owner: none; the phase is in the engine.
 */
#ifndef ENGINE_DRAIN_H
#define ENGINE_DRAIN_H

struct engine;

/* SIGTERM arrived; repeated calls do nothing. */
void drain_begin(struct engine *e);

/* Enter the next phase if this one is over. */
void drain_step(struct engine *e);

/* The phase's time is over. */
void drain_on_timer(struct engine *e);

#endif
