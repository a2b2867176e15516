#include "daemon/engine/conn/output.h"

#include <assert.h>
#include <string.h>

#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/credit.h"
#include "daemon/engine/conn/notice.h"
#include "daemon/engine/conn/request.h"
#include "daemon/engine/conn/teardown.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/value/acks.h"
#include "daemon/engine/work/state.h"
#include "proto/msg_encode.h"

/* What one SETTLED may hold, so that the frame stays within CONN_OUT_FRAMES. */
enum { FAILURES_PER_FRAME = 2 };

/* No frame except SETTLED, REPLY, ERROR and NOTICE is longer than FRAME_SMALL_ROOM. */
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
        .connection = c->writer.serial,
        .max_frame = FRAME_WRITE_MAX,
        .max_record = FRAME_WRITE_MAX - MSG_WRITE_HEAD + MSG_COST_OVERHEAD,
        .credit = c->writer.window.limit,
        .server = span_of(e->params.server, strlen(e->params.server)),
    };
    msg_encode_welcome(w, &m);
}

/* True once everything sent up to `upto` is settled and acknowledged. */
static bool writer_acked(const struct conn *c, uint64_t upto)
{
    return acks_reached(&c->writer.acks, upto, c->session->last_seq);
}

static bool settled_due(const struct conn *c)
{
    return acks_due(&c->writer.acks, session_upto(c->session));
}

/* ABORT is answered once nothing up to it is open, and that is acknowledged. */
static bool abort_answer_due(const struct conn *c)
{
    if (!c->abort_open || c->session == NULL)
        return false;
    return session_upto(c->session) >= (c->abort_upto < c->session->last_seq ? c->abort_upto : c->session->last_seq) &&
           writer_acked(c, c->abort_upto);
}

static bool token_due(const struct conn *c)
{
    for (uint32_t i = 0; i < c->writer.token_count; i++)
        if (writer_acked(c, c->tokens[i].upto))
            return true;
    return false;
}

static void encode_tokens(struct conn *c, struct mp_writer *w)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->writer.token_count; i++) {
        if (room_left(w) && writer_acked(c, c->tokens[i].upto))
            msg_encode_flushed(w, c->tokens[i].token);
        else
            c->tokens[kept++] = c->tokens[i];
    }
    c->writer.token_count = kept;
}

static void encode_credit(struct engine *e, struct conn *c, struct mp_writer *w)
{
    uint64_t limit;
    if (!credit_due(e, c, &limit))
        return;
    window_raise(&c->writer.window, limit);
    msg_encode_credit(w, limit);
}

/* The gaps between the open records from resync_from on. */
static uint32_t take_complement(struct conn *c, struct msg_range out[ACKS_RANGES_MAX])
{
    struct acks *a = &c->writer.acks;
    const struct session *s = c->session;
    assert(a->resync && a->range_count == 0);
    uint32_t n = 0;
    for (struct list_node *node = s->open.first; node != NULL; node = node->next) {
        const struct record *r = CONTAINER_OF(node, struct record, in_session);
        uint64_t next = node->next != NULL ? CONTAINER_OF(node->next, struct record, in_session)->seq : s->last_seq + 1;
        if (next <= r->seq + 1 || r->seq + 1 < a->resync_from)
            continue;
        if (n == ACKS_RANGES_MAX) {
            a->resync_from = r->seq + 1;
            return n;
        }
        out[n++] = (struct msg_range){.first = r->seq + 1, .last = next - 1};
    }
    a->resync = false;
    a->resync_from = 0;
    return n;
}

static void encode_settled(struct engine *e, struct conn *c, struct mp_writer *w)
{
    struct acks *a = &c->writer.acks;
    struct msg_failure failures[FAILURES_PER_FRAME];
    struct msg_range ranges[ACKS_RANGES_MAX];
    uint32_t failure_count = acks_take_failures(a, failures, FAILURES_PER_FRAME);
    uint32_t range_count = 0;
    if (a->failure.at == NULL) {
        a->acked_upto = session_upto(c->session);
        range_count = a->resync ? take_complement(c, ranges) : acks_take_ranges(a, a->acked_upto, ranges);
        a->failure_since_ms = 0;
    } else {
        a->failure_since_ms = e->now.mono_ms; /* progress: the peer reads */
    }
    if (failure_count > 0)
        conn_arm_timer(e, c);
    msg_encode_settled(w, &(struct msg_outcomes){.upto = a->acked_upto,
                                                 .ranges = ranges,
                                                 .range_count = range_count,
                                                 .failures = failures,
                                                 .failure_count = failure_count});
}

static void encode_writer(struct engine *e, struct conn *c, struct mp_writer *w)
{
    if (settled_due(c))
        encode_settled(e, c, w);
    if (room_left(w) && abort_answer_due(c)) {
        msg_encode_aborted(w, c->abort_upto);
        c->abort_open = false;
    }
    encode_tokens(c, w);
    if (room_left(w))
        encode_credit(e, c, w);
}

static void output_encode(struct engine *e, struct conn *c)
{
    if (c->out_pos < c->out_len || c->hung_up || c->writer.broken != 0 || c->state == CONN_CLOSING ||
        c->state == CONN_LEAVING || c->state == CONN_HELLO)
        return;
    struct mp_writer w = mp_write_open(c->out, CONN_OUT_FRAMES);
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
    assert(mp_write_fits(&w));
    c->out_len = (uint32_t)w.need;
}

bool output_due(const struct engine *e, const struct conn *c)
{
    if (c->hung_up || c->ended)
        return false;
    if (c->out_pos < c->out_len)
        return true;
    if (c->writer.broken != 0 || c->state == CONN_CLOSING || c->state == CONN_LEAVING || c->state == CONN_HELLO)
        return false;
    if (c->welcome_due || c->goaway_due || c->notice_due || request_has_output(c))
        return true;
    uint64_t limit;
    return c->session != NULL && (settled_due(c) || abort_answer_due(c) || token_due(c) || credit_due(e, c, &limit));
}

struct span output_next(struct engine *e, struct conn *c)
{
    output_encode(e, c);
    if (c->out_pos < c->out_len)
        return span_of(c->out + c->out_pos, c->out_len - c->out_pos);
    c->waits_write = false;
    if (c->state == CONN_CLOSING || c->state == CONN_LEAVING) {
        conn_end(e, c);
        teardown_conn(e, c); /* at once: the shell asked, and nobody is in the middle of anything */
    }
    return (struct span){0};
}

void output_sent(struct conn *c, size_t n)
{
    assert(n <= c->out_len - c->out_pos);
    c->out_pos += (uint32_t)n;
}
