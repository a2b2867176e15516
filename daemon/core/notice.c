#include "daemon/core/engine_impl.h"

enum reason conn_reason(const struct engine *e, const struct conn *c)
{
    const struct session *s = c->session;
    if (s == NULL)
        return REASON_NONE;
    if (e->drain != DRAIN_NO)
        return REASON_DRAINING;
    if (c->in.wait != WAIT_NOTHING)
        return REASON_MEMORY;
    if (list_empty(&s->open))
        return REASON_NONE;
    enum reason r = target_reason(e, s->target);
    if (r != REASON_NONE || !list_empty(&s->ready))
        return r;
    const struct record *first = CONTAINER_OF(s->open.first, struct record, in_session);
    if (first->state != RECORD_BLOCKED && !credit_withheld(c))
        return REASON_NONE;
    return s->target->backoff.count > 0 ? s->target->backoff_reason : REASON_KEY_ORDER; /* what the earlier write has */
}

static bool something_waits(const struct engine *e)
{
    return e->ledger.queued > 0 || e->ledger.in_flight > 0 || !list_empty(&e->waiting_shares) || e->notice_wanted;
}

void notice_arm(struct engine *e)
{
    if (!e->notice_timer.node.in && something_waits(e))
        engine_timer_set(e, &e->notice_timer, e->now.mono_ms + NOTICE_PERIOD_MS);
}

/* M6: once a second while something waits, every writer is told if its reason is another one than before; whoever was
 * told a reason is looked at again until nothing keeps it. */
void notice_on_timer(struct engine *e)
{
    e->notice_wanted = false;
    for (struct list_node *n = e->conn_list.first; n != NULL; n = n->next) {
        struct conn *c = CONTAINER_OF(n, struct conn, in_engine);
        if (c->state != CONN_WRITER)
            continue;
        c->reason = conn_reason(e, c);
        bool differs = c->reason != c->told_reason;
        c->notice_due = differs && e->now.mono_ms >= c->notice_at_ms;
        e->notice_wanted |= differs || c->reason != REASON_NONE;
        if (c->notice_due)
            conn_touch(e, c);
    }
    notice_arm(e);
}
