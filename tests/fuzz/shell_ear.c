/* shell_ear: the client's ear of the shell: what the daemon says, decoded strictly. See shell.h. */
#include <string.h>

#include "proto/err.h"
#include "proto/msg_decode.h"
#include "proto/reason.h"
#include "proto/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/honest.h"
#include "tests/fuzz/shell.h"

static void check_text(struct span text)
{
    FUZZ_CHECK(text.n <= MSG_TEXT_MAX && utf8_valid(text.p, text.n));
}

static void hear_welcome(struct shell_conn *c, struct span body, char *errmsg)
{
    struct msg_welcome m;
    FUZZ_CHECK(msg_decode_welcome(body, &m, errmsg) == DDBS_OK);
    FUZZ_CHECK(m.version == MSG_VERSION && m.epoch >= SHELL_EPOCH && m.max_frame == FRAME_WRITE_MAX);
    FUZZ_CHECK(!c->welcomed);
    c->welcomed = true;
    c->limit = m.credit;
}

static void hear_settled(struct shell_conn *c, struct span body, char *errmsg)
{
    struct msg_settled m;
    FUZZ_CHECK(msg_decode_settled(body, &m, errmsg) == DDBS_OK);
    FUZZ_CHECK(m.superseded == 0);
    for (uint32_t i = 0; i < m.failure_count; i++) {
        struct msg_failure f;
        FUZZ_CHECK(msg_decode_settled_failure(&m.failures, &f) == DDBS_OK);
        FUZZ_CHECK(f.code != DDBS_E_INTERNAL);
        check_text(f.message);
        honest_hear_failure(c, f.seq);
    }
    honest_hear_settled(c, 1, m.upto);
    for (uint32_t i = 0; i < m.range_count; i++) {
        struct msg_range r;
        FUZZ_CHECK(msg_decode_settled_range(&m.ranges, &r) == DDBS_OK);
        honest_hear_settled(c, r.first, r.last);
    }
}

static void hear_flushed(struct shell_conn *c, struct span body, char *errmsg)
{
    uint64_t token;
    uint32_t i = 0;
    FUZZ_CHECK(msg_decode_flushed(body, &token, errmsg) == DDBS_OK);
    if (c->session == NULL)
        return;
    while (i < c->token_count && c->tokens[i] != token)
        i++;
    FUZZ_CHECK(i < c->token_count);
    honest_hear_all(c, c->token_upto[i]);
    c->tokens[i] = c->tokens[--c->token_count];
    c->token_upto[i] = c->token_upto[c->token_count];
}

static void hear_error(struct shell_conn *c, struct span body, char *errmsg)
{
    struct msg_error m;
    FUZZ_CHECK(msg_decode_error(body, &m, errmsg) == DDBS_OK);
    FUZZ_CHECK(m.code != DDBS_E_INTERNAL && m.message.n > 0);
    FUZZ_CHECK(m.retryable == err_retryable(m.code));
    check_text(m.message);
    c->ended = true;
    c->error = m.code;
}

static void hear_other(struct shell_conn *c, uint8_t type, struct span body, char *errmsg)
{
    struct msg_reply reply;
    struct msg_notice notice;
    struct span reason;
    uint64_t v;
    switch (type) {
    case MSG_CREDIT:
        FUZZ_CHECK(msg_decode_credit(body, &v, errmsg) == DDBS_OK);
        FUZZ_CHECK(v > c->limit);
        c->limit = v;
        c->blocked = false;
        break;
    case MSG_ABORTED:
        FUZZ_CHECK(msg_decode_aborted(body, &v, errmsg) == DDBS_OK);
        honest_hear_all(c, v);
        break;
    case MSG_GOAWAY:
        FUZZ_CHECK(msg_decode_goaway(body, &reason, errmsg) == DDBS_OK);
        c->goaway = true;
        break;
    case MSG_REPLY:
        FUZZ_CHECK(msg_decode_reply(body, &reply, errmsg) == DDBS_OK);
        break;
    case MSG_NOTICE:
        FUZZ_CHECK(msg_decode_notice(body, &notice, errmsg) == DDBS_OK);
        check_text(notice.message);
        break;
    default:
        fprintf(stderr, "the daemon sent a frame of type %u\n", type);
        abort();
    }
}

static void hear_frame(struct shell_conn *c, uint8_t type, struct span body)
{
    char errmsg[MSG_ERRMSG] = "";
    FUZZ_CHECK(!c->ended);
    if (type == MSG_ERROR) {
        hear_error(c, body, errmsg);
        return;
    }
    if (type == MSG_WELCOME) {
        hear_welcome(c, body, errmsg);
        return;
    }
    FUZZ_CHECK(c->welcomed);
    if (type == MSG_SETTLED)
        hear_settled(c, body, errmsg);
    else if (type == MSG_FLUSHED)
        hear_flushed(c, body, errmsg);
    else
        hear_other(c, type, body, errmsg);
}

void shell_hear(struct shell_conn *c, struct span bytes)
{
    struct frame_head head;
    while (bytes.n > 0) {
        size_t n = sizeof c->from - c->from_len;
        n = n < bytes.n ? n : bytes.n;
        memcpy(c->from + c->from_len, bytes.p, n);
        c->from_len += n;
        bytes = span_from(bytes, n);
        size_t at = 0;
        for (;;) {
            int rc = frame_peek(span_of(c->from + at, c->from_len - at), &head);
            FUZZ_CHECK(rc >= 0);
            if (rc != DDBS_OK)
                break;
            FUZZ_CHECK(head.body <= FRAME_DAEMON_MAX);
            if (c->from_len - at - FRAME_HEADER < head.body)
                break;
            hear_frame(c, head.type, span_of(c->from + at + FRAME_HEADER, head.body));
            at += FRAME_HEADER + head.body;
        }
        memmove(c->from, c->from + at, c->from_len - at);
        c->from_len -= at;
    }
}
