/* status: the engine's state as JSON, for an operator (PROTOCOL section 9).
 * Owner: none; read-only.
 */
#ifndef ENGINE_OPS_STATUS_H
#define ENGINE_OPS_STATUS_H

#include "daemon/base/json.h"

struct conn;
struct engine;
struct target;

/* The answer to `status`, and to `self`: the connection that asks. */
void status_write(struct engine *e, struct json_writer *w);
void status_write_self(struct engine *e, struct json_writer *w, const struct conn *c);

/* The answer to `describe`: state, error and key schema of a table. */
void status_write_table(struct engine *e, struct json_writer *w, const struct target *t);

/* Records accepted up to `serial` and still without an outcome. */
uint64_t status_pending(const struct engine *e, uint64_t serial);

#endif
