/* check: recomputes the invariants from the lists. Slow, and independent of the counters that the engine keeps.
 * Owner: none; read-only.
 */
#ifndef ENGINE_CHECK_H
#define ENGINE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct engine;

/* True, or false with a sentence that names the invariant (docs/ARCHITECTURE.md) and where it is broken. */
bool check_run(const struct engine *e, char *errmsg, size_t cap);

#endif
