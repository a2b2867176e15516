#include "daemon/engine/conn/write.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "daemon/config/config.h"
#include "daemon/engine/conn/admission.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/record/queue.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/record/settle.h"
#include "daemon/engine/target/schema.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/budget.h"
#include "daemon/engine/value/failures.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"
#include "proto/item/item_check.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"

/* One [op, item] of a WRITE, checked but not yet accepted. */
struct arrival {
    uint64_t seq;
    uint64_t cost;
    struct span item;
    struct item_info info; /* valid if code is DDBS_OK */
    int code;              /* DDBS_OK, or why this record fails alone */
    uint8_t op;
    char text[ITEM_ERRMSG];
};

/* E2: the table may have been recreated with another key since its schema was read. A record that does not fit is then
 * not refused: the schema is read again, and until then the record waits with all others. */
static bool schema_doubtful(const struct engine *e, const struct target *t)
{
    return t->state == TARGET_OPEN && t->queue.schema_known && t->config->key_schema.count == 0 &&
           e->now.mono_ms - t->described_ms >= SCHEMA_TRUST_MS;
}

/* Check a record that is new to the session. If it is valid, the cursor is moved past it. */
static int arrival_validate(struct engine *e, const struct session *s, struct mp_cursor *item, struct arrival *a)
{
    if (a->op != OP_PUT && a->op != OP_DELETE) {
        snprintf(a->text, sizeof a->text, "op %u is not known here; 0 is put, 1 is delete", a->op);
        return DDBS_E_UNSUPPORTED_OP;
    }
    struct target *t = target_of(s);
    struct mp_cursor start = *item;
    int rc = item_check(item, t->queue.schema_known ? &t->queue.schema : NULL, a->op == OP_DELETE, &a->info, a->text);
    if (rc == DDBS_E_MISSING_KEY && schema_doubtful(e, t)) {
        *item = start;
        rc = item_check(item, NULL, a->op == OP_DELETE, &a->info, a->text);
        if (rc == DDBS_OK) {
            schema_describe_again(e, t);
            target_touch(e, t);
        }
    }
    return rc;
}

/* Skip an item of any depth, because a bad item must fail alone: this keeps only the count of values left, where
 * mp_read_skip keeps one per level. */
static int item_skip(struct mp_cursor *c)
{
    struct mp_cursor at = *c;
    for (uint64_t left = 1; left > 0; left--) {
        struct mp_token t;
        if (mp_read_next(&at, &t) != DDBS_OK)
            return DDBS_E_PROTOCOL_ERROR;
        if (t.type == MP_ARRAY || t.type == MP_MAP)
            left += t.type == MP_MAP ? 2 * (uint64_t)t.count : t.count;
    }
    *c = at;
    return DDBS_OK;
}

/* Read the record at the cursor and move past it. DDBS_E_PROTOCOL_ERROR: the frame is broken. A seq that the session
 * has seen is not checked again. */
static int arrival_read(struct engine *e, const struct session *s, struct mp_cursor *at, uint64_t seq,
                        struct arrival *ret)
{
    const uint8_t *start;
    struct mp_cursor c = *at;
    ret->seq = seq;
    ret->code = DDBS_OK;
    int rc = msg_decode_write_next(&c, &ret->op, &start);
    if (rc != DDBS_OK)
        return rc;
    const uint8_t *item = c.p;
    bool seen = seq <= s->last_seq;
    if (!seen)
        ret->code = arrival_validate(e, s, &c, ret);
    if (ret->code == DDBS_E_PROTOCOL_ERROR)
        return ret->code;
    if (seen || ret->code != DDBS_OK) { /* skip the item without checks */
        c.p = item;
        rc = item_skip(&c);
        if (rc != DDBS_OK)
            return rc;
    }
    ret->item = span_of(item, (size_t)(c.p - item));
    ret->cost = (uint64_t)(c.p - start) + MSG_COST_OVERHEAD;
    *at = c;
    return DDBS_OK;
}

static bool arrival_charge(struct engine *e, struct conn *c, const struct arrival *a)
{
    if (window_take(&c->writer.window, a->cost) == DDBS_OK)
        return true;
    conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "credit exceeded: record %llu costs %llu bytes, %llu are left",
               (unsigned long long)a->seq, (unsigned long long)a->cost,
               (unsigned long long)window_left(&c->writer.window));
    return false;
}

