#include "daemon/engine/conn/attach.h"

#include <assert.h>
#include <string.h>

#include "daemon/config/config.h"
#include "daemon/engine/conn/admission.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/teardown.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/acks.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"
#include "proto/utf8.h"

/* R2: the newer connection takes the session over. */
static void session_fence(struct engine *e, struct session *s)
{
    struct conn *old = s->writer != NULL ? conn_of(s) : NULL;
    if (old == NULL)
        return;
    old->session = NULL;
    s->writer = NULL;
    conn_fail(e, old, DDBS_E_FENCED, "a newer connection took this session over");
}

static void session_attach(struct engine *e, struct session *s, struct conn *c, const struct msg_hello *h)
{
    assert(s->writer == NULL && c->session == NULL && c->state == CONN_HELLO);
    session_leave_detached(e, s);
    s->writer = &c->writer;
    s->dropping = false;
    s->pid = c->peer.pid;
    s->user->holders++;
    admission_move(e, c, s->user);
    c->session = s;
    c->state = CONN_WRITER;
    c->writer.resend = s->open.first != NULL ? CONTAINER_OF(s->open.first, struct record, in_session) : NULL;
    c->window_max = target_of(s)->config->max_window;
    if (h->max_window > 0 && h->max_window < c->window_max)
        c->window_max = h->max_window;
    if (c->window_max < WINDOW_MIN)
        c->window_max = WINDOW_MIN;
    c->window_size = WINDOW_MIN;
    c->writer.window.limit = WINDOW_MIN;
    acks_start(&c->writer.acks, &s->failures, !list_empty(&s->open), e->now.mono_ms);
}

/* The session of this id. If a connection that is ending still holds it, that one is torn down first. */
static struct session *hello_find(struct engine *e, const struct conn *c, const struct msg_hello *h)
{
    struct session *s = session_find(e, c->peer.uid, h->session);
    if (s == NULL || s->writer == NULL || session_attended(s))
        return s;
    teardown_conn(e, conn_of(s));
    return session_find(e, c->peer.uid, h->session);
}

/* The session for a HELLO with a table; NULL if the connection was refused. */
static struct session *hello_session(struct engine *e, struct conn *c, const struct msg_hello *h)
{
    if (e->drain != DRAIN_NO) {
        conn_fail(e, c, DDBS_E_SHUTTING_DOWN, "the daemon is stopping; connect again to the next one");
        return NULL;
    }
    if (!target_name_ok(h->table)) {
        conn_failf(e, c, DDBS_E_INVALID_ARGUMENT,
                   "\"%.*s\" is not a table name: 3 to 255 of a-z A-Z 0-9 _ - . or an ARN",
                   (int)utf8_cut(h->table.p, h->table.n, 100), (const char *)h->table.p);
        return NULL;
    }
    struct session *s = hello_find(e, c, h);
    if (s != NULL) {
        bool same = span_equal(h->table, span_of(s->queue->name, strlen(s->queue->name))) && s->discard == h->discard;
        if (!same) {
            conn_fail(e, c, DDBS_E_PROTOCOL_ERROR, "HELLO: this session began with another table or other options");
            return NULL;
        }
        if (s->writer != NULL && s->writer->serial > c->writer.serial) { /* its client uses the newer connection */
            conn_fail(e, c, DDBS_E_FENCED, "a newer connection of this session was first with its HELLO");
            return NULL;
        }
        session_fence(e, s);
        return s;
    }
    struct target *t;
    int rc = target_get(e, h->table, &t);
    if (rc == DDBS_OK)
        rc = queue_open_session(e, &t->queue, c->peer.uid, h, &s);
    if (rc == DDBS_OK)
        return s;
    conn_fail(e, c, rc,
              rc == DDBS_E_BUSY ? "too many tables are in use at once" : "no memory for another writer; try again");
    return NULL;
}

void attach_hello(struct engine *e, struct conn *c, const struct msg_hello *h)
{
    size_t n = h->client.n < MSG_CLIENT_MAX ? h->client.n : MSG_CLIENT_MAX;
    memcpy(c->client, h->client.p, n);
    c->client[n] = '\0';
    if (h->table.n == 0) {
        c->state = CONN_CONTROL;
    } else {
        struct session *s = hello_session(e, c, h);
        if (s == NULL)
            return;
        session_attach(e, s, c, h);
        memcpy(s->client, c->client, sizeof s->client);
    }
    c->welcome_due = true;
    conn_arm_timer(e, c);
    conn_touch(e, c);
}
