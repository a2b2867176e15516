/* wait_reason: why the records of a target wait now (PROTOCOL M6, section 11).
 * Owner: none; read-only.
 */
#ifndef ENGINE_TARGET_WAIT_REASON_H
#define ENGINE_TARGET_WAIT_REASON_H

#include "daemon/engine/target/target.h"

/* REASON_NONE: nothing holds them up. */
enum reason wait_reason_of(const struct engine *e, const struct target *t);

#endif
