/* rig_decode: passes each message to the transcript (rig_note) and to the model client. See rig_decode.h. */
#include "tests/lib/rig_decode.h"

#include <stdarg.h>
#include <string.h>

#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "proto/utf8.h"
#include "tests/lib/check.h"

enum { NOTE_MAX = 4096 };

/* Make room for `more` bytes after the first n. */
static void make_room(void *array, size_t n, size_t more, size_t *cap)
{
    char **bytes = array;
    if (n + more <= *cap)
        return;
    *cap = (n + more) * 2;
    *bytes = realloc(*bytes, *cap);
    CHECK(*bytes != NULL);
}

/* ---- the transcript ---- */

void rig_note(struct rig_conn *c, const char *format, ...)
{
    char text[NOTE_MAX];
    va_list args;
    if (c->rig->mute)
        return;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK(n >= 0 && (size_t)n < sizeof text);
    make_room(&c->heard, c->heard_len, (size_t)n + 3, &c->heard_cap);
    c->heard_len += (size_t)snprintf(c->heard + c->heard_len, c->heard_cap - c->heard_len, "%s%s",
                                     c->heard_len > 0 ? "; " : "", text);
}

const char *rig_heard(struct rig_conn *c)
{
    if (c->heard_len == 0)
        return "";
    c->heard_len = 0;
    return c->heard;
}

/* Keep a message text; it must be UTF-8 (F4). */
static void keep_text(char ret[MSG_TEXT_MAX + 1], struct span text)
{
    if (!utf8_valid(text.p, text.n))
        FAIL("a text is not UTF-8: %.*s", (int)text.n, (const char *)text.p);
    CHECK(text.n <= MSG_TEXT_MAX);
    if (text.n > 0)
        memcpy(ret, text.p, text.n);
    ret[text.n] = '\0';
}

/* ---- outcomes ---- */

static void keep_outcome(struct rig_conn *c, uint64_t seq, uint8_t outcome)
{
    if (seq >= RIG_SEQS || c->outcome[seq] != 0)
        return;
    c->outcome[seq] = outcome;
    c->settled += outcome == 1;
    c->failed += outcome == 2;
}

static void keep_range(struct rig_conn *c, uint64_t first, uint64_t last)
{
    for (uint64_t seq = first; seq <= last && seq < RIG_SEQS; seq++)
        keep_outcome(c, seq, 1);
    model_client_settled(c, first, last);
}

static void decode_settled(struct rig_conn *c, struct span body, char *errmsg)
{
    struct msg_settled m;
    char text[NOTE_MAX];
    CHECK(msg_decode_settled(body, &m, errmsg) == DDBS_OK);
    CHECK(m.superseded == 0 && m.upto >= c->upto);
    size_t n = (size_t)snprintf(text, sizeof text, "settled %llu", (unsigned long long)m.upto);
    for (uint32_t i = 0; i < m.failure_count; i++) {
        struct msg_failure f;
        CHECK(msg_decode_settled_failure(&m.failures, &f) == DDBS_OK);
        CHECK(f.code != DDBS_E_INTERNAL);
        keep_text(c->last_failure, f.message);
        keep_outcome(c, f.seq, 2);
        model_client_failed(c, f.seq);
        if (!c->rig->mute)
            n += (size_t)snprintf(text + n, sizeof text - n, " !%llu:%s%s", (unsigned long long)f.seq, err_name(f.code),
                                  f.maybe_written ? ":maybe" : "");
        CHECK(n < sizeof text);
    }
    keep_range(c, c->upto + 1, m.upto);
    c->upto = m.upto;
    for (uint32_t i = 0; i < m.range_count; i++) {
        struct msg_range g;
        CHECK(msg_decode_settled_range(&m.ranges, &g) == DDBS_OK);
        keep_range(c, g.first, g.last);
        if (!c->rig->mute)
            n += (size_t)snprintf(text + n, sizeof text - n, " [%llu-%llu]", (unsigned long long)g.first,
                                  (unsigned long long)g.last);
        CHECK(n < sizeof text);
    }
    rig_note(c, "%s", text);
}

/* ---- other messages ---- */

static void decode_welcome(struct rig_conn *c, struct span body, char *errmsg)
{
    struct msg_welcome m;
    CHECK(msg_decode_welcome(body, &m, errmsg) == DDBS_OK);
    CHECK(m.version == MSG_VERSION && m.epoch >= RIG_EPOCH && m.max_frame == FRAME_WRITE_MAX);
    CHECK(!c->welcomed);
    c->welcomed = true;
    c->epoch = m.epoch;
    c->limit = m.credit;
    rig_note(c, "welcome %llu", (unsigned long long)m.credit);
}

static void decode_credit(struct rig_conn *c, struct span body, char *errmsg)
{
    uint64_t limit;
    CHECK(msg_decode_credit(body, &limit, errmsg) == DDBS_OK);
    CHECK(limit > c->limit);
    c->limit = limit;
    c->model.blocked = false;
    rig_note(c, "credit %llu", (unsigned long long)limit);
}

