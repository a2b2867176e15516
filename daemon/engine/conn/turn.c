#include "daemon/engine/conn/turn.h"

#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/credit.h"
#include "daemon/engine/conn/input.h"
#include "daemon/engine/conn/output.h"
#include "daemon/engine/conn/teardown.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/value/budget.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

static void waiters_serve(struct engine *e, const struct list_head *waiting)
{
    bool served = true;
    while (served && !list_empty(waiting))
        served = input_retry(e, CONTAINER_OF(waiting->first, struct conn, in.in_waiting));
}

bool turn_memory_freed(const struct engine *e)
{
    return e->pools[POOL_RECORD].freed || e->pools[POOL_INPUT].freed || e->pools[POOL_LONG].freed;
}

void turn_waiters(struct engine *e)
{
    bool waits = !list_empty(&e->waiting_users);
    while (waits && pool_short(&e->pools[POOL_RECORD]) && session_forget_oldest(e)) {
    }
    bool freed = turn_memory_freed(e);
    e->pools[POOL_RECORD].freed = e->pools[POOL_INPUT].freed = e->pools[POOL_LONG].freed = false;
    if (!freed)
        return;
    for (size_t n = e->waiting_users.count; n > 0 && !list_empty(&e->waiting_users); n--) {
        struct user_budget *u = CONTAINER_OF(e->waiting_users.first, struct user_budget, in_waiting);
        list_remove(&u->in_waiting);
        list_push_back(&e->waiting_users, &u->in_waiting);
        waiters_serve(e, &u->waiting[POOL_RECORD]);
        waiters_serve(e, &u->waiting[POOL_INPUT]);
        waiters_serve(e, &u->waiting[POOL_LONG]);
    }
}

static void conn_turn(struct engine *e, struct conn *c)
{
    int broken = c->writer.broken;
    c->writer.broken = 0;
    if (broken != 0 && c->state != CONN_CLOSING) {
        conn_fail(e, c, broken,
                  broken == DDBS_E_TOO_MANY_FAILURES
                      ? "more records of this writer failed than the daemon can remember"
                      : "no memory to remember a failed record; connect again and resend");
        return; /* it comes back when teardown has released it */
    }
    credit_on_turn(e, c);
    if (c->writer.acks.failure_since_ms != 0)
        conn_arm_timer(e, c);
    if (c->ended || c->waits_write)
        return;
    if (output_due(e, c)) {
        c->waits_write = true;
        list_push_back(&e->out_ready, &c->in_out);
    } else if (c->state == CONN_CLOSING) {
        conn_end(e, c);
    }
}

void turn_conns(struct engine *e)
{
    do {
        struct list_node *n;
        teardown_run(e);
        while ((n = list_pop_front(&e->dirty_conns)) != NULL)
            conn_turn(e, CONTAINER_OF(n, struct conn, writer.in_dirty));
    } while (!list_empty(&e->ending));
}
