/* dispatch: when a batch of a target starts: enough records, or somebody waits, and the limits allow it.
 * Owner: none.
 */
#ifndef ENGINE_TARGET_DISPATCH_H
#define ENGINE_TARGET_DISPATCH_H

#include "daemon/engine/target/target.h"

/* Start batches while something is due. Returns when it wants to run next. */
uint64_t target_dispatch(struct engine *e, struct target *t);

/* Start one batch now, as a probe. False if nothing could be started. */
bool target_probe(struct engine *e, struct target *t);

#endif
