#include "daemon/engine/check.h"

#include <stdio.h>

#include "daemon/config/config.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/target/batch.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/budget.h"
#include "daemon/engine/value/failures.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"

struct check {
    const struct engine *e;
    char *errmsg;
    size_t cap;
    bool ok;
};

static void check_that(struct check *k, bool holds, const char *sentence, const char *name)
{
    if (holds || !k->ok)
        return;
    k->ok = false;
    snprintf(k->errmsg, k->cap, "%s (%s)", sentence, name);
}

/* Totals over the records of a target. */
struct census {
    uint64_t cost, in_flight, ready, backoff, blocked, unkeyed;
};

static void check_record(struct check *k, const struct target *t, const struct record *r, struct census *n)
{
    n->cost += r->cost;
    bool keyed = r->state != RECORD_UNKEYED;
    bool head = keyed && r->key_prev == NULL;
    check_that(k, r->session->queue == &t->queue && list_on(&r->in_session, &r->session->open),
               "I2: a record is not in its session", t->name);
    check_that(k, (r->state == RECORD_BLOCKED) == (keyed && !head),
               "I3: exactly the records behind a key's head must be blocked", t->name);
    check_that(k, !head || r->key_last != NULL, "I3: a chain has no last record", t->name);
    switch ((enum record_state)r->state) {
    case RECORD_UNKEYED:
        n->unkeyed++;
        check_that(k, list_on(&r->queue, &t->queue.unkeyed), "I2: an unkeyed record is on no list", t->name);
        break;
    case RECORD_BLOCKED:
        n->blocked++;
        break;
    case RECORD_READY:
        n->ready++;
        check_that(k, list_on(&r->queue, &r->session->ready), "I2: a ready record is not queued", t->name);
        check_that(k, list_on(&r->session->in_ring, &t->queue.ring),
                   "I4: a session with ready records is not in the ring", t->name);
        break;
    case RECORD_BACKOFF:
        n->backoff++;
        check_that(k, r->backoff.in, "I4: a record in backoff has no timer", t->name);
        break;
    case RECORD_IN_FLIGHT:
        n->in_flight++;
        break;
    }
}

/* E3: a record that waits has a reason, an armed timer or a request in flight. */
static void check_target_progress(struct check *k, const struct target *t, const struct census *n)
{
    if (list_empty(&t->queue.all) || !list_empty(&k->e->dirty_targets))
        return;
    bool can_proceed = t->in_flight > 0 || t->timer.node.in || t->state == TARGET_DESCRIBING || t->pause.probing ||
                       t->in_describe.head != NULL || t->in_slot_wait.head != NULL || work_starts_held(k->e) ||
                       (t->state == TARGET_PAUSED && t->config->table_error_timeout_ms == CONFIG_NEVER) ||
                       (t->body_wait && k->e->pools[POOL_BODY].used > 0);
    check_that(k, can_proceed, "I4: records wait without timer, request or reason", t->name);
    check_that(k, n->blocked < t->queue.all.count, "I4: every record waits behind another", t->name);
}

static uint64_t check_target(struct check *k, const struct target *t)
{
    struct census n = {0};
    for (const struct list_node *m = t->queue.all.first; m != NULL; m = m->next)
        check_record(k, t, CONTAINER_OF(m, struct record, in_target), &n);
    check_that(k, ledger_balanced(&t->queue.ledger), "I8: the table's ledger does not balance", t->name);
    check_that(k, t->queue.ledger.in_flight == n.in_flight, "I8: the table's in_flight is not what is in flight",
               t->name);
    check_that(k, t->queue.ledger.queued == n.ready + n.backoff + n.blocked + n.unkeyed,
               "I8: the table's queued is not what waits", t->name);
    check_that(k, t->queue.ready_count == n.ready, "ready_count is not what is ready", t->name);
    check_that(k, t->queue.backoff.count == n.backoff, "the backoff heap is not what is in backoff", t->name);
    check_target_progress(k, t, &n);
    return n.cost;
}

