#include "daemon/engine/value/ledger.h"

#include <assert.h>

static uint64_t *ledger_slot(struct ledger *l, enum ledger_state s)
{
    uint64_t *const slots[LEDGER_STATES] = {
        [LEDGER_QUEUED] = &l->queued, [LEDGER_IN_FLIGHT] = &l->in_flight,   [LEDGER_WRITTEN] = &l->written,
        [LEDGER_FAILED] = &l->failed, [LEDGER_SUPERSEDED] = &l->superseded, [LEDGER_WITHDRAWN] = &l->withdrawn,
    };
    assert(s < LEDGER_STATES);
    return slots[s];
}

void ledger_accept(struct ledger *l)
{
    l->accepted++;
    l->queued++;
}

void ledger_move(struct ledger *l, enum ledger_state from, enum ledger_state to)
{
    assert(from == LEDGER_QUEUED || from == LEDGER_IN_FLIGHT);
    uint64_t *a = ledger_slot(l, from);
    assert(*a > 0);
    --*a;
    ++*ledger_slot(l, to);
}

bool ledger_balanced(const struct ledger *l)
{
    return l->accepted == l->written + l->failed + l->superseded + l->withdrawn + l->queued + l->in_flight;
}
