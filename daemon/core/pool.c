#include "daemon/core/pool.h"

#include <assert.h>

#include "daemon/base/mem.h"

struct share *share_get(struct tenant *t, uint32_t uid)
{
    for (struct list_node *n = t->shares.first; n != NULL; n = n->next) {
        struct share *s = CONTAINER_OF(n, struct share, node);
        if (s->uid == uid) {
            s->users++;
            return s;
        }
    }
    struct share *s = mem_zalloc(sizeof *s);
    if (s == NULL)
        return NULL;
    s->tenant = t;
    s->uid = uid;
    s->users = 1;
    list_push_back(&t->shares, &s->node);
    return s;
}

void share_put(struct share *s)
{
    if (s == NULL)
        return;
    assert(s->users > 0);
    if (--s->users > 0)
        return;
    for (int k = 0; k < POOL_COUNT; k++)
        assert(s->held[k] == 0);
    assert(!share_waits(s));
    list_remove(&s->node);
    mem_free(s);
}

bool share_waits(const struct share *s)
{
    return !list_empty(&s->waiting[POOL_RECORD]) || !list_empty(&s->waiting[POOL_INPUT]) ||
           !list_empty(&s->waiting[POOL_LONG]);
}

bool pool_may_take(const struct pool *p, enum pool_kind kind, const struct tenant *t, const struct share *s, uint64_t n)
{
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
