#include "daemon/engine/conn/admission.h"

#include <assert.h>

#include "daemon/base/mem.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/value/share.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

enum { WRITE_PAIR_MIN = 3 }; /* bytes of an [op, item] */

/* What frees memory (ABORT, BYE) is read while others of the same share wait for room for their records: buffers have
 * a queue of their own. So have long WRITEs while too many of them are half read: short ones pass them by. */
static enum pool_kind wait_pool(enum conn_wait wait)
{
    if (wait == WAIT_LONG)
        return POOL_LONG;
    return wait == WAIT_BUFFER ? POOL_INPUT : POOL_RECORD;
}

void admission_wait(struct engine *e, struct conn *c, enum conn_wait wait, uint64_t bytes)
{
    assert(c->in.wait == WAIT_NOTHING && wait != WAIT_NOTHING); /* it waits for one thing at a time */
    struct share *s = c->share;
    c->in.wait = wait;
    c->in.wait_bytes = bytes;
    if (c == e->serving)
        list_push_front(&s->waiting[wait_pool(wait)], &c->in.in_waiting);
    else
        list_push_back(&s->waiting[wait_pool(wait)], &c->in.in_waiting);
    if (list_empty(&e->waiting_shares))
        target_touch_lingering(e);
    if (s->in_waiting.head == NULL)
        list_push_back(&e->waiting_shares, &s->in_waiting);
    conn_update_reading(e, c);
}

void admission_stop_waiting(struct conn *c)
{
    if (c->in.wait == WAIT_NOTHING)
        return;
    struct share *s = c->share;
    c->in.wait = WAIT_NOTHING;
    list_drop(&c->in.in_waiting);
    if (!share_waits(s))
        list_drop(&s->in_waiting);
}

bool admission_waits_for(const struct conn *c, enum conn_wait wait)
{
    return c->in.wait != WAIT_NOTHING && wait_pool(c->in.wait) == wait_pool(wait);
}

bool admission_open(const struct engine *e, const struct conn *c, enum conn_wait wait, uint64_t n)
{
    enum pool_kind kind = wait_pool(wait);
    bool its_turn = c == e->serving || list_empty(&c->share->waiting[kind]);
    return its_turn && pool_may_take(&e->pools[kind], kind, c->share->tenant, c->share, n);
}

bool admission_gate(struct engine *e, struct conn *c, enum conn_wait wait, uint64_t n)
{
    if (admission_open(e, c, wait, n))
        return true;
    admission_wait(e, c, wait, n);
    return false;
}

bool admission_may_go_on(const struct engine *e, const struct conn *c)
{
    enum pool_kind kind = wait_pool(c->in.wait);
    return pool_may_take(&e->pools[kind], kind, c->share->tenant, c->share, c->in.wait_bytes);
}

/* Each record that is taken makes the share and its table hold more, and leaves less free. */
bool admission_finds_room(const struct engine *e, const struct conn *c, uint64_t n)
{
    const struct pool *p = &e->pools[POOL_RECORD];
    const struct share *s = c->share;
    uint64_t most = n + (n / WRITE_PAIR_MIN + 1) * MSG_COST_OVERHEAD, free_bytes = p->size - p->used;
    return list_empty(&s->waiting[POOL_RECORD]) && free_bytes >= p->largest + most &&
           free_bytes >= s->tenant->held[POOL_RECORD] + s->held[POOL_RECORD] + 3 * most;
}

int admission_lend_buffer(struct engine *e, struct conn *c)
{
    assert(c->in.buffer == NULL);
    c->in.buffer = mem_alloc(INPUT_BUFFER);
    if (c->in.buffer == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    pool_take(&e->pools[POOL_INPUT], POOL_INPUT, c->share->tenant, c->share, INPUT_BUFFER);
    return DDBS_OK;
}

void admission_return_buffer(struct engine *e, struct conn *c)
{
    if (c->in.buffer == NULL)
        return;
    mem_free(c->in.buffer);
    c->in.buffer = NULL;
    pool_give(&e->pools[POOL_INPUT], POOL_INPUT, c->share->tenant, c->share, INPUT_BUFFER);
}

void admission_move(struct engine *e, struct conn *c, struct share *s)
{
    assert(c->in.wait == WAIT_NOTHING && c->in.big == NULL); /* else the old share would count it for ever */
    struct pool *p = &e->pools[POOL_INPUT];
    if (c->in.buffer != NULL) {
        pool_give(p, POOL_INPUT, c->share->tenant, c->share, INPUT_BUFFER);
        pool_take(p, POOL_INPUT, s->tenant, s, INPUT_BUFFER);
    }
    c->share = s;
}

int admission_reserve_long(struct engine *e, struct conn *c, uint32_t body)
{
    uint64_t charge = (uint64_t)body + MSG_COST_OVERHEAD;
    assert(c->in.big == NULL);
    struct record *r = record_new(body);
    if (r == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    pool_take(&e->pools[POOL_RECORD], POOL_RECORD, c->share->tenant, c->share, charge);
    pool_take(&e->pools[POOL_LONG], POOL_LONG, c->share->tenant, c->share, charge);
    c->in.big = r;
    c->in.big_need = body;
    c->in.big_got = 0;
    return DDBS_OK;
}

struct record *admission_release_long(struct engine *e, struct conn *c)
{
    struct record *r = c->in.big;
    struct share *s = c->share;
    assert(r != NULL);
    uint64_t charge = (uint64_t)c->in.big_need + MSG_COST_OVERHEAD;
    c->in.big = NULL;
    pool_give(&e->pools[POOL_LONG], POOL_LONG, s->tenant, s, charge);
    pool_give(&e->pools[POOL_RECORD], POOL_RECORD, s->tenant, s, charge);
    return r;
}

void admission_drop(struct engine *e, struct conn *c)
{
    struct conn_input *in = &c->in;
    admission_stop_waiting(c);
    admission_return_buffer(e, c);
    if (in->big != NULL)
        record_free(admission_release_long(e, c));
    in->len = in->pos = in->small_len = 0;
    in->write.left = 0;
    in->begun_ms = 0;
}
