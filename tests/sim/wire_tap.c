#include "tests/sim/wire_tap.h"

#include <stdio.h>
#include <string.h>

#include "proto/be.h"
#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "tests/sim/link.h"
#include "tests/sim/oracle.h"

static const uint8_t mark[4] = {'o', 'u', 'r', 's'};

void wire_tap_init(struct wire_tap *t)
{
    *t = (struct wire_tap){.writer = WIRE_TAP_FOREIGN};
}

void wire_tap_fini(struct wire_tap *t)
{
    pipe_fini(&t->up);
    pipe_fini(&t->down);
}

void wire_tap_session(uint32_t writer, uint32_t draw, uint8_t out[16])
{
    memset(out, 0x5a, 16);
    memcpy(out, mark, sizeof mark);
    be_store32(out + 4, writer);
    be_store32(out + 8, draw);
}

/* The body of the next whole frame; n == 0: none yet. */
static struct span next_frame(const struct pipe *q)
{
    struct span all = pipe_view(q);
    if (all.n < FRAME_HEADER || all.n - FRAME_HEADER < be_load32(all.p))
        return (struct span){0};
    return span_of(all.p + FRAME_HEADER, be_load32(all.p));
}

static uint8_t frame_type(struct span body)
{
    return body.n >= 2 ? body.p[1] : 0;
}

__attribute__((format(printf, 3, 0))) static void trace(struct world *w, const struct link *l, const char *format,
                                                        unsigned long long a, unsigned long long b)
{
    char line[128];
    snprintf(line, sizeof line, format, a, b);
    world_trace(w, "link %llu: writer %u %s", (unsigned long long)l->id, l->tap.writer, line);
}

/* ---- client to daemon ---- */

static void see_hello(struct world *w, struct link *l, struct span body)
{
    struct msg_hello m;
    char errmsg[MSG_ERRMSG];
    if (l->foreign || msg_decode_hello(body, &m, errmsg) != DDBS_OK || memcmp(m.session, mark, sizeof mark) != 0)
        return;
    l->tap.writer = be_load32(m.session + 4);
    l->tap.discard = m.discard;
    memcpy(l->tap.session, m.session, sizeof l->tap.session);
    oracle_on_hello(w, l);
}

static void see_write(struct world *w, struct link *l, struct span body)
{
    struct msg_write m;
    char errmsg[MSG_ERRMSG];
    if (msg_decode_write(body, &m, errmsg) != DDBS_OK)
        return;
    trace(w, l, "> WRITE %llu..%llu", m.first_seq, m.first_seq + m.count - 1);
    for (uint32_t i = 0; i < m.count; i++) {
        uint8_t op;
        const uint8_t *start;
        if (msg_decode_write_next(&m.records, &op, &start) != DDBS_OK || mp_read_skip(&m.records) != DDBS_OK)
            return;
        uint64_t cost = (uint64_t)(m.records.p - start) + MSG_COST_OVERHEAD;
        l->tap.used += cost;
        oracle_on_write(w, l, m.first_seq + i, cost);
    }
    l->tap.sent_upto = m.first_seq + m.count - 1;
    if (l->tap.waits_ms == 0)
        l->tap.waits_ms = w->now.mono_ms;
}

static void see_flush(struct world *w, struct link *l, struct span body)
{
    struct wire_tap *t = &l->tap;
    struct wire_tap_token token = {0};
    char errmsg[MSG_ERRMSG];
    if (msg_decode_flush(body, &token.token, &token.upto, errmsg) != DDBS_OK)
        return;
    trace(w, l, "> FLUSH %llu upto %llu", token.token, token.upto);
    if (t->token_count == WIRE_TAP_TOKENS_MAX)
        world_violate(w, "wire", "a client has more than %d tokens open", WIRE_TAP_TOKENS_MAX);
    else
        t->tokens[t->token_count++] = token;
    oracle_on_told(w, l);
}

