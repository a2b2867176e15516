#include "daemon/core/run.h"

#include "daemon/core/engine_impl.h"
#include "daemon/core/work.h"

void target_run(struct engine *e, struct target *t)
{
    uint64_t due = HEAP_NEVER;
    switch (t->state) {
    case TARGET_UNKNOWN:
    case TARGET_SETTLING:
        if (list_empty(&t->queue.all) && list_empty(&t->asking))
            break;
        if (limiter_cools_down(&t->limiter, e->now.mono_ms))
            due = t->limiter.cooldown_ms;
        else
            target_describe_again(e, t);
        break;
    case TARGET_DESCRIBING:
        break;
    case TARGET_OPEN:
        due = target_dispatch(e, t);
        break;
    case TARGET_PAUSED:
        due = target_run_paused(e, t);
        break;
    }
    target_give_slot(e, t); /* if it did not take it, others want it */
    work_set_timer(e, &t->timer, due);
}
