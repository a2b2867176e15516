#include "daemon/engine/target/run.h"

#include "daemon/engine/target/dispatch.h"
#include "daemon/engine/target/pause.h"
#include "daemon/engine/target/schema.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/limiter.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"

static void target_run(struct engine *e, struct target *t)
{
    uint64_t due = HEAP_NEVER;
    switch (t->state) {
    case TARGET_UNKNOWN:
    case TARGET_SETTLING:
        if (list_empty(&t->queue.all) && list_empty(&t->describe_requests))
            break;
        if (limiter_cools_down(&t->limiter, e->now.mono_ms))
            due = t->limiter.cooldown_ms;
        else
            schema_describe_again(e, t);
        break;
    case TARGET_DESCRIBING:
        break;
    case TARGET_OPEN:
        due = dispatch_run(e, t);
        break;
    case TARGET_PAUSED:
        due = pause_run(e, t);
        break;
    }
    target_give_slot(e, t); /* others may use a slot that it did not take */
    work_set_timer(e, &t->timer, due);
}

void run_body_waits(struct engine *e)
{
    if (!e->pools[POOL_BODY].freed)
        return;
    e->pools[POOL_BODY].freed = false;
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        struct target *t = CONTAINER_OF(n, struct target, in_engine);
        if (t->body_wait)
            target_touch(e, t);
    }
}

bool run_slots_offered(const struct engine *e)
{
    return !list_empty(&e->slot_waiters) && target_slots_free(e) > 0;
}

void run_slots(struct engine *e)
{
    while (run_slots_offered(e)) {
        struct target *t = CONTAINER_OF(list_pop_front(&e->slot_waiters), struct target, in_slot_wait);
        t->has_slot = true;
        e->slots_kept++;
        target_touch(e, t);
    }
}

void run_targets(struct engine *e)
{
    for (size_t n = e->dirty_targets.count; n > 0; n--)
        target_run(e, CONTAINER_OF(list_pop_front(&e->dirty_targets), struct target, queue.in_dirty));
    schema_start_describes(e);
}
