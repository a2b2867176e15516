/* window: absolute, cumulative credit, the same arithmetic at both ends (PROTOCOL C1, C2).
 * Owner: embedded in a connection. Pure.
 * Invariants: limit never falls; used <= limit; settled <= used.
 */
#ifndef PROTO_WINDOW_H
#define PROTO_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/must_use.h"

struct window {
    uint64_t limit;   /* last announced limit, bytes of cost since WELCOME */
    uint64_t used;    /* cost sent (client) or received (daemon) since WELCOME */
    uint64_t settled; /* cost settled since WELCOME */
};

static inline uint64_t window_left(const struct window *w)
{
    return w->limit - w->used;
}

/* Spend `cost`. DDBS_OK, or DDBS_E_PROTOCOL_ERROR with nothing spent if less than that is left. */
int window_take(struct window *w, uint64_t cost) MUST_USE;

/* Apply an announced limit. A repeated or lower one is ignored. True if the limit rose. */
bool window_raise(struct window *w, uint64_t limit);

/* Count cost that reached a final outcome. More than is outstanding is our bug (asserted). */
void window_settle(struct window *w, uint64_t cost);

#endif
