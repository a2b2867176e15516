/* credit: how much a client may send beyond what has settled (PROTOCOL C1, C2, S3).
 * Owner: the connection. Invariant: a limit never falls (I7).
 */
#ifndef ENGINE_CONN_CREDIT_H
#define ENGINE_CONN_CREDIT_H

#include "daemon/engine/conn/conn.h"

/* True if a higher limit is worth a CREDIT frame; ret_limit is that limit. */
bool credit_due(const struct engine *e, const struct conn *c, uint64_t *ret_limit);

/* True while S3 forbids more credit for the session of a writer. */
bool credit_withheld(const struct conn *c);

/* BLOCKED arrived. */
void credit_on_blocked(struct engine *e, struct conn *c, uint64_t cost);

/* Call this after the turn's batches have started: grows the window of a blocked client, if that is what it waits
 * for. */
void credit_on_turn(const struct engine *e, struct conn *c);

#endif
