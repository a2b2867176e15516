/* share: who holds how much of the pools: a tenant is a target (or the lobby of connections without one); inside it
 * every uid has a share. Owner: a target has its tenant, the engine the lobby; a share lives as long as a session or
 * connection uses it. Invariants: what a tenant holds is the sum of its shares, the body pool apart, which no single
 * uid owns.
 */
#ifndef ENGINE_VALUE_SHARE_H
#define ENGINE_VALUE_SHARE_H

#include "daemon/base/list.h"
#include "daemon/engine/value/pool.h"

struct tenant {
    uint64_t held[POOL_COUNT];
    struct list_head shares;
};

struct share {
    struct list_node node; /* in tenant->shares */
    struct tenant *tenant;
    uint32_t uid;
    uint32_t users; /* sessions and connections that hold this pointer */
    uint64_t held[POOL_COUNT];
    uint64_t books;                       /* of held[POOL_RECORD]: the failures that its sessions remember */
    struct list_head waiting[POOL_COUNT]; /* connections that wait for memory of this kind, oldest first */
    struct list_node in_waiting;          /* in the engine's list while one of them is not empty */
};

/* The share of a uid, made if need be; one more user of it. NULL if memory ran out. */
struct share *share_get(struct tenant *t, uint32_t uid);

/* One user less; the last one frees it (it then holds nothing). NULL is allowed. */
void share_put(struct share *s);

/* True if a connection of this share waits for memory. */
bool share_waits(const struct share *s);

#endif
