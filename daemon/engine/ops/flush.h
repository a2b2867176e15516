/* flush: the verb "flush": wait until every record that came before it, from any client, has an outcome.
 * Owner: the connection owns the request; it waits on engine->flushes.
 */
#ifndef ENGINE_OPS_FLUSH_H
#define ENGINE_OPS_FLUSH_H

#include "daemon/engine/conn/request.h"

/* Begin to wait; arguments {timeout_ms: n}, without it as long as the client does. */
void flush_open(struct engine *e, struct request *r);

/* Answer those whose records have all settled. */
void flush_check(struct engine *e);

/* The timer of one is due: it ends as TIMED_OUT, with what is pending. */
void flush_on_timer(struct engine *e, struct request *r);

/* The daemon is about to hand records back to their clients: it cannot vouch for them, so that all end as
 * SHUTTING_DOWN. */
void flush_refuse_all(struct engine *e);

#endif
