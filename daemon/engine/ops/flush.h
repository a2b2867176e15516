/* flush: the verb "flush": waits until every record received before it, from any client, has an outcome.
 * Owner: the connection owns the request; it waits on engine->flushes.
 */
#ifndef ENGINE_OPS_FLUSH_H
#define ENGINE_OPS_FLUSH_H

#include "daemon/engine/conn/request.h"

/* Start to wait. Arguments: {timeout_ms: n}; without it there is no timeout. */
void flush_open(struct engine *e, struct request *r);

/* Answer the flushes whose records have all settled. */
void flush_check(struct engine *e);

/* A flush timed out: answer TIMED_OUT, with the number of pending records. */
void flush_on_timer(struct engine *e, struct request *r);

/* The daemon will hand records back to their clients and cannot vouch for them: every flush ends as SHUTTING_DOWN. */
void flush_refuse_all(struct engine *e);

#endif
