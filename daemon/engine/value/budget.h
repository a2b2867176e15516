/* budget: how much of each pool a target holds, and within it each user (uid). Connections without a table share one
 * budget.
 * Owner: a target owns its budget, the engine that of the unbound connections; a user's part lives as long as a session
 * or connection uses it.
 * Invariants: a budget holds the sum of its users' parts, except in the body pool, which is not split by user.
 */
#ifndef ENGINE_VALUE_BUDGET_H
#define ENGINE_VALUE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/list.h"
#include "proto/must_use.h"

/* POOL_LONG is the part of POOL_RECORD that is reserved for long WRITEs still being read. */
enum pool_kind { POOL_RECORD, POOL_BODY, POOL_INPUT, POOL_LONG, POOL_COUNT };

struct budget {
    uint64_t held[POOL_COUNT];
    struct list_head users;
};

struct user_budget {
    struct list_node node; /* in budget->users */
    struct budget *budget;
    uint32_t uid;
    uint32_t holders; /* reference count: sessions and connections */
    uint64_t held[POOL_COUNT];
    uint64_t failure_bytes;               /* of held[POOL_RECORD]: recorded failures of its sessions */
    struct list_head waiting[POOL_COUNT]; /* connections that wait for memory of this kind, oldest first */
    struct list_node in_waiting;          /* engine->waiting_users, while one of these lists is not empty */
};

/* The part of a uid, created if needed, with one more holder. NULL if memory ran out. */
struct user_budget *budget_join(struct budget *b, uint32_t uid) MUST_USE;

/* Remove one holder; the last one frees the part, which then holds no bytes. NULL is allowed. */
void budget_leave(struct user_budget *u);

/* True if a connection of this user waits for memory. */
bool budget_user_waits(const struct user_budget *u);

#endif
