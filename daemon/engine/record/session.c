#include "daemon/engine/record/session.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/config/config.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/value/acks.h"
#include "daemon/engine/value/budget.h"
#include "daemon/engine/value/failures.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/timer.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"

enum { SESSIONS_DETACHED_MAX = 8192 };

static uint64_t session_hash(const struct engine *e, uint32_t uid, const uint8_t id[MSG_SESSION_BYTES])
{
    return hmap_hash(id, MSG_SESSION_BYTES, e->hash_seed ^ uid);
}

struct session *session_find(struct engine *e, uint32_t uid, const uint8_t id[MSG_SESSION_BYTES])
{
    for (struct hmap_node *n = hmap_first(&e->sessions, session_hash(e, uid, id)); n != NULL; n = hmap_next(n)) {
        struct session *s = CONTAINER_OF(n, struct session, by_id);
        if (s->uid == uid && memcmp(s->id, id, MSG_SESSION_BYTES) == 0)
            return s;
    }
    return NULL;
}

int session_new(struct engine *e, uint32_t uid, const struct msg_hello *h, struct user_budget *user,
                struct session **ret)
{
    struct session *s = mem_zalloc(sizeof *s);
    if (s == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    if (!hmap_put(&e->sessions, &s->by_id, session_hash(e, uid, h->session))) {
        mem_free(s);
        return DDBS_E_OUT_OF_MEMORY;
    }
    s->mapped = true;
    s->user = user;
    s->uid = uid;
    memcpy(s->id, h->session, sizeof s->id);
    s->discard = h->discard;
    s->epoch = e->params.epoch + e->failures_forgotten;
    s->expire.kind = TIMER_SESSION;
    list_push_back(&e->session_list, &s->in_engine);
    *ret = s;
    return DDBS_OK;
}

uint64_t session_upto(const struct session *s)
{
    return list_empty(&s->open) ? s->last_seq : CONTAINER_OF(s->open.first, struct record, in_session)->seq - 1;
}

static void session_forget_failures(struct engine *e, struct session *s)
{
    if (s->writer != NULL)
        acks_forget_failures(&s->writer->acks);
    uint64_t n = failures_clear(&s->failures);
    if (n > 0)
        pool_release(&e->pools[POOL_RECORD], POOL_RECORD, s->user->budget, s->user, n * FAILURE_CHARGE);
    assert(s->user->failure_bytes >= n * FAILURE_CHARGE && e->failure_bytes >= s->user->failure_bytes);
    s->user->failure_bytes -= n * FAILURE_CHARGE;
    e->failure_bytes -= n * FAILURE_CHARGE;
    e->failures_forgotten += s->last_seq > 0;
}

void session_unmap(struct engine *e, struct session *s)
{
    if (!s->mapped)
        return;
    s->mapped = false;
    hmap_remove(&e->sessions, &s->by_id);
    session_leave_detached(e, s);
    session_forget_failures(e, s);
    session_note_over(e, s);
}

void session_note_over(struct engine *e, struct session *s)
{
    bool over = s->writer == NULL && !s->mapped && list_empty(&s->open);
    if (over && s->in_over.head == NULL)
        list_push_back(&e->over_sessions, &s->in_over);
}

void session_free(struct session *s)
{
    assert(s->writer == NULL && !s->mapped && list_empty(&s->open));
    assert(list_empty(&s->ready) && s->in_ring.head == NULL);
    list_drop(&s->in_over);
    list_remove(&s->in_engine);
    list_remove(&s->in_target);
    budget_leave(s->user);
    mem_free(s);
}

bool session_forget_oldest(struct engine *e)
{
    for (struct list_node *n = e->detached.first; n != NULL; n = n->next) {
        struct session *s = CONTAINER_OF(n, struct session, in_detached);
        if (!list_empty(&s->failures.list)) {
            session_unmap(e, s);
            return true;
        }
    }
    return false;
}

void session_on_expired(struct engine *e, struct session *s)
{
    assert(s->writer == NULL && s->mapped && list_on(&s->in_detached, &e->detached));
    session_unmap(e, s);
}

/* Sessions whose clients never come back cost memory: beyond the limit the oldest one is forgotten. */
void session_detach(struct engine *e, struct session *s)
{
    assert(s->writer == NULL && s->mapped && !s->expire.node.in);
    list_push_back(&e->detached, &s->in_detached);
    work_set_timer(e, &s->expire, e->now.mono_ms + e->config->reconnect_timeout_ms);
    if (e->detached.count > SESSIONS_DETACHED_MAX)
        session_unmap(e, CONTAINER_OF(e->detached.first, struct session, in_detached));
}

void session_leave_detached(struct engine *e, struct session *s)
{
    list_drop(&s->in_detached);
    work_set_timer(e, &s->expire, HEAP_NEVER);
}