/* R2: the session has seen this seq before: an open record now occupies this connection's window, a settled one is not
 * written again. */
static bool arrival_resent(struct engine *e, struct conn *c, const struct arrival *a)
{
    struct record *r = c->writer.resend;
    while (r != NULL && r->seq < a->seq)
        r = record_next(r);
    c->writer.resend = r;
    bool open = r != NULL && r->seq == a->seq;
    if (open && r->cost != a->cost) {
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "record %llu was sent again with another length",
                   (unsigned long long)a->seq);
        return false;
    }
    if (!arrival_charge(e, c, a))
        return false;
    if (open)
        r->conn_serial = c->writer.serial;
    else
        window_settle(&c->writer.window, a->cost);
    conn_touch(e, c);
    return true;
}

/* The record fails on arrival; only its failure is kept, and there is memory for it. False: the connection failed. */
static bool arrival_refuse(struct engine *e, struct conn *c, const struct arrival *a)
{
    if (!arrival_charge(e, c, a))
        return false;
    window_settle(&c->writer.window, a->cost);
    settle_arrival(e, c->session, a->seq, a->code, a->text);
    return c->state == CONN_WRITER;
}

static void record_fill(struct record *r, struct session *s, const struct arrival *a, const struct conn *c)
{
    r->session = s;
    r->seq = a->seq;
    r->conn_serial = c->writer.serial;
    r->cost = (uint32_t)a->cost;
    r->item_len = (uint32_t)a->item.n;
    r->json_len = a->info.json_len;
    r->key = a->info.key;
    r->op = a->op;
}

/* The engine owns the record from here on. */
static bool arrival_accept(struct engine *e, struct conn *c, const struct arrival *a)
{
    if (!arrival_charge(e, c, a))
        return false;
    struct record *r = record_new((uint32_t)a->item.n);
    if (r == NULL) {
        conn_fail(e, c, DDBS_E_OUT_OF_MEMORY, "no memory for a record; connect again and resend");
        return false;
    }
    memcpy(r->bytes, a->item.p, a->item.n);
    record_fill(r, c->session, a, c);
    pool_charge(&e->pools[POOL_RECORD], POOL_RECORD, c->user->budget, c->user, a->cost);
    queue_accept(e, &target_of(c->session)->queue, r);
    return true;
}

/* Only what F3 allows may follow the last record. */
static bool write_check_end(struct engine *e, struct conn *c, uint32_t extra, struct mp_cursor behind)
{
    struct msg_write m = {.extra = extra};
    if (msg_decode_write_end(&m, &behind) == DDBS_OK)
        return true;
    conn_fail(e, c, DDBS_E_PROTOCOL_ERROR, "WRITE: unexpected bytes after the last record");
    return false;
}

bool write_admit(struct engine *e, struct conn *c, const uint8_t *base)
{
    struct write_progress *w = &c->in.write;
    while (w->left > 0) {
        struct mp_cursor at = {.p = base + w->at, .end = base + w->end};
        struct arrival a;
        if (arrival_read(e, c->session, &at, w->seq, &a) != DDBS_OK) {
            conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "WRITE: record %llu is not a msgpack array of op and item",
                       (unsigned long long)w->seq);
            return false;
        }
        assert(w->at < w->end);
        bool is_new = a.seq > c->session->last_seq;
        if (is_new && !admission_gate(e, c, WAIT_RECORD, a.code == DDBS_OK ? a.cost : FAILURE_CHARGE))
            return false;
        bool ok = !is_new             ? arrival_resent(e, c, &a)
                  : a.code != DDBS_OK ? arrival_refuse(e, c, &a)
                                      : arrival_accept(e, c, &a);
        if (!ok)
            return false;
        c->in.last_seq = a.seq;
        w->seq++;
        w->left--;
        w->at = (size_t)(at.p - base);
    }
    return write_check_end(e, c, w->extra, (struct mp_cursor){.p = base + w->at, .end = base + w->end});
}

