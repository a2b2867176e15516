#include <assert.h>
#include <string.h>

#include "daemon/core/conn.h"
#include "daemon/core/engine_impl.h"
#include "daemon/core/request.h"
#include "daemon/core/teardown.h"
#include "daemon/core/work.h"
#include "proto/err.h"
#include "proto/utf8.h"

static bool hello_speaks_our_version(const struct msg_hello *h)
{
    for (uint32_t i = 0; i < h->version_count; i++)
        if (h->versions[i] == MSG_VERSION)
            return true;
    return false;
}

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
    if (s->expire.node.in) {
        work_set_timer(e, &s->expire, HEAP_NEVER);
        e->detached--;
    }
    s->writer = &c->writer;
    s->dropping = false;
    s->pid = c->peer.pid;
    s->share->users++;
    input_move_share(e, c, s->share);
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

/* The session of this id. One that a dying connection still holds is let go by it first. */
static struct session *hello_find(struct engine *e, const struct conn *c, const struct msg_hello *h)
{
    struct session *s = session_find(e, c->peer.uid, h->session);
    if (s == NULL || s->writer == NULL || session_attended(s))
        return s;
    teardown_conn(e, conn_of(s));
    return session_find(e, c->peer.uid, h->session);
}

/* The session that a HELLO with a table means; NULL if the connection was refused. */
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
        if (s->writer != NULL && s->writer->serial > c->writer.serial) { /* its client is there, on the other one */
            conn_fail(e, c, DDBS_E_FENCED, "a newer connection of this session was first with its HELLO");
            return NULL;
        }
        session_fence(e, s);
        return s;
    }
    struct target *t;
    int rc = target_get(e, h->table, &t);
    if (rc == DDBS_OK)
        rc = session_new(e, c->peer.uid, h, &t->queue, &s);
    if (rc == DDBS_OK)
        return s;
    conn_fail(e, c, rc,
              rc == DDBS_E_BUSY ? "too many tables are in use at once" : "no memory for another writer; try again");
    return NULL;
}

static void hello_accept(struct engine *e, struct conn *c, const struct msg_hello *h)
{
    size_t n = h->client.n < MSG_CLIENT_MAX ? h->client.n : MSG_CLIENT_MAX;
    memcpy(c->client, h->client.p, n);
    c->client[n] = '\0';
    if (h->table.n == 0) {
        c->state = CONN_ASKER;
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

static void on_hello(struct engine *e, struct conn *c, struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct msg_hello h;
    if (c->state != CONN_HELLO) {
        conn_fail(e, c, DDBS_E_PROTOCOL_ERROR, "a second HELLO on one connection");
        return;
    }
    int rc = msg_decode_hello(body, &h, errmsg);
    if (rc != DDBS_OK)
        conn_fail(e, c, rc, errmsg);
    else if (!hello_speaks_our_version(&h))
        conn_failf(e, c, DDBS_E_UNSUPPORTED_VERSION, "this daemon speaks protocol version %d only", MSG_VERSION);
    else if (h.bad_option.n > 0)
        conn_failf(e, c, DDBS_E_UNSUPPORTED_OPTION,
                   "option \"%.*s\" is not known to this daemon; leave it out or upgrade the daemon",
                   (int)h.bad_option.n, (const char *)h.bad_option.p);
    else
        hello_accept(e, c, &h);
}

static void on_flush(struct engine *e, struct conn *c, struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct token t;
    int rc = msg_decode_flush(body, &t.token, &t.upto, errmsg);
    if (rc != DDBS_OK) {
        conn_fail(e, c, rc, errmsg);
    } else if (c->writer.token_count == CONN_TOKENS_MAX) {
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "more than %d flush tokens are open", CONN_TOKENS_MAX);
    } else {
        c->tokens[c->writer.token_count++] = t;
        target_touch(e, target_of(c->session));
        conn_touch(e, c);
    }
}

static void on_abort(struct engine *e, struct conn *c, struct span body)
{
    char errmsg[MSG_ERRMSG];
    uint64_t upto;
    int rc = msg_decode_abort(body, &upto, errmsg);
    if (rc != DDBS_OK) {
        conn_fail(e, c, rc, errmsg);
    } else if (c->abort_open) {
        conn_fail(e, c, DDBS_E_PROTOCOL_ERROR, "an ABORT is open already");
    } else {
        c->abort_open = true;
        c->abort_upto = upto;
        struct session *s = c->session;
        if (upto > s->abort_upto)
            s->abort_upto = upto;
        settle_withdraw(e, s, upto);
        conn_touch(e, c);
    }
}

static void on_blocked(struct engine *e, struct conn *c, struct span body)
{
    char errmsg[MSG_ERRMSG];
    uint64_t cost;
    int rc = msg_decode_blocked(body, &cost, errmsg);
    if (rc != DDBS_OK)
        conn_fail(e, c, rc, errmsg);
    else if (cost > FRAME_WRITE_MAX - MSG_WRITE_HEAD + MSG_COST_OVERHEAD)
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "BLOCKED: a record of cost %llu is larger than max_record",
                   (unsigned long long)cost);
    else if (c->blocked++ == CONN_BLOCKED_MAX)
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR,
                   "more than %d BLOCKED without a WRITE between them; one for each record that waits is enough",
                   CONN_BLOCKED_MAX);
    else
        credit_on_blocked(e, c, cost);
}

static void on_request(struct engine *e, struct conn *c, struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct msg_request m;
    int rc = msg_decode_request(body, &m, errmsg);
    if (rc != DDBS_OK)
        conn_fail(e, c, rc, errmsg);
    else if (c->requests.count >= CONN_REQUESTS_MAX)
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "more than %d REQUESTs are open", CONN_REQUESTS_MAX);
    else
        request_open(e, c, &m);
}

void conn_on_message(struct engine *e, struct conn *c, uint8_t type, struct span body)
{
    if (type == MSG_HELLO) {
        on_hello(e, c, body);
        return;
    }
    bool asks = type == MSG_REQUEST || type == MSG_BYE;
    if (c->state == CONN_HELLO || (c->state == CONN_ASKER && !asks)) {
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "message type %u %s", type,
                   c->state == CONN_HELLO ? "before HELLO" : "on a connection without a table; name one in HELLO");
        return;
    }
    switch (type) {
    case MSG_BLOCKED:
        on_blocked(e, c, body);
        break;
    case MSG_FLUSH:
        on_flush(e, c, body);
        break;
    case MSG_ABORT:
        on_abort(e, c, body);
        break;
    case MSG_BYE:
        conn_leave(e, c);
        break;
    case MSG_REQUEST:
        on_request(e, c, body);
        break;
    default:
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "message type %u is not one that a client sends", type);
    }
}
