/* wait_reason: why the records of a target wait now (PROTOCOL M6, section 11).
 * Owner: none: it only looks.
 */
#ifndef ENGINE_TARGET_WAIT_REASON_H
#define ENGINE_TARGET_WAIT_REASON_H

#include "daemon/engine/target/target.h"

/* REASON_NONE: nothing keeps them. */
enum reason wait_reason_of(const struct engine *e, const struct target *t);

#endif
