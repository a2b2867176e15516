#include "tests/unit/core/rig_hear.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "proto/utf8.h"

void rig_say(struct rig_conn *c, const char *format, ...)
{
    va_list args;
    if (c->heard_len > 0)
        c->heard_len += (size_t)snprintf(c->heard + c->heard_len, RIG_HEARD - c->heard_len, "; ");
    va_start(args, format);
    c->heard_len += (size_t)vsnprintf(c->heard + c->heard_len, RIG_HEARD - c->heard_len, format, args);
    va_end(args);
    assert_true(c->heard_len < RIG_HEARD - 64);
}

const char *rig_heard(struct rig_conn *c)
{
    c->heard[c->heard_len] = '\0';
    c->heard_len = 0;
    return c->heard;
}

/* A text of the daemon must be UTF-8 (F4). */
static void keep_text(char out[600], struct span text)
{
    if (!utf8_valid(text.p, text.n))
        fail_msg("a text is not UTF-8: %.*s", (int)text.n, (const char *)text.p);
    assert_true(text.n <= MSG_TEXT_MAX);
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
}

static void note_outcome(struct rig_conn *c, uint64_t seq, uint8_t outcome)
{
    if (seq >= RIG_SEQS || c->outcome[seq] != 0)
        return;
    c->outcome[seq] = outcome;
    c->settled += outcome == 1;
    c->failed += outcome == 2;
}

static void note_range(struct rig_conn *c, uint64_t first, uint64_t last)
{
    for (uint64_t seq = first; seq <= last && seq < RIG_SEQS; seq++)
        note_outcome(c, seq, 1);
}

static void hear_settled(struct rig_conn *c, struct span body, char errmsg[MSG_ERRMSG])
{
    struct msg_settled m;
    char text[4096];
    assert_int_equal(msg_decode_settled(body, &m, errmsg), DDBS_OK);
    assert_true(m.upto >= c->upto);
    c->upto = m.upto;
    size_t n = (size_t)snprintf(text, sizeof text, "settled %llu", (unsigned long long)m.upto);
    for (uint32_t i = 0; i < m.failure_count; i++) {
        struct msg_failure f;
        assert_int_equal(msg_decode_settled_failure(&m.failures, &f), DDBS_OK);
        keep_text(c->last_failure, f.message);
        note_outcome(c, f.seq, 2);
        n += (size_t)snprintf(text + n, sizeof text - n, " !%llu:%s%s", (unsigned long long)f.seq, err_name(f.code),
                              f.maybe_written ? ":maybe" : "");
    }
    note_range(c, 1, m.upto);
    for (uint32_t i = 0; i < m.range_count; i++) {
        struct msg_range g;
        assert_int_equal(msg_decode_settled_range(&m.ranges, &g), DDBS_OK);
        note_range(c, g.first, g.last);
        n += (size_t)snprintf(text + n, sizeof text - n, " [%llu-%llu]", (unsigned long long)g.first,
                              (unsigned long long)g.last);
    }
    assert_true(n < sizeof text);
    rig_say(c, "%s", text);
}

static void hear_reply(struct rig_conn *c, struct span body, char errmsg[MSG_ERRMSG])
{
    struct msg_reply m;
    assert_int_equal(msg_decode_reply(body, &m, errmsg), DDBS_OK);
    if (!c->payload_more)
        c->payload_len = 0;
    if (c->payload_len + m.payload.n + 1 > c->payload_cap) {
        c->payload_cap = (c->payload_len + m.payload.n + 1) * 2;
        c->payload = realloc(c->payload, c->payload_cap);
        assert_non_null(c->payload);
    }
    if (m.payload.n > 0)
        memcpy(c->payload + c->payload_len, m.payload.p, m.payload.n);
    c->payload_len += m.payload.n;
    c->payload[c->payload_len] = '\0';
    c->payload_more = m.more;
    if (!m.more)
        rig_say(c, "reply %llu %.*s", (unsigned long long)m.id, (int)m.status.n, (const char *)m.status.p);
}

