#include <assert.h>

#include "daemon/core/conn.h"
#include "daemon/core/engine_impl.h"
#include "proto/err.h"

/* No frame but SETTLED, REPLY, ERROR and NOTICE is longer than this. */
enum { FRAME_SMALL_ROOM = 200, FRAME_NOTICE_ROOM = MSG_TEXT_MAX + 100 };

static bool room_left(const struct mp_writer *w)
{
    return w->need + FRAME_SMALL_ROOM <= CONN_OUT_FRAMES;
}

static void encode_welcome(struct engine *e, struct conn *c, struct mp_writer *w)
{
    c->welcome_due = false;
    struct msg_welcome m = {
        .version = MSG_VERSION,
        .epoch = c->session != NULL ? c->session->epoch : e->params.epoch,
        .connection = c->serial,
        .max_frame = FRAME_WRITE_MAX,
        .max_record = FRAME_WRITE_MAX - MSG_WRITE_HEAD + MSG_COST_OVERHEAD,
        .credit = c->window.limit,
        .server = span_of(e->params.server, strlen(e->params.server)),
    };
    msg_encode_welcome(w, &m);
}

/* The ABORT is answered once nothing up to it is open and that was told. */
static bool abort_answer_due(const struct conn *c)
{
    if (!c->abort_open || c->session == NULL)
        return false;
    return session_upto(c->session) >= (c->abort_upto < c->session->last_seq ? c->abort_upto : c->session->last_seq) &&
           conn_told(c, c->abort_upto);
}

static bool token_due(const struct conn *c)
{
    for (uint32_t i = 0; i < c->token_count; i++)
        if (conn_told(c, c->tokens[i].upto))
            return true;
    return false;
}

static void encode_tokens(struct conn *c, struct mp_writer *w)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->token_count; i++) {
        if (room_left(w) && conn_told(c, c->tokens[i].upto))
            msg_encode_flushed(w, c->tokens[i].token);
        else
            c->tokens[kept++] = c->tokens[i];
    }
    c->token_count = kept;
}

static void encode_credit(struct engine *e, struct conn *c, struct mp_writer *w)
{
    uint64_t limit;
    if (!credit_due(e, c, &limit))
        return;
    window_raise(&c->window, limit);
    msg_encode_credit(w, limit);
}

static void encode_writer(struct engine *e, struct conn *c, struct mp_writer *w)
{
    if (conn_settled_due(c))
        conn_encode_settled(e, c, w);
    if (room_left(w) && abort_answer_due(c)) {
        msg_encode_aborted(w, c->abort_upto);
        c->abort_open = false;
    }
    encode_tokens(c, w);
    if (room_left(w))
        encode_credit(e, c, w);
}

void conn_encode(struct engine *e, struct conn *c)
{
    if (c->out_pos < c->out_len || c->hung || c->broken != 0 || c->state == CONN_CLOSING || c->state == CONN_LEAVING ||
        c->state == CONN_HELLO)
        return;
    struct mp_writer w = mp_writer_on(c->out, CONN_OUT_FRAMES);
    c->out_pos = c->out_len = 0;
    if (c->welcome_due) {
        encode_welcome(e, c, &w);
    } else {
        if (c->session != NULL)
            encode_writer(e, c, &w);
        if (c->goaway_due && room_left(&w)) {
            c->goaway_due = false;
            msg_encode_goaway(&w, reason_name(REASON_DRAINING));
        }
        if (c->notice_due && w.need + FRAME_NOTICE_ROOM <= CONN_OUT_FRAMES)
            notice_encode(e, c, &w);
        request_encode(e, c, &w);
    }
    assert(mp_writer_fits(&w));
    c->out_len = (uint32_t)w.need;
}

bool conn_has_output(const struct engine *e, const struct conn *c)
{
    if (c->hung || c->in_close.head != NULL)
        return false;
    if (c->out_pos < c->out_len)
        return true;
    if (c->broken != 0 || c->state == CONN_CLOSING || c->state == CONN_LEAVING || c->state == CONN_HELLO)
        return false;
    if (c->welcome_due || c->goaway_due || c->notice_due || request_has_output(c))
        return true;
    uint64_t limit;
    return c->session != NULL &&
           (conn_settled_due(c) || abort_answer_due(c) || token_due(c) || credit_due(e, c, &limit));
}

struct span engine_output(struct engine *e, uint64_t id, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    if (c == NULL)
        return (struct span){0};
    conn_encode(e, c);
    if (c->out_pos < c->out_len)
        return span_of(c->out + c->out_pos, c->out_len - c->out_pos);
    c->waits_write = false;
    if (c->state == CONN_CLOSING || c->state == CONN_LEAVING)
        conn_close(e, c);
    return (struct span){0};
}

void engine_sent(struct engine *e, uint64_t id, size_t n, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    if (c == NULL)
        return;
    assert(n <= c->out_len - c->out_pos);
    c->out_pos += (uint32_t)n;
}
