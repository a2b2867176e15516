#include "daemon/engine/record/queue.h"

#include <assert.h>

#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"
#include "proto/item/item_key.h"

bool queue_open(struct queue *q)
{
    struct hmap_node first = {0};
    if (!hmap_put(&q->keys, &first, 0))
        return false;
    hmap_remove(&q->keys, &first);
    return true;
}

void queue_close(struct queue *q)
{
    assert(list_empty(&q->all) && q->ready_count == 0 && q->keys.count == 0);
    hmap_fini(&q->keys);
}

int queue_open_session(struct engine *e, struct queue *q, uint32_t uid, const struct msg_hello *h, struct session **ret)
{
    struct user_budget *user = budget_join(&q->budget, uid);
    if (user == NULL || session_new(e, uid, h, user, ret) != DDBS_OK) {
        budget_leave(user);
        return DDBS_E_OUT_OF_MEMORY;
    }
    (*ret)->queue = q;
    list_push_back(&q->sessions, &(*ret)->in_target);
    return DDBS_OK;
}

/* ---- the chain of one key: records in order of receipt, only its head may be sent ---- */

static struct record *chain_find(const struct queue *q, const struct record *r, uint64_t hash)
{
    for (struct hmap_node *n = hmap_first(&q->keys, hash); n != NULL; n = hmap_next(n)) {
        struct record *head = CONTAINER_OF(n, struct record, key_node);
        if (item_key_equal(record_item(head), &head->key, record_item(r), &r->key, &q->schema))
            return head;
    }
    return NULL;
}

/* True if r is the head of its chain. */
static bool chain_join(struct engine *e, struct queue *q, struct record *r)
{
    assert(r->key_prev == NULL && r->key_next == NULL && r->key_last == NULL);
    uint64_t hash = item_key_hash(record_item(r), &r->key, &q->schema, e->hash_seed);
    struct record *head = chain_find(q, r, hash);
    if (head != NULL) {
        r->key_prev = head->key_last;
        head->key_last->key_next = r;
        head->key_last = r;
        return false;
    }
    r->key_last = r;
    bool put = hmap_put(&q->keys, &r->key_node, hash);
    assert(put);
    (void)put;
    return true;
}

/* Returns the new head, NULL if the head did not change or the chain is empty. */
static struct record *chain_leave(struct queue *q, struct record *r)
{
    struct record *next = r->key_next;
    if (r->key_prev != NULL) { /* somewhere behind the head */
        r->key_prev->key_next = next;
        if (next != NULL) {
            next->key_prev = r->key_prev;
        } else {
            struct record *head = r->key_prev;
            while (head->key_prev != NULL)
                head = head->key_prev;
            head->key_last = r->key_prev;
        }
        r->key_prev = r->key_next = NULL;
        return NULL;
    }
    if (next == NULL) {
        hmap_remove(&q->keys, &r->key_node);
    } else {
        next->key_prev = NULL;
        next->key_last = r->key_last;
        hmap_replace(&q->keys, &r->key_node, &next->key_node);
    }
    r->key_next = r->key_last = NULL;
    return next;
}

/* ---- queues ---- */

void queue_make_ready(struct engine *e, struct queue *q, struct record *r, bool front)
{
    assert(r->key_prev == NULL && r->key_last != NULL); /* I3: the first of its key */
    struct session *s = r->session;
    r->state = RECORD_READY;
    r->queue = (struct list_node){0};
    if (front)
        list_push_front(&s->ready, &r->queue);
    else
        list_push_back(&s->ready, &r->queue);
    if (s->in_ring.head == NULL)
        list_push_back(&q->ring, &s->in_ring);
    if (q->ready_count++ == 0)
        q->linger_until_ms = e->now.mono_ms + q->linger_ms;
    work_touch_target(e, &q->in_dirty);
}

void queue_take_ready(struct queue *q, struct record *r)
{
    assert(r->state == RECORD_READY && q->ready_count > 0);
    struct session *s = r->session;
    list_remove(&r->queue);
    q->ready_early = --q->ready_count > 0 && q->ready_early;
    if (list_empty(&s->ready)) {
        list_remove(&s->in_ring);
        s->deficit = 0;
    }
}

