#include "daemon/engine/value/budget.h"

#include <assert.h>

#include "daemon/base/mem.h"

struct user_budget *budget_join(struct budget *b, uint32_t uid)
{
    for (struct list_node *n = b->users.first; n != NULL; n = n->next) {
        struct user_budget *u = CONTAINER_OF(n, struct user_budget, node);
        if (u->uid == uid) {
            u->holders++;
            return u;
        }
    }
    struct user_budget *u = mem_zalloc(sizeof *u);
    if (u == NULL)
        return NULL;
    u->budget = b;
    u->uid = uid;
    u->holders = 1;
    list_push_back(&b->users, &u->node);
    return u;
}

void budget_leave(struct user_budget *u)
{
    if (u == NULL)
        return;
    assert(u->holders > 0);
    if (--u->holders > 0)
        return;
    for (int k = 0; k < POOL_COUNT; k++)
        assert(u->held[k] == 0);
    assert(!budget_user_waits(u));
    list_remove(&u->node);
    mem_free(u);
}

bool budget_user_waits(const struct user_budget *u)
{
    return !list_empty(&u->waiting[POOL_RECORD]) || !list_empty(&u->waiting[POOL_INPUT]) ||
           !list_empty(&u->waiting[POOL_LONG]);
}
