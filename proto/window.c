/* window: spend, raise and settle. Nothing here can overflow: sums are compared as differences.
 * Owner: embedded in a connection. Pure.
 * Invariants: limit never falls; used <= limit; settled <= used.
 */
#include "proto/window.h"

#include <assert.h>

#include "proto/err.h"

int window_take(struct window *w, uint64_t cost)
{
    assert(w->used <= w->limit);
    if (cost > window_left(w))
        return DDBS_E_PROTOCOL_ERROR;
    w->used += cost;
    return DDBS_OK;
}

bool window_raise(struct window *w, uint64_t limit)
{
    if (limit <= w->limit)
        return false;
    w->limit = limit;
    return true;
}

void window_settle(struct window *w, uint64_t cost)
{
    assert(w->settled <= w->used);
    assert(cost <= w->used - w->settled);
    w->settled += cost;
}