static void check_session(struct check *k, const struct session *s)
{
    uint64_t last = 0;
    for (const struct list_node *n = s->open.first; n != NULL; n = n->next) {
        const struct record *r = CONTAINER_OF(n, struct record, in_session);
        check_that(k, r->seq > last, "a session's open records are not in order", s->queue->name);
        last = r->seq;
    }
    check_that(k, last <= s->last_seq, "an open record is above last_seq", s->queue->name);
    check_that(k, ledger_balanced(&s->ledger), "I8: a session's ledger does not balance", s->queue->name);
    check_that(k, s->ledger.queued + s->ledger.in_flight == s->open.count, "I8: a session's open records do not add up",
               s->queue->name);
    check_that(k, list_empty(&s->ready) == (s->in_ring.head == NULL),
               "a session is in the ring without need, or not in it", s->queue->name);
}

static uint64_t session_failure_charge(const struct session *s)
{
    return s->failures.list.count * FAILURE_CHARGE;
}

struct input_sums {
    uint64_t buffers, longs;
};

static void check_conn(struct check *k, const struct conn *c, struct input_sums *sums)
{
    const struct window *w = &c->writer.window;
    check_that(k, w->settled <= w->used && w->used <= w->limit, "I7: a window is out of order", c->client);
    if (c->in.large_record != NULL)
        sums->longs += (uint64_t)c->in.large_need + MSG_COST_OVERHEAD;
    if (c->in.buffer != NULL)
        sums->buffers += INPUT_BUFFER;
}

/* E3: a connection waits for memory only while the pool cannot give it, unless the next turn retries. */
static void check_user(struct check *k, const struct user_budget *u)
{
    for (int kind = 0; kind < POOL_COUNT; kind++) {
        const struct pool *p = &k->e->pools[kind];
        if (list_empty(&u->waiting[kind]) || k->e->pools[POOL_RECORD].freed || k->e->pools[POOL_INPUT].freed ||
            k->e->pools[POOL_LONG].freed)
            continue;
        const struct conn *c = CONTAINER_OF(u->waiting[kind].first, struct conn, in.in_waiting);
        check_that(k, c->user == u && c->in.wait != WAIT_NOTHING, "a connection is on the wrong wait list", c->client);
        check_that(k, !pool_can_charge(p, (enum pool_kind)kind, u->budget, u, c->in.wait_bytes),
                   "I4: a connection waits for memory that is free", c->client);
    }
}

bool check_run(const struct engine *e, char *errmsg, size_t cap)
{
    struct check k = {.e = e, .errmsg = errmsg, .cap = cap, .ok = true};
    struct input_sums in = {0};
    uint64_t record_bytes = 0, body_bytes = 0, failure_bytes = 0;
    for (const struct list_node *n = e->target_list.first; n != NULL; n = n->next)
        record_bytes += check_target(&k, CONTAINER_OF(n, struct target, in_engine));
    for (const struct list_node *n = e->session_list.first; n != NULL; n = n->next) {
        check_session(&k, CONTAINER_OF(n, struct session, in_engine));
        failure_bytes += session_failure_charge(CONTAINER_OF(n, struct session, in_engine));
    }
    for (const struct list_node *n = e->conn_list.first; n != NULL; n = n->next)
        check_conn(&k, CONTAINER_OF(n, struct conn, in_engine), &in);
    for (const struct list_node *n = e->waiting_users.first; n != NULL; n = n->next)
        check_user(&k, CONTAINER_OF(n, struct user_budget, in_waiting));
    const struct list_head *jobs[] = {&e->starting, &e->running};
    for (int i = 0; i < 2; i++)
        for (const struct list_node *n = jobs[i]->first; n != NULL; n = n->next)
            body_bytes += CONTAINER_OF(n, struct batch, node)->reserved;
    check_that(&k, failure_bytes == e->failure_bytes, "I1: failure_bytes is not what failures take", "engine");
    check_that(&k, record_bytes + in.longs + failure_bytes == e->pools[POOL_RECORD].used,
               "I1: the record pool is not what records and failures take", "engine");
    check_that(&k, in.longs == e->pools[POOL_LONG].used, "I1: the long pool is not what half-read WRITEs take",
               "engine");
    check_that(&k, in.buffers == e->pools[POOL_INPUT].used, "I1: the input pool is not what buffers take", "engine");
    check_that(&k, body_bytes == e->pools[POOL_BODY].used, "I1: the body pool is not what batches take", "engine");
    for (int i = 0; i < POOL_COUNT; i++)
        check_that(&k, e->pools[i].used <= e->pools[i].size, "I1: a pool is over its size", "engine");
    check_that(&k, ledger_balanced(&e->ledger), "I8: the ledger does not balance", "engine");
    return k.ok;
}
