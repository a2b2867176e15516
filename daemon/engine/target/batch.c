#include "daemon/engine/target/batch.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/dynamo/body.h"
#include "daemon/dynamo/job.h"
#include "daemon/engine/record/queue.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/record/settle.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"

/* Deficit round-robin: bytes that a session may take in one round. */
enum { QUANTUM = 16 * 1024, DESCRIBE_RESPONSE_MAX = 1024 * 1024 };

/* A batch while it is being filled. */
struct pick {
    struct record *records[JOB_ITEMS_MAX];
    uint32_t count;
    uint64_t body;
    bool full;
};

/* A batch of several items reserves at most a quarter of the body pool, response included: a target that holds all it
 * may (C4) leaves that much free, so that another target's first batch fits. A single item may reserve more. */
static uint64_t pick_body_max(const struct engine *e)
{
    uint64_t share = (e->pools[POOL_BODY].size / 4 - JOB_RESPONSE_SLACK - sizeof(struct batch)) / 2;
    return share < JOB_BODY_MAX ? share : JOB_BODY_MAX;
}

static bool pick_takes(const struct engine *e, const struct pick *p, const struct record *r)
{
    if (p->count == 0)
        return true;
    return !r->alone && p->body + body_item_len(r->op, r->json_len) <= pick_body_max(e);
}

static void pick_add(struct target *t, struct pick *p, struct record *r)
{
    assert(p->count < JOB_ITEMS_MAX && r->state == RECORD_READY && r->key_prev == NULL);
    struct session *s = r->session;
    s->deficit -= s->deficit < r->cost ? s->deficit : r->cost;
    queue_take_ready(&t->queue, r);
    p->records[p->count++] = r;
    p->body += body_item_len(r->op, r->json_len);
    p->full = r->alone || p->count == JOB_ITEMS_MAX;
}

/* Fill from the ring's sessions in turn, each within its deficit. */
static void pick_fill(struct engine *e, struct target *t, struct pick *p)
{
    while (!p->full && !list_empty(&t->queue.ring)) {
        struct session *s = CONTAINER_OF(t->queue.ring.first, struct session, in_ring);
        struct record *r = CONTAINER_OF(s->ready.first, struct record, queue);
        if (t->queue.ring.count > 1 && s->deficit < r->cost) {
            s->deficit += QUANTUM;
            list_remove(&s->in_ring);
            list_push_back(&t->queue.ring, &s->in_ring);
            continue;
        }
        if (!pick_takes(e, p, r))
            return;
        pick_add(t, p, r);
    }
}

static void job_fill(struct batch *b, const struct pick *p, struct target *t)
{
    struct job *j = &b->job;
    b->schema = t->queue.schema;
    j->kind = JOB_WRITE;
    j->table = t->name;
    j->schema = &b->schema;
    j->count = p->count;
    for (uint32_t i = 0; i < p->count; i++) {
        struct record *r = p->records[i];
        b->records[i] = r;
        j->items[i] = (struct job_item){.op = r->op, .item = record_item(r), .json_len = r->json_len, .key = r->key};
    }
}

/* Reserve memory for the body, the response (which may return every item) and the batch itself. */
static bool batch_reserve(struct engine *e, struct batch *b, struct target *t)
{
    struct job *j = &b->job;
    j->body_len = (uint32_t)body_len(j);
    j->response_max = j->body_len + JOB_RESPONSE_SLACK;
    assert(j->body_len <= JOB_BODY_MAX);
    b->reserved = (uint64_t)j->body_len + j->response_max + sizeof *b;
    if (!pool_can_charge(&e->pools[POOL_BODY], POOL_BODY, &t->queue.budget, NULL, b->reserved))
        return false;
    pool_charge(&e->pools[POOL_BODY], POOL_BODY, &t->queue.budget, NULL, b->reserved);
    return true;
}

static struct batch *batch_new(struct engine *e, struct target *t)
{
    struct batch *b = mem_alloc(sizeof *b);
    if (b == NULL)
        return NULL;
    memset(b, 0, sizeof *b);
    b->target = t;
    b->job.id = ++e->next_job;
    return b;
}

struct batch *batch_pick(struct engine *e, struct target *t)
{
    struct batch *b = batch_new(e, t);
    if (b == NULL) {
        t->body_wait = true;
        return NULL;
    }
    struct pick p = {.body = body_frame_len(t->name)};
    pick_fill(e, t, &p);
    job_fill(b, &p, t);
    if (p.count == 0 || !batch_reserve(e, b, t)) {
        for (uint32_t i = p.count; i > 0; i--)
            queue_put_back(&t->queue, p.records[i - 1]);
        t->body_wait = p.count > 0;
        mem_free(b);
        return NULL;
    }
    for (uint32_t i = 0; i < p.count; i++)
        queue_send(e, p.records[i]);
    t->in_flight++;
    b->started_ms = e->now.mono_ms;
    list_push_back(&t->batches, &b->in_target);
    return b;
}

struct batch *batch_describe(struct engine *e, struct target *t)
{
    struct batch *b = batch_new(e, t);
    if (b == NULL)
        return NULL;
    b->job.kind = JOB_DESCRIBE;
    b->job.table = t->name;
    b->job.body_len = (uint32_t)body_len(&b->job);
    b->job.response_max = DESCRIBE_RESPONSE_MAX;
    return b; /* at most SCHEMA_DESCRIBES_MAX of these at a time: not charged */
}

void batch_free(struct engine *e, struct batch *b)
{
    assert(b->job.kind == JOB_WRITE || b->reserved == 0);
    list_drop(&b->node);
    list_drop(&b->in_target);
    if (b->reserved > 0)
        pool_release(&e->pools[POOL_BODY], POOL_BODY, &b->target->queue.budget, NULL, b->reserved);
    mem_free(b);
}
