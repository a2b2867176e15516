/* ledger: counts of records by state (PROTOCOL E1). A change moves a record from one count to another.
 * Owner: embedded in a session, a target and the engine. Pure.
 * Invariant: accepted == written + failed + superseded + withdrawn + queued + in_flight, at all times.
 */
#ifndef ENGINE_VALUE_LEDGER_H
#define ENGINE_VALUE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

struct ledger {
    uint64_t accepted, written, failed, superseded, withdrawn; /* since the start */
    uint64_t queued, in_flight;                                /* now */
};

enum ledger_state {
    LEDGER_QUEUED,
    LEDGER_IN_FLIGHT,
    LEDGER_WRITTEN,
    LEDGER_FAILED,
    LEDGER_SUPERSEDED,
    LEDGER_WITHDRAWN,
    LEDGER_STATES
};

/* Count an accepted record: it is queued. */
void ledger_accept(struct ledger *l);

/* Move a record to another state. `from` is queued or in flight. */
void ledger_move(struct ledger *l, enum ledger_state from, enum ledger_state to);

bool ledger_balanced(const struct ledger *l);

#endif
