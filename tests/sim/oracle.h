/* oracle: checks the promises P1 to P9 against what was observed at the service, on the wire and at the writers, never
 * against the engine's own state (except its published counters, which are compared with the oracle's own).
 * Owner: none; it keeps its notes in struct truth. A broken promise goes to world_violate.
 *
 *     P1 a flush never lies      P4 order per key, one in flight      P7 at least once, nothing foreign
 *     P2 nothing accepted lost   P5 a bad record fails alone          P8 the ledger balances
 *     P3 memory is bounded       P6 fair (actor.c measures flushes)   P9 no stall
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/msg.h"
#include "tests/sim/world.h"

struct call;
struct link;
struct order_item;

/* ---- at the service (oracle.c) ---- */

void oracle_on_start(struct world *w, const struct call *c);
void oracle_on_apply(struct world *w, const struct call *c, const struct order_item *it);
void oracle_on_answer(struct world *w, const struct call *c, const struct job_result *result);

/* ---- on the wire (oracle_wire.c) ---- */

void oracle_on_hello(struct world *w, struct link *l);
void oracle_on_welcome(struct world *w, struct link *l, uint64_t epoch);
void oracle_on_credit(struct world *w, const struct link *l);
/* The daemon received this record for the first time. */
void oracle_on_arrival(struct world *w, struct record *rec);
void oracle_on_write(struct world *w, struct link *l, uint64_t seq, uint64_t cost);
void oracle_on_given_up(struct world *w, struct link *l);
void oracle_on_failed(struct world *w, struct link *l, const struct msg_failure *f);
void oracle_on_settled(struct world *w, struct link *l, uint64_t first, uint64_t last);
/* The daemon reported everything up to tap.upto as settled, or a FLUSH came: mark the tokens that are now due. */
void oracle_on_told(struct world *w, struct link *l);
void oracle_on_flushed(struct world *w, struct link *l, uint64_t upto);
void oracle_on_aborted(struct world *w, struct link *l, uint64_t upto);
void oracle_on_hangup(struct world *w, struct link *l);
void oracle_on_close(struct world *w, struct link *l);

/* ---- at the writer (oracle.c) ---- */

/* The client core reported a record as failed. */
void oracle_on_failure(struct world *w, uint32_t writer, uint64_t seq, int code, bool maybe_written);

/* The client core reported everything up to `upto` as settled. */
void oracle_on_flush_done(struct world *w, uint32_t writer, uint64_t upto);

/* The daemon answered the verb flush: everything it had when `seen` records had arrived has settled. */
void oracle_on_flush_all(struct world *w, uint64_t epoch, uint64_t seen);

/* True if the daemon may have forgotten what had settled: it had no memory to record a failure, or the client stayed
 * away too long. What it then reports is about the records as they were resent. */
static inline bool oracle_book_lost(const struct world *w)
{
    return w->scenario.alloc_faults > 0 || w->scenario.book_ms < SCENARIO_BOOK_MS;
}

/* True if a record may fail with this code, given what it is and what happened. */
bool oracle_may_fail(const struct world *w, const struct record *rec, int code);

/* ---- overall (oracle_engine.c) ---- */

/* EFFECT_STOPPED. */
void oracle_on_stopped(struct world *w);

/* After every turn of the engine. */
void oracle_on_turn(struct world *w);

/* True once nothing is left: no connection, session, record or request. */
bool oracle_all_quiet(const struct world *w);

/* Called after everything has ended. */
void oracle_final(struct world *w);

#endif