/* Checks of every WRITE: it comes from a writer, and its seqs rise. */
static bool write_begin(struct engine *e, struct conn *c, struct span body, struct msg_write *ret)
{
    char errmsg[MSG_ERRMSG];
    if (c->state != CONN_WRITER) {
        conn_fail(e, c, DDBS_E_PROTOCOL_ERROR,
                  c->state == CONN_CONTROL ? "WRITE on a connection without a table; name one in HELLO"
                                           : "WRITE before HELLO");
        return false;
    }
    int rc = msg_decode_write(body, ret, errmsg);
    if (rc != DDBS_OK) {
        conn_fail(e, c, rc, errmsg);
        return false;
    }
    uint64_t first = ret->first_seq;
    if (first <= c->in.last_seq || first > UINT64_MAX - ret->count || first == 0) {
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR,
                   "WRITE: seq %llu after %llu on this connection; seqs start at 1 and rise", (unsigned long long)first,
                   (unsigned long long)c->in.last_seq);
        return false;
    }
    if (first <= c->session->abort_upto) {
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "WRITE: seq %llu after an ABORT of every seq up to %llu",
                   (unsigned long long)first, (unsigned long long)c->session->abort_upto);
        return false;
    }
    c->writer.wanted = 0;
    c->blocked = 0;
    return true;
}

bool write_open(struct engine *e, struct conn *c, struct span body, size_t body_at)
{
    struct msg_write m;
    if (!write_begin(e, c, body, &m))
        return false;
    c->in.write = (struct write_progress){
        .left = m.count,
        .extra = m.extra,
        .seq = m.first_seq,
        .at = body_at + (size_t)(m.records.p - body.p),
        .end = body_at + body.n,
    };
    return true;
}

bool write_open_large(struct engine *e, struct conn *c, uint32_t body)
{
    if (c->state != CONN_WRITER) {
        conn_fail(e, c, DDBS_E_PROTOCOL_ERROR, "WRITE before HELLO, or on a connection without a table");
        return false;
    }
    if ((uint64_t)body - MSG_WRITE_HEAD + MSG_COST_OVERHEAD > window_left(&c->writer.window)) {
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "credit exceeded: a WRITE of %u bytes, %llu bytes of credit are left",
                   body, (unsigned long long)window_left(&c->writer.window));
        return false;
    }
    uint64_t charge = (uint64_t)body + MSG_COST_OVERHEAD;
    if (!admission_gate(e, c, WAIT_LONG, charge) || !admission_gate(e, c, WAIT_LARGE, charge))
        return false;
    if (admission_reserve_long(e, c, body) != DDBS_OK) {
        conn_fail(e, c, DDBS_E_OUT_OF_MEMORY, "no memory for a record; connect again and resend");
        return false;
    }
    c->in.begun_ms = e->now.mono_ms;
    return true;
}

/* Read the frame's only record, checked as write_admit does. */
static bool large_read(struct engine *e, struct conn *c, struct record *r, struct arrival *ret)
{
    struct msg_write m;
    if (!write_begin(e, c, span_of(r->bytes, c->in.large_need), &m))
        return false;
    if (m.count != 1) {
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "a WRITE longer than %d bytes carries exactly one record, not %u",
                   FRAME_BUFFERED_MAX, m.count);
        return false;
    }
    if (arrival_read(e, c->session, &m.records, m.first_seq, ret) != DDBS_OK) {
        conn_fail(e, c, DDBS_E_PROTOCOL_ERROR, "WRITE: the record is not a msgpack array of op and item");
        return false;
    }
    return write_check_end(e, c, m.extra, m.records);
}

void write_close_large(struct engine *e, struct conn *c)
{
    struct record *r = c->in.large_record;
    struct arrival a;
    assert(r != NULL && c->in.large_got == c->in.large_need);
    if (!large_read(e, c, r, &a))
        return; /* the connection failed: admission_drop frees the record */
    struct user_budget *u = c->user;
    admission_release_long(e, c);
    c->in.begun_ms = 0;
    bool taken = false;
    if (a.seq <= c->session->last_seq) {
        arrival_resent(e, c, &a);
    } else if (a.code != DDBS_OK) {
        arrival_refuse(e, c, &a);
    } else if (arrival_charge(e, c, &a)) {
        record_fill(r, c->session, &a, c);
        r->item_off = (uint32_t)(a.item.p - r->bytes);
        pool_charge(&e->pools[POOL_RECORD], POOL_RECORD, u->budget, u, a.cost);
        queue_accept(e, &target_of(c->session)->queue, r);
        taken = true;
    }
    if (c->state == CONN_WRITER)
        c->in.last_seq = a.seq;
    if (!taken)
        record_free(r);
}
