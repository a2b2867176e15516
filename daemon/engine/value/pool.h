/* pool: memory as numbers: a pool of bytes, and who may take from it (PROTOCOL C3, C4).
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
    uint64_t largest;  /* one largest object: below that much free space only a budget that holds nothing may take */
    uint64_t used_max; /* high-water mark, for status and tests */
    bool freed;        /* something was given back since the engine looked */
};

/* True if n more bytes may be taken. u may be NULL (body pool). */
bool pool_can_charge(const struct pool *p, enum pool_kind kind, const struct budget *b, const struct user_budget *u,
                     uint64_t n);

/* Book n bytes; pool_can_charge said yes just before, or the bytes change from one purpose to another. */
void pool_charge(struct pool *p, enum pool_kind kind, struct budget *b, struct user_budget *u, uint64_t n);
void pool_release(struct pool *p, enum pool_kind kind, struct budget *b, struct user_budget *u, uint64_t n);

/* True while windows must not grow. */
bool pool_short(const struct pool *p);

#endif
