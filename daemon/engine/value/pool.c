#include "daemon/engine/value/pool.h"

#include <assert.h>

#include "daemon/engine/value/share.h"

bool pool_may_take(const struct pool *p, enum pool_kind kind, const struct tenant *t, const struct share *s, uint64_t n)
{
    assert(p->used <= p->size);
    uint64_t free_bytes = p->size - p->used;
    if (n > free_bytes)
        return false;
    if (t->held[kind] == 0)
        return true;
    if (free_bytes < p->largest || t->held[kind] > free_bytes)
        return false;
    return s == NULL || s->held[kind] == 0 || s->held[kind] <= free_bytes - t->held[kind];
}

void pool_take(struct pool *p, enum pool_kind kind, struct tenant *t, struct share *s, uint64_t n)
{
    assert(n <= p->size - p->used);
    p->used += n;
    if (p->used > p->used_max)
        p->used_max = p->used;
    t->held[kind] += n;
    if (s != NULL) {
        assert(s->tenant == t);
        s->held[kind] += n;
    }
}

void pool_give(struct pool *p, enum pool_kind kind, struct tenant *t, struct share *s, uint64_t n)
{
    assert(n <= p->used && n <= t->held[kind]);
    p->used -= n;
    p->freed = true;
    t->held[kind] -= n;
    if (s != NULL) {
        assert(n <= s->held[kind]);
        s->held[kind] -= n;
    }
}

bool pool_short(const struct pool *p)
{
    return p->size - p->used < p->size / 8;
}
