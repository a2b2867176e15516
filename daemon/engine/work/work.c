#include "daemon/engine/work/work.h"

#include "daemon/engine/work/state.h"
#include "daemon/engine/work/timer.h"

void work_set_timer(struct engine *e, struct timer *t, uint64_t due_ms)
{
    if (!t->node.in && due_ms == HEAP_NEVER)
        return;
    if (t->node.in && t->node.due_ms == due_ms)
        return;
    heap_set(&e->timers, &t->node, due_ms);
}

static void work_queue(struct list_head *dirty, struct list_node *node)
{
    if (node->head == NULL)
        list_push_back(dirty, node);
}

void work_touch_conn(struct engine *e, struct list_node *in_dirty)
{
    work_queue(&e->dirty_conns, in_dirty);
}

void work_touch_target(struct engine *e, struct list_node *in_dirty)
{
    work_queue(&e->dirty_targets, in_dirty);
}

bool work_starts_held(const struct engine *e)
{
    return e->drain == DRAIN_IN_FLIGHT || e->drain == DRAIN_LAST_WORDS || e->drain == DRAIN_DONE;
}
