/* dispatch: when a target's next batch starts: enough records are ready, or somebody waits, and the limits allow it.
 * Owner: none.
 */
#ifndef ENGINE_TARGET_DISPATCH_H
#define ENGINE_TARGET_DISPATCH_H

#include "daemon/engine/target/target.h"
#include "proto/must_use.h"

/* Start batches while one is due. Returns when it must run next. */
uint64_t dispatch_run(struct engine *e, struct target *t);

/* Start one batch now, as a probe. False if nothing could be started. */
bool dispatch_probe(struct engine *e, struct target *t) MUST_USE;

#endif
