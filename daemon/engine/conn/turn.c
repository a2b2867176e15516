#include "daemon/engine/conn/turn.h"

#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/credit.h"
#include "daemon/engine/conn/input.h"
#include "daemon/engine/conn/output.h"
#include "daemon/engine/conn/teardown.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/value/share.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

static void share_serve(struct engine *e, const struct list_head *waiting)
{
    bool served = true;
    while (served && !list_empty(waiting))
        served = conn_retry(e, CONTAINER_OF(waiting->first, struct conn, in.in_waiting));
}

bool turn_memory_freed(const struct engine *e)
{
    return e->pools[POOL_RECORD].freed || e->pools[POOL_INPUT].freed || e->pools[POOL_LONG].freed;
}

void turn_waiters(struct engine *e)
{
    bool waits = !list_empty(&e->waiting_shares);
    while (waits && pool_short(&e->pools[POOL_RECORD]) && session_forget_oldest(e)) {
    }
    bool freed = turn_memory_freed(e);
    e->pools[POOL_RECORD].freed = e->pools[POOL_INPUT].freed = e->pools[POOL_LONG].freed = false;
    if (!freed)
        return;
    for (size_t n = e->waiting_shares.count; n > 0 && !list_empty(&e->waiting_shares); n--) {
        struct share *s = CONTAINER_OF(e->waiting_shares.first, struct share, in_waiting);
        list_remove(&s->in_waiting);
        list_push_back(&e->waiting_shares, &s->in_waiting);
        share_serve(e, &s->waiting[POOL_RECORD]);
        share_serve(e, &s->waiting[POOL_INPUT]);
        share_serve(e, &s->waiting[POOL_LONG]);
    }
}

static void conn_turn(struct engine *e, struct conn *c)
{
    if (c->writer.broken != 0) {
        conn_fail(e, c, c->writer.broken,
                  c->writer.broken == DDBS_E_TOO_MANY_FAILURES
                      ? "more records of this writer failed than the daemon can remember"
                      : "no memory to remember a failed record; connect again and resend");
        c->writer.broken = 0;
        return;
    }
    credit_on_turn(e, c);
    if (c->writer.acks.failure_since_ms != 0)
        conn_arm_timer(e, c);
    if (c->ended || c->waits_write)
        return;
    if (conn_has_output(e, c)) {
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
