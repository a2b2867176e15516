#include "daemon/engine/value/pool.h"

#include <assert.h>

#include "daemon/engine/value/budget.h"

bool pool_can_charge(const struct pool *p, enum pool_kind kind, const struct budget *b, const struct user_budget *u,
                     uint64_t n)
{
    assert(p->used <= p->size);
    uint64_t free_bytes = p->size - p->used;
    if (n > free_bytes)
        return false;
    if (b->held[kind] == 0)
        return true;
    if (free_bytes < p->largest || b->held[kind] > free_bytes)
        return false;
    return u == NULL || u->held[kind] == 0 || u->held[kind] <= free_bytes - b->held[kind];
}

void pool_charge(struct pool *p, enum pool_kind kind, struct budget *b, struct user_budget *u, uint64_t n)
{
    assert(n <= p->size - p->used);
    p->used += n;
    if (p->used > p->used_max)
        p->used_max = p->used;
    b->held[kind] += n;
    if (u != NULL) {
        assert(u->budget == b);
        u->held[kind] += n;
    }
}

void pool_release(struct pool *p, enum pool_kind kind, struct budget *b, struct user_budget *u, uint64_t n)
{
    assert(n <= p->used && n <= b->held[kind]);
    p->used -= n;
    p->freed = true;
    b->held[kind] -= n;
    if (u != NULL) {
        assert(n <= u->held[kind]);
        u->held[kind] -= n;
    }
}

bool pool_short(const struct pool *p)
{
    return p->size - p->used < p->size / 8;
}