void queue_back_off(struct engine *e, struct queue *q, struct record *r, uint64_t due_ms)
{
    r->state = RECORD_BACKOFF;
    r->backoff = (struct heap_node){0};
    heap_push(&q->backoff, &r->backoff, due_ms);
    work_touch_target(e, &q->in_dirty);
}

void queue_release_due(struct engine *e, struct queue *q)
{
    struct heap_node *n;
    while ((n = heap_pop_due(&q->backoff, e->now.mono_ms)) != NULL)
        queue_make_ready(e, q, CONTAINER_OF(n, struct record, backoff), false);
}

void queue_release_early(struct engine *e, struct queue *q, uint64_t count)
{
    struct heap_node *n;
    while (q->ready_count < count && (n = heap_first(&q->backoff)) != NULL) {
        heap_remove(&q->backoff, n);
        queue_make_ready(e, q, CONTAINER_OF(n, struct record, backoff), false);
        q->ready_early = true;
    }
}

void queue_put_back(struct queue *q, struct record *r)
{
    assert(r->state == RECORD_READY);
    struct session *s = r->session;
    list_push_front(&s->ready, &r->queue);
    if (s->in_ring.head == NULL)
        list_push_back(&q->ring, &s->in_ring);
    q->ready_count++;
}

static void queue_hold_unkeyed(struct queue *q, struct record *r)
{
    r->state = RECORD_UNKEYED;
    r->queue = (struct list_node){0};
    list_push_back(&q->unkeyed, &r->queue);
}

void queue_add(struct engine *e, struct queue *q, struct record *r)
{
    if (!q->schema_known) {
        queue_hold_unkeyed(q, r);
        work_touch_target(e, &q->in_dirty);
    } else if (chain_join(e, q, r)) {
        queue_make_ready(e, q, r, false);
    } else {
        r->state = RECORD_BLOCKED;
    }
}

void queue_accept(struct engine *e, struct queue *q, struct record *r)
{
    struct session *s = r->session;
    assert(s->queue == q && r->seq > s->last_seq);
    r->serial = ++e->next_serial;
    s->last_seq = r->seq;
    list_push_back(&s->open, &r->in_session);
    list_push_back(&q->all, &r->in_target);
    ledger_accept(&s->ledger);
    ledger_accept(&q->ledger);
    ledger_accept(&e->ledger);
    queue_add(e, q, r);
    work_touch_target(e, &q->in_dirty);
}

void queue_move_ledgers(struct engine *e, const struct record *r, enum ledger_state from, enum ledger_state to)
{
    ledger_move(&r->session->ledger, from, to);
    ledger_move(&r->session->queue->ledger, from, to);
    ledger_move(&e->ledger, from, to);
}

void queue_send(struct engine *e, struct record *r)
{
    assert(r->state == RECORD_READY && r->key_prev == NULL);
    r->state = RECORD_IN_FLIGHT;
    queue_move_ledgers(e, r, LEDGER_QUEUED, LEDGER_IN_FLIGHT);
}

void queue_remove(struct engine *e, struct queue *q, struct record *r)
{
    switch ((enum record_state)r->state) {
    case RECORD_UNKEYED:
        list_remove(&r->queue);
        return; /* it has no key yet */
    case RECORD_READY:
        queue_take_ready(q, r);
        break;
    case RECORD_BACKOFF:
        heap_remove(&q->backoff, &r->backoff);
        break;
    case RECORD_BLOCKED:
    case RECORD_IN_FLIGHT:
        break;
    }
    struct record *next = chain_leave(q, r);
    if (next != NULL) {
        queue_make_ready(e, q, next, true);
        q->linger_until_ms = e->now.mono_ms; /* it has lingered already */
    }
}

void queue_unkey(struct engine *e, struct queue *q, struct record *r)
{
    assert(r->state != RECORD_IN_FLIGHT);
    queue_remove(e, q, r); /* makes its successor ready; the caller unkeys that one later */
    queue_hold_unkeyed(q, r);
}
