#include "daemon/engine/conn/message.h"

#include <assert.h>

#include "daemon/engine/conn/attach.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/credit.h"
#include "daemon/engine/conn/request.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/record/settle.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"

static bool hello_speaks_our_version(const struct msg_hello *h)
{
    for (uint32_t i = 0; i < h->version_count; i++)
        if (h->versions[i] == MSG_VERSION)
            return true;
    return false;
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
        attach_hello(e, c, &h);
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
        assert(c->session != NULL);
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

void message_handle(struct engine *e, struct conn *c, uint8_t type, struct span body)
{
    if (type == MSG_HELLO) {
        on_hello(e, c, body);
        return;
    }
    bool asks = type == MSG_REQUEST || type == MSG_BYE;
    if (c->state == CONN_HELLO || (c->state == CONN_CONTROL && !asks)) {
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