static void see_blocked(struct link *l, struct span body)
{
    uint64_t cost;
    char errmsg[MSG_ERRMSG];
    if (msg_decode_blocked(body, &cost, errmsg) == DDBS_OK && cost > l->tap.wanted)
        l->tap.wanted = cost;
}

static void see_abort(struct world *w, struct link *l, struct span body)
{
    char errmsg[MSG_ERRMSG];
    if (msg_decode_abort(body, &l->tap.abort_upto, errmsg) == DDBS_OK)
        trace(w, l, "> ABORT %llu, SETTLED was %llu", l->tap.abort_upto, l->tap.upto);
}

void wire_tap_up(struct world *w, struct link *l, struct span bytes)
{
    struct wire_tap *t = &l->tap;
    struct span body;
    pipe_push(&t->up, bytes.p, bytes.n);
    while ((body = next_frame(&t->up)).n > 0 && !t->error) {
        uint8_t type = frame_type(body);
        if (type == MSG_HELLO && t->writer == WIRE_TAP_FOREIGN)
            see_hello(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_WRITE)
            see_write(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_FLUSH)
            see_flush(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_BLOCKED)
            see_blocked(l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_ABORT)
            see_abort(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_BYE)
            t->said_bye = true;
        else if (t->writer != WIRE_TAP_FOREIGN)
            trace(w, l, "> type %llu, %llu bytes", type, body.n);
        pipe_pop(&t->up, FRAME_HEADER + body.n);
    }
}

bool wire_tap_holds_write(const struct link *l)
{
    struct pipe rest = {0};
    struct span body;
    bool found = false;
    pipe_push(&rest, pipe_view(&l->tap.up).p, l->tap.up.n);
    pipe_push(&rest, pipe_view(&l->up).p, l->up.n);
    while (!found && (body = next_frame(&rest)).n > 0) {
        found = frame_type(body) == MSG_WRITE;
        pipe_pop(&rest, FRAME_HEADER + body.n);
    }
    pipe_fini(&rest);
    return found;
}

/* ---- daemon to client ---- */

static void see_settled(struct world *w, struct link *l, struct span body)
{
    struct msg_settled m;
    char errmsg[MSG_ERRMSG];
    if (msg_decode_settled(body, &m, errmsg) != DDBS_OK) {
        world_violate(w, "wire", "a broken SETTLED: %s", errmsg);
        return;
    }
    trace(w, l, "< SETTLED %llu, %llu failed", m.upto, m.failure_count);
    for (uint32_t i = 0; i < m.failure_count; i++) {
        struct msg_failure f;
        if (msg_decode_settled_failure(&m.failures, &f) == DDBS_OK)
            oracle_on_failed(w, l, &f);
    }
    for (uint32_t i = 0; i < m.range_count; i++) {
        struct msg_range r;
        if (msg_decode_settled_range(&m.ranges, &r) == DDBS_OK)
            oracle_on_settled(w, l, r.first, r.last);
    }
    if (m.upto > l->tap.upto) {
        oracle_on_settled(w, l, l->tap.upto + 1, m.upto);
        l->tap.upto = m.upto;
        oracle_on_told(w, l);
    } else if (m.upto < l->tap.upto) {
        world_violate(w, "wire", "SETTLED upto fell from %llu to %llu", (unsigned long long)l->tap.upto,
                      (unsigned long long)m.upto);
    }
    l->tap.waits_ms = m.upto >= l->tap.sent_upto ? 0 : w->now.mono_ms;
}

static void see_flushed(struct world *w, struct link *l, struct span body)
{
    struct wire_tap *t = &l->tap;
    char errmsg[MSG_ERRMSG];
    uint64_t token;
    if (msg_decode_flushed(body, &token, errmsg) != DDBS_OK)
        return;
    trace(w, l, "< FLUSHED %llu of %llu", token, t->token_count);
    for (uint32_t i = 0; i < t->token_count; i++) {
        if (t->tokens[i].token != token)
            continue;
        oracle_on_flushed(w, l, t->tokens[i].upto);
        t->tokens[i] = t->tokens[--t->token_count];
        return;
    }
    world_violate(w, "wire", "FLUSHED for token %llu, which is not open", (unsigned long long)token);
}

