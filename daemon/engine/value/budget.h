/* budget: who holds how much of the pools: every target has a budget, and so have all connections without one; inside
 * it every user (uid) has his part.
 * Owner: a target has its budget, the engine that of the unbound connections; a user's part lives as long as a session
 * or connection uses it.
 * Invariants: what a budget holds is the sum of its users' parts, the body pool apart, which no single user owns.
 */
#ifndef ENGINE_VALUE_BUDGET_H
#define ENGINE_VALUE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/list.h"
#include "proto/must_use.h"

/* POOL_LONG is a part of POOL_RECORD: what long WRITEs that are still being read have reserved there. */
enum pool_kind { POOL_RECORD, POOL_BODY, POOL_INPUT, POOL_LONG, POOL_COUNT };

struct budget {
    uint64_t held[POOL_COUNT];
    struct list_head users;
};

struct user_budget {
    struct list_node node; /* in budget->users */
    struct budget *budget;
    uint32_t uid;
    uint32_t holders; /* sessions and connections that have this pointer */
    uint64_t held[POOL_COUNT];
    uint64_t failure_bytes;               /* of held[POOL_RECORD]: the failures that its sessions remember */
    struct list_head waiting[POOL_COUNT]; /* connections that wait for memory of this kind, oldest first */
    struct list_node in_waiting;          /* in the engine's list while one of them is not empty */
};

/* The part of a uid, made if need be; one more holder of it. NULL if memory ran out. */
struct user_budget *budget_join(struct budget *b, uint32_t uid) MUST_USE;

/* One holder less; the last one frees it (it then holds no bytes). NULL is allowed. */
void budget_leave(struct user_budget *u);

/* True if a connection of this user waits for memory. */
bool budget_user_waits(const struct user_budget *u);

#endif