static void hear_words(struct rig_conn *c, uint8_t type, struct span body, char errmsg[MSG_ERRMSG])
{
    struct msg_error e;
    struct msg_notice notice;
    struct span reason;
    switch (type) {
    case MSG_GOAWAY:
        assert_int_equal(msg_decode_goaway(body, &reason, errmsg), DDBS_OK);
        rig_say(c, "goaway %.*s", (int)reason.n, (const char *)reason.p);
        break;
    case MSG_ERROR:
        assert_int_equal(msg_decode_error(body, &e, errmsg), DDBS_OK);
        keep_text(c->last_error, e.message);
        assert_true(e.message.n > 0);
        assert_int_equal(e.retryable, err_retryable(e.code));
        rig_say(c, "error %s", err_name(e.code));
        break;
    case MSG_NOTICE:
        assert_int_equal(msg_decode_notice(body, &notice, errmsg), DDBS_OK);
        keep_text(c->last_notice, notice.message);
        rig_say(c, "notice %.*s", (int)notice.reason.n, (const char *)notice.reason.p);
        break;
    default:
        fail_msg("the daemon sent a frame of type %u", type);
    }
}

static void hear_welcome(struct rig_conn *c, struct span body, char errmsg[MSG_ERRMSG])
{
    struct msg_welcome m;
    assert_int_equal(msg_decode_welcome(body, &m, errmsg), DDBS_OK);
    assert_int_equal(m.version, MSG_VERSION);
    assert_true(m.epoch >= RIG_EPOCH);
    c->epoch = m.epoch;
    assert_int_equal(m.max_frame, FRAME_WRITE_MAX);
    c->limit = m.credit;
    rig_say(c, "welcome %llu", (unsigned long long)m.credit);
}

static void hear_frame(struct rig_conn *c, uint8_t type, struct span body)
{
    char errmsg[MSG_ERRMSG] = "";
    uint64_t v = 0;
    switch (type) {
    case MSG_WELCOME:
        hear_welcome(c, body, errmsg);
        break;
    case MSG_CREDIT:
        assert_int_equal(msg_decode_credit(body, &v, errmsg), DDBS_OK);
        assert_true(v > c->limit);
        c->limit = v;
        rig_say(c, "credit %llu", (unsigned long long)v);
        break;
    case MSG_SETTLED:
        hear_settled(c, body, errmsg);
        break;
    case MSG_FLUSHED:
        assert_int_equal(msg_decode_flushed(body, &v, errmsg), DDBS_OK);
        rig_say(c, "flushed %llu", (unsigned long long)v);
        break;
    case MSG_ABORTED:
        assert_int_equal(msg_decode_aborted(body, &v, errmsg), DDBS_OK);
        rig_say(c, "aborted %llu", (unsigned long long)v);
        break;
    case MSG_REPLY:
        hear_reply(c, body, errmsg);
        break;
    default:
        hear_words(c, type, body, errmsg);
    }
}

void rig_hear(struct rig_conn *c, struct span bytes)
{
    if (c->from_len + bytes.n > c->from_cap) {
        c->from_cap = (c->from_len + bytes.n) * 2;
        c->from = realloc(c->from, c->from_cap);
        assert_non_null(c->from);
    }
    memcpy(c->from + c->from_len, bytes.p, bytes.n);
    c->from_len += bytes.n;
    c->from_total += bytes.n;
    size_t at = 0;
    struct frame_head head;
    while (frame_peek(span_of(c->from + at, c->from_len - at), &head) == DDBS_OK &&
           c->from_len - at >= FRAME_HEADER + head.body) {
        assert_true(head.body <= FRAME_DAEMON_MAX);
        hear_frame(c, head.type, span_of(c->from + at + FRAME_HEADER, head.body));
        at += FRAME_HEADER + head.body;
    }
    memmove(c->from, c->from + at, c->from_len - at);
    c->from_len -= at;
}
