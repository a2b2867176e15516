#include "daemon/core/ledger.h"

#include <assert.h>

static uint64_t *ledger_slot(struct ledger *l, enum ledger_state s)
{
    switch (s) {
    case LEDGER_QUEUED:
        return &l->queued;
    case LEDGER_IN_FLIGHT:
        return &l->in_flight;
    case LEDGER_WRITTEN:
        return &l->written;
    case LEDGER_FAILED:
        return &l->failed;
    case LEDGER_SUPERSEDED:
        return &l->superseded;
    case LEDGER_WITHDRAWN:
        return &l->withdrawn;
    case LEDGER_STATES:
        break;
    }
    assert(!"no such state");
    return NULL;
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
