/* settle: a record gets its outcome, or comes back to wait: the one place where books, memory, key chain, window and
 * what is told move together. Owner: none. A settled record is freed; callers go on with what they saved before.
 */
#ifndef ENGINE_RECORD_SETTLE_H
#define ENGINE_RECORD_SETTLE_H

#include "daemon/engine/record/session.h"
#include "daemon/engine/value/ledger.h"

/* A record without outcome gets one: books, memory, window, key chain, connection. It is freed. `text` says why it
 * failed. */
void record_settle(struct engine *e, struct record *r, enum ledger_state outcome, int code, const char *text);

/* A record that never was: it failed on arrival. Books, failures and connection as record_settle. */
void record_fail_arrival(struct engine *e, struct session *s, uint64_t seq, int code, const char *text);

/* A record comes back from a lane unwritten: queue it again after `delay_ms`, or withdraw it if nobody wants it any
 * more. */
void record_requeue(struct engine *e, struct record *r, uint64_t delay_ms);

/* Withdraw every record up to `upto` that is not in flight: settled as aborted. */
void settle_withdraw(struct engine *e, struct session *s, uint64_t upto);

/* Move a record between queued and in flight in all books. */
void record_count(struct engine *e, struct record *r, enum ledger_state from, enum ledger_state to);

#endif
