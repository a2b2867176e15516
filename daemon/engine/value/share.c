#include "daemon/engine/value/share.h"

#include <assert.h>

#include "daemon/base/mem.h"
#include "daemon/engine/value/pool.h"

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
