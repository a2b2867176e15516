/* credit: how much a client may send before it hears of outcomes (PROTOCOL C1, C2, S3).
 * Owner: the connection. Invariant: a limit never falls (I7).
 */
#ifndef ENGINE_CONN_CREDIT_H
#define ENGINE_CONN_CREDIT_H

#include "daemon/engine/conn/conn.h"

/* True if a higher limit is worth a frame; the limit then. */
bool credit_due(const struct engine *e, const struct conn *c, uint64_t *ret_limit);

/* True while S3 allows no more credit to the session of a writer. */
bool credit_withheld(const struct conn *c);

/* BLOCKED arrived. */
void credit_on_blocked(struct engine *e, struct conn *c, uint64_t cost);

/* This turn's requests are out, and what waits now has to wait: the window of a client that is blocked grows, if that
 * is what it waits for. */
void credit_on_turn(const struct engine *e, struct conn *c);

#endif
