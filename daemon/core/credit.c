#include "daemon/core/conn.h"
#include "daemon/core/engine_impl.h"

/* S3: no more credit while the session's seqs run this far ahead of what is settled. */
enum { SEQS_AHEAD_MAX = 1 << 20 };

bool credit_withheld(const struct conn *c)
{
    const struct session *s = c->session;
    return s->last_seq - session_upto(s) > SEQS_AHEAD_MAX;
}

bool credit_due(const struct engine *e, const struct conn *c, uint64_t *ret_limit)
{
    if (c->session == NULL || credit_withheld(c))
        return false;
    const struct window *w = &c->window;
    uint64_t size = pool_short(&e->pools[POOL_RECORD]) ? WINDOW_MIN : c->window_size;
    uint64_t limit = w->settled + size;
    if (c->wanted > size && w->used + c->wanted > limit)
        limit = w->used + c->wanted;
    if (limit <= w->limit)
        return false;
    uint64_t worth = size / 4 < WINDOW_RAISE ? size / 4 : WINDOW_RAISE;
    bool unblocks = c->wanted > window_left(w) && limit - w->used >= c->wanted;
    if (limit - w->limit < worth && !unblocks)
        return false;
    *ret_limit = limit;
    return true;
}

void credit_on_blocked(struct engine *e, struct conn *c, uint64_t cost)
{
    c->wanted = cost;
    if (!pool_short(&e->pools[POOL_RECORD]) && c->window_size < c->window_max) {
        c->window_size *= 2;
        if (c->window_size > c->window_max)
            c->window_size = c->window_max;
    }
    e->notice_wanted |= credit_withheld(c);
    conn_touch(e, c);
}
