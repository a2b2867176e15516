#include "daemon/engine/conn/credit.h"

#include <assert.h>

#include "daemon/dynamo/job.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"

/* S3: no more credit while the session's seqs run this far ahead of what is settled. */
enum { SEQS_AHEAD_MAX = 1 << 20 };

/* The queue is short while at most this many more records wait than are in flight: one lingering batch. */
enum { QUEUE_SHORT = JOB_ITEMS_MAX };

enum { WINDOW_RAISE = 16 * 1024 };

bool credit_withheld(const struct conn *c)
{
    const struct session *s = c->session;
    return s->last_seq - session_upto(s) > SEQS_AHEAD_MAX;
}

bool credit_due(const struct engine *e, const struct conn *c, uint64_t *ret_limit)
{
    if (c->session == NULL || credit_withheld(c))
        return false;
    const struct window *w = &c->writer.window;
    uint64_t size = pool_short(&e->pools[POOL_RECORD]) ? WINDOW_MIN : c->window_size;
    uint64_t limit = w->settled + size;
    if (c->writer.wanted > size && w->used + c->writer.wanted > limit)
        limit = w->used + c->writer.wanted;
    if (limit <= w->limit)
        return false;
    uint64_t worth = size / 4 < WINDOW_RAISE ? size / 4 : WINDOW_RAISE;
    bool unblocks = c->writer.wanted > window_left(w) && limit - w->used >= c->writer.wanted;
    if (limit - w->limit < worth && !unblocks)
        return false;
    assert(limit > w->limit); /* I7 */
    *ret_limit = limit;
    return true;
}

void credit_on_blocked(struct engine *e, struct conn *c, uint64_t cost)
{
    c->writer.wanted = cost;
    c->grow_due = true;
    e->notice_wanted |= credit_withheld(c);
    target_touch(e, target_of(c->session));
    conn_touch(e, c);
}

/* A larger window helps only while requests take the records as fast as they come. Once more records wait than are in
 * flight, it would only lengthen the queue, and records would drop out of the CPU caches while they wait. */
static bool queue_is_short(const struct session *s)
{
    return s == NULL || s->ledger.queued <= s->ledger.in_flight + QUEUE_SHORT;
}

void credit_on_turn(const struct engine *e, struct conn *c)
{
    if (!c->grow_due)
        return;
    c->grow_due = false;
    assert(WINDOW_MIN <= c->window_size && c->window_size <= c->window_max);
    if (c->window_size == c->window_max || pool_short(&e->pools[POOL_RECORD]) || !queue_is_short(c->session))
        return;
    c->window_size = c->window_size < c->window_max / 2 ? c->window_size * 2 : c->window_max;
}
