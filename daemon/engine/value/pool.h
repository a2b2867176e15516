/* pool: a byte counter with a limit, and the rule for who may charge it (PROTOCOL C3, C4).
 * Owner: the engine. Pure.
 * Invariants: used <= size (checked); used is the sum of what the budgets hold (budget.h).
 * Source of the rule: dynamic thresholds, Choudhury and Hahne, "Dynamic queue length thresholds" (1998), with alpha 1.
 */
#ifndef ENGINE_VALUE_POOL_H
#define ENGINE_VALUE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/engine/value/budget.h"

struct pool {
    uint64_t size, used;
    uint64_t largest;  /* the largest object: with less than this free, only a budget that holds nothing may charge */
    uint64_t used_max; /* high-water mark, for status and tests */
    bool freed;        /* something was released since the engine last checked */
};

/* True if n more bytes may be charged. u may be NULL (body pool). */
bool pool_can_charge(const struct pool *p, enum pool_kind kind, const struct budget *b, const struct user_budget *u,
                     uint64_t n);

/* Charge n bytes: pool_can_charge was true just before, or the bytes only change their purpose. */
void pool_charge(struct pool *p, enum pool_kind kind, struct budget *b, struct user_budget *u, uint64_t n);
void pool_release(struct pool *p, enum pool_kind kind, struct budget *b, struct user_budget *u, uint64_t n);

/* True while less than an eighth is free: windows must not grow. */
bool pool_short(const struct pool *p);

#endif
