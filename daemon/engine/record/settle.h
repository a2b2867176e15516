/* settle: gives a record its outcome, or requeues it: the one place where ledgers, memory, key chain, window and
 * acknowledgements change together. Owner: none. A settled record is freed; callers must not use it afterwards.
 */
#ifndef ENGINE_RECORD_SETTLE_H
#define ENGINE_RECORD_SETTLE_H

#include "daemon/engine/record/session.h"
#include "daemon/engine/value/ledger.h"

/* Give an open record its outcome: ledgers, memory, window, key chain, acknowledgement. It is freed. `text`: why it
 * failed. */
void settle_record(struct engine *e, struct record *r, enum ledger_state outcome, int code, const char *text);

/* Settle a record that failed on arrival and was never queued: ledgers, failures and acknowledgement as in
 * settle_record. */
void settle_arrival(struct engine *e, struct session *s, uint64_t seq, int code, const char *text);

/* Requeue a record that a lane did not write, after `delay_ms`; or withdraw it if it was aborted or dropped. */
void settle_requeue(struct engine *e, struct record *r, uint64_t delay_ms);

/* Withdraw every record up to `upto` that is not in flight: settled as aborted. */
void settle_withdraw(struct engine *e, struct session *s, uint64_t upto);

#endif