static void decode_error(struct rig_conn *c, struct span body, char *errmsg)
{
    struct msg_error m;
    CHECK(msg_decode_error(body, &m, errmsg) == DDBS_OK);
    CHECK(m.code != DDBS_E_INTERNAL && m.message.n > 0);
    CHECK(m.retryable == err_retryable(m.code));
    keep_text(c->last_error, m.message);
    c->ended = true;
    c->error = m.code;
    rig_note(c, "error %s", err_name(m.code));
}

static void decode_reply(struct rig_conn *c, struct span body, char *errmsg)
{
    struct msg_reply m;
    CHECK(msg_decode_reply(body, &m, errmsg) == DDBS_OK);
    if (!c->payload_more)
        c->payload_len = 0;
    make_room(&c->payload, c->payload_len, m.payload.n + 1, &c->payload_cap);
    if (m.payload.n > 0)
        memcpy(c->payload + c->payload_len, m.payload.p, m.payload.n);
    c->payload_len += m.payload.n;
    c->payload[c->payload_len] = '\0';
    c->payload_more = m.more;
    if (!m.more)
        rig_note(c, "reply %llu %.*s", (unsigned long long)m.id, (int)m.status.n, (const char *)m.status.p);
}

static void decode_notice(struct rig_conn *c, struct span body, char *errmsg)
{
    struct msg_notice m;
    CHECK(msg_decode_notice(body, &m, errmsg) == DDBS_OK);
    keep_text(c->last_notice, m.message);
    rig_note(c, "notice %.*s", (int)m.reason.n, (const char *)m.reason.p);
}

static void decode_flushed(struct rig_conn *c, struct span body, char *errmsg)
{
    uint64_t token;
    CHECK(msg_decode_flushed(body, &token, errmsg) == DDBS_OK);
    model_client_flushed(c, token);
    rig_note(c, "flushed %llu", (unsigned long long)token);
}

static void decode_aborted(struct rig_conn *c, struct span body, char *errmsg)
{
    uint64_t upto;
    CHECK(msg_decode_aborted(body, &upto, errmsg) == DDBS_OK);
    model_client_aborted(c, upto);
    rig_note(c, "aborted %llu", (unsigned long long)upto);
}

static void decode_goaway(struct rig_conn *c, struct span body, char *errmsg)
{
    struct span reason;
    CHECK(msg_decode_goaway(body, &reason, errmsg) == DDBS_OK);
    c->goaway = true;
    rig_note(c, "goaway %.*s", (int)reason.n, (const char *)reason.p);
}

/* ---- frames ---- */

static void decode_frame(struct rig_conn *c, uint8_t type, struct span body)
{
    static void (*const decoders[])(struct rig_conn *, struct span, char *) = {
        [MSG_WELCOME] = decode_welcome, [MSG_CREDIT] = decode_credit,   [MSG_SETTLED] = decode_settled,
        [MSG_FLUSHED] = decode_flushed, [MSG_ABORTED] = decode_aborted, [MSG_GOAWAY] = decode_goaway,
        [MSG_ERROR] = decode_error,     [MSG_REPLY] = decode_reply,     [MSG_NOTICE] = decode_notice,
    };
    char errmsg[MSG_ERRMSG] = "";
    CHECK(!c->ended);
    CHECK(c->welcomed || type == MSG_WELCOME || type == MSG_ERROR);
    if (type >= sizeof decoders / sizeof decoders[0] || decoders[type] == NULL)
        FAIL("the daemon sent a frame of type %u", type);
    decoders[type](c, body, errmsg);
}

/* The length of the first frame; 0 if it is incomplete. */
static size_t frame_length(struct span bytes, uint8_t *ret_type)
{
    struct frame_head head;
    int rc = frame_peek(bytes, &head);
    CHECK(rc >= 0);
    if (rc != DDBS_OK)
        return 0;
    CHECK(head.body <= FRAME_DAEMON_MAX);
    *ret_type = head.type;
    return bytes.n - FRAME_HEADER >= head.body ? FRAME_HEADER + head.body : 0;
}

void rig_decode(struct rig_conn *c, struct span bytes)
{
    make_room(&c->from, c->from_len, bytes.n, &c->from_cap);
    memcpy(c->from + c->from_len, bytes.p, bytes.n);
    c->from_len += bytes.n;
    c->from_total += bytes.n;
    struct span left = span_of(c->from, c->from_len);
    uint8_t type = 0;
    for (size_t n; (n = frame_length(left, &type)) > 0; left = span_from(left, n))
        decode_frame(c, type, span_of(left.p + FRAME_HEADER, n - FRAME_HEADER));
    memmove(c->from, left.p, left.n);
    c->from_len = left.n;
}