static void see_welcome(struct world *w, struct link *l, struct span body)
{
    struct msg_welcome m;
    char errmsg[MSG_ERRMSG];
    if (msg_decode_welcome(body, &m, errmsg) != DDBS_OK) {
        world_violate(w, "wire", "a broken WELCOME: %s", errmsg);
        return;
    }
    trace(w, l, "< WELCOME epoch %llu credit %llu", m.epoch, m.credit);
    l->tap.welcomed = true;
    l->tap.limit = m.credit;
    if (m.epoch / HOST_EPOCH_STEP != w->host.epoch)
        world_violate(w, "wire", "WELCOME says epoch %llu", (unsigned long long)m.epoch);
    oracle_on_welcome(w, l, m.epoch);
}

static void see_credit(struct world *w, struct link *l, struct span body)
{
    uint64_t limit;
    char errmsg[MSG_ERRMSG];
    if (msg_decode_credit(body, &limit, errmsg) != DDBS_OK || limit < l->tap.limit)
        world_violate(w, "wire", "a credit limit fell, or a broken CREDIT");
    else
        l->tap.limit = limit;
    oracle_on_credit(w, l);
}

static void see_notice(struct world *w, struct link *l, struct span body)
{
    struct msg_notice m;
    char errmsg[MSG_ERRMSG];
    if (msg_decode_notice(body, &m, errmsg) != DDBS_OK) {
        world_violate(w, "wire", "a broken NOTICE: %s", errmsg);
        return;
    }
    l->tap.reason_told = !span_equal(m.reason, span_of("none", 4));
    if (!l->tap.reason_told && l->tap.waits_ms != 0)
        l->tap.waits_ms = w->now.mono_ms;
}

static void see_error(struct world *w, struct link *l, struct span body)
{
    struct msg_error m;
    char errmsg[MSG_ERRMSG];
    if (msg_decode_error(body, &m, errmsg) != DDBS_OK) {
        world_violate(w, "wire", "a broken ERROR: %s", errmsg);
        return;
    }
    l->tap.error = true;
    l->tap.error_code = m.code;
    if (l->tap.writer != WIRE_TAP_FOREIGN)
        oracle_on_given_up(w, l);
    world_trace(w, "link %llu: ERROR %s: %.*s", (unsigned long long)l->id, err_name(m.code), (int)m.message.n,
                (const char *)m.message.p);
}

static void see_aborted(struct world *w, struct link *l, struct span body)
{
    uint64_t upto;
    char errmsg[MSG_ERRMSG];
    if (msg_decode_aborted(body, &upto, errmsg) != DDBS_OK)
        return;
    trace(w, l, "< ABORTED %llu, SETTLED was %llu", upto, l->tap.upto);
    if (upto != l->tap.abort_upto)
        world_violate(w, "wire", "ABORTED up to %llu, asked for was %llu", (unsigned long long)upto,
                      (unsigned long long)l->tap.abort_upto);
    l->tap.abort_upto = 0;
    oracle_on_aborted(w, l, upto);
}

void wire_tap_down(struct world *w, struct link *l, struct span bytes)
{
    struct wire_tap *t = &l->tap;
    struct span body;
    pipe_push(&t->down, bytes.p, bytes.n);
    while ((body = next_frame(&t->down)).n > 0 && !w->violated) {
        uint8_t type = frame_type(body);
        if (type == MSG_ERROR)
            see_error(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_WELCOME)
            see_welcome(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_CREDIT)
            see_credit(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_SETTLED)
            see_settled(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_FLUSHED)
            see_flushed(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_ABORTED)
            see_aborted(w, l, body);
        else if (t->writer != WIRE_TAP_FOREIGN && type == MSG_NOTICE)
            see_notice(w, l, body);
        pipe_pop(&t->down, FRAME_HEADER + body.n);
    }
}
