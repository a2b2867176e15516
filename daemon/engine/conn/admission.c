#include "daemon/engine/conn/admission.h"

#include <assert.h>

#include "daemon/base/mem.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/budget.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

enum { WRITE_PAIR_MIN = 3 }; /* bytes of an [op, item] */

/* Buffers have a queue of their own, so that messages that free memory (ABORT, BYE) are still read while other
 * connections of the user wait for records. Long WRITEs have one too: short ones pass them while too many are half
 * read. */
static enum pool_kind wait_pool(enum conn_wait wait)
{
    if (wait == WAIT_LONG)
        return POOL_LONG;
    return wait == WAIT_BUFFER ? POOL_INPUT : POOL_RECORD;
}

void admission_wait(struct engine *e, struct conn *c, enum conn_wait wait, uint64_t bytes)
{
    assert(c->in.wait == WAIT_NOTHING && wait != WAIT_NOTHING); /* one wait at a time */
    struct user_budget *u = c->user;
    c->in.wait = wait;
    c->in.wait_bytes = bytes;
    if (c == e->serving)
        list_push_front(&u->waiting[wait_pool(wait)], &c->in.in_waiting);
    else
        list_push_back(&u->waiting[wait_pool(wait)], &c->in.in_waiting);
    if (list_empty(&e->waiting_users))
        target_touch_lingering(e);
    if (u->in_waiting.head == NULL)
        list_push_back(&e->waiting_users, &u->in_waiting);
    conn_update_reading(e, c);
}

void admission_stop_waiting(struct conn *c)
{
    if (c->in.wait == WAIT_NOTHING)
        return;
    struct user_budget *u = c->user;
    c->in.wait = WAIT_NOTHING;
    list_drop(&c->in.in_waiting);
    if (!budget_user_waits(u))
        list_drop(&u->in_waiting);
}

bool admission_waits_for(const struct conn *c, enum conn_wait wait)
{
    return c->in.wait != WAIT_NOTHING && wait_pool(c->in.wait) == wait_pool(wait);
}

bool admission_open(const struct engine *e, const struct conn *c, enum conn_wait wait, uint64_t n)
{
    enum pool_kind kind = wait_pool(wait);
    bool its_turn = c == e->serving || list_empty(&c->user->waiting[kind]);
    return its_turn && pool_can_charge(&e->pools[kind], kind, c->user->budget, c->user, n);
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
    return pool_can_charge(&e->pools[kind], kind, c->user->budget, c->user, c->in.wait_bytes);
}

/* Each admitted record raises what the user and the table hold, and lowers what is free: hence 3 * most. */
bool admission_finds_room(const struct engine *e, const struct conn *c, uint64_t n)
{
    const struct pool *p = &e->pools[POOL_RECORD];
    const struct user_budget *u = c->user;
    uint64_t most = n + (n / WRITE_PAIR_MIN + 1) * MSG_COST_OVERHEAD, free_bytes = p->size - p->used;
    return list_empty(&u->waiting[POOL_RECORD]) && free_bytes >= p->largest + most &&
           free_bytes >= u->budget->held[POOL_RECORD] + u->held[POOL_RECORD] + 3 * most;
}

int admission_lend_buffer(struct engine *e, struct conn *c)
{
    assert(c->in.buffer == NULL);
    c->in.buffer = mem_alloc(INPUT_BUFFER);
    if (c->in.buffer == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    pool_charge(&e->pools[POOL_INPUT], POOL_INPUT, c->user->budget, c->user, INPUT_BUFFER);
    return DDBS_OK;
}

void admission_return_buffer(struct engine *e, struct conn *c)
{
    if (c->in.buffer == NULL)
        return;
    mem_free(c->in.buffer);
    c->in.buffer = NULL;
    pool_release(&e->pools[POOL_INPUT], POOL_INPUT, c->user->budget, c->user, INPUT_BUFFER);
}

void admission_move(struct engine *e, struct conn *c, struct user_budget *u)
{
    assert(c->in.wait == WAIT_NOTHING && c->in.large_record == NULL); /* else the old budget would stay charged */
    struct pool *p = &e->pools[POOL_INPUT];
    if (c->in.buffer != NULL) {
        pool_release(p, POOL_INPUT, c->user->budget, c->user, INPUT_BUFFER);
        pool_charge(p, POOL_INPUT, u->budget, u, INPUT_BUFFER);
    }
    c->user = u;
}

int admission_reserve_long(struct engine *e, struct conn *c, uint32_t body)
{
    uint64_t charge = (uint64_t)body + MSG_COST_OVERHEAD;
    assert(c->in.large_record == NULL);
    struct record *r = record_new(body);
    if (r == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    pool_charge(&e->pools[POOL_RECORD], POOL_RECORD, c->user->budget, c->user, charge);
    pool_charge(&e->pools[POOL_LONG], POOL_LONG, c->user->budget, c->user, charge);
    c->in.large_record = r;
    c->in.large_need = body;
    c->in.large_got = 0;
    return DDBS_OK;
}

struct record *admission_release_long(struct engine *e, struct conn *c)
{
    struct record *r = c->in.large_record;
    struct user_budget *u = c->user;
    assert(r != NULL);
    uint64_t charge = (uint64_t)c->in.large_need + MSG_COST_OVERHEAD;
    c->in.large_record = NULL;
    pool_release(&e->pools[POOL_LONG], POOL_LONG, u->budget, u, charge);
    pool_release(&e->pools[POOL_RECORD], POOL_RECORD, u->budget, u, charge);
    return r;
}

void admission_drop(struct engine *e, struct conn *c)
{
    struct conn_input *in = &c->in;
    if (in->wait != WAIT_NOTHING)
        e->pools[wait_pool(in->wait)].freed = true; /* those behind it in the line may go now */
    admission_stop_waiting(c);
    admission_return_buffer(e, c);
    if (in->large_record != NULL)
        record_free(admission_release_long(e, c));
    in->len = in->pos = in->tail_len = 0;
    in->write.left = 0;
    in->begun_ms = 0;
}
