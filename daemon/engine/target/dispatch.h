/* dispatch: when a batch of a target starts: enough records, or somebody waits, and the limits allow it.
 * Owner: none.
 */
#ifndef ENGINE_TARGET_DISPATCH_H
#define ENGINE_TARGET_DISPATCH_H

#include "daemon/engine/target/target.h"
#include "proto/must_use.h"

/* Start batches while something is due. Returns when it wants to run next. */
uint64_t dispatch_run(struct engine *e, struct target *t);

/* Start one batch now, as a probe. False if nothing could be started. */
bool dispatch_probe(struct engine *e, struct target *t) MUST_USE;

#endif
