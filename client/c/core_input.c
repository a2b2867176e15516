/* core_input: see core_input.h. */
#include "client/c/core_input.h"

#include <stdio.h>

#include "proto/err.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"

enum { CORE_LIMIT_MIN = 4096 /* a valid WELCOME has no smaller limits */, CORE_TYPE_IGNORED = 64 };

static void text_copy(char *out, size_t size, struct span s)
{
    size_t n = s.n < size ? s.n : size - 1;
    if (n > 0)
        memcpy(out, s.p, n);
    out[n] = '\0';
}

static void input_broke(struct client_core *c, const char *what)
{
    core_fail(c, DDBS_E_PROTOCOL_ERROR, "the daemon broke the protocol: %s", what);
}

static int input_welcome(struct client_core *c, uint64_t now_ms, struct span body, char *errmsg)
{
    struct msg_welcome m;
    int rc = msg_decode_welcome(body, &m, errmsg);
    if (rc != DDBS_OK)
        return rc;
    if (!c->hello_sent) {
        snprintf(errmsg, MSG_ERRMSG, "WELCOME came before HELLO was sent");
        return DDBS_E_PROTOCOL_ERROR;
    }
    if (m.version != MSG_VERSION) {
        core_fail(c, DDBS_E_UNSUPPORTED_VERSION, "the daemon speaks version %llu of the protocol, this client %d",
                  (unsigned long long)m.version, (int)MSG_VERSION);
        return DDBS_OK;
    }
    if (m.max_frame < CORE_LIMIT_MIN || m.max_record < CORE_LIMIT_MIN) {
        snprintf(errmsg, MSG_ERRMSG, "WELCOME: max_frame and max_record must be at least %d", (int)CORE_LIMIT_MIN);
        return DDBS_E_PROTOCOL_ERROR;
    }
    c->state = CORE_OPEN;
    c->opened_ms = now_ms;
    if (c->welcomed && c->epoch != m.epoch)
        c->lost_upto = c->store.sent_max;
    c->welcomed = true;
    c->epoch = m.epoch;
    c->connection = m.connection;
    c->frame_max = m.max_frame < FRAME_BUFFERED_MAX ? m.max_frame : FRAME_BUFFERED_MAX;
    c->record_max = m.max_frame - MSG_WRITE_HEAD + MSG_COST_OVERHEAD;
    if (c->record_max > m.max_record)
        c->record_max = m.max_record;
    c->window = (struct window){.limit = m.credit};
    c->reason[0] = '\0';
    c->notice[0] = '\0';
    c->abort_ms = now_ms;
    core_push(c);
    return DDBS_OK;
}

static int input_credit(struct client_core *c, struct span body, char *errmsg)
{
    uint64_t limit;
    int rc = msg_decode_credit(body, &limit, errmsg);
    if (rc == DDBS_OK)
        window_raise(&c->window, limit);
    return rc;
}

/* Refuse to settle a record that was never sent. */
static int input_known(const struct client_core *c, uint64_t seq, char *errmsg)
{
    if (seq <= c->store.sent_max)
        return DDBS_OK;
    snprintf(errmsg, MSG_ERRMSG, "SETTLED: record %llu was never sent", (unsigned long long)seq);
    return DDBS_E_PROTOCOL_ERROR;
}

/* This daemon reports only on its own attempts. An earlier one, of another epoch, may have written the record, unless
 * the item itself is invalid. */
static bool input_maybe_written(const struct client_core *c, const struct msg_failure *f)
{
    if (f->code == DDBS_E_INVALID_ITEM || f->code == DDBS_E_ITEM_TOO_LARGE || f->code == DDBS_E_UNSUPPORTED_OP)
        return f->maybe_written;
    return f->maybe_written || f->seq <= c->lost_upto;
}

/* Settle failures first, because upto and the ranges may cover them. */
static int input_settled(struct client_core *c, struct span body, char *errmsg)
{
    struct msg_settled m;
    struct msg_failure f;
    struct msg_range r;
    uint64_t written = 0, superseded, unsettled = c->store.unsettled;
    int rc = msg_decode_settled(body, &m, errmsg);
    if (rc == DDBS_OK)
        rc = input_known(c, m.upto, errmsg);
    for (uint32_t i = 0; rc == DDBS_OK && i < m.failure_count; i++) {
        rc = msg_decode_settled_failure(&m.failures, &f);
        if (rc == DDBS_OK)
            rc = input_known(c, f.seq, errmsg);
        if (rc == DDBS_OK) {
            f.maybe_written = input_maybe_written(c, &f);
            core_settle_failed(c, &f);
        }
    }
    for (uint32_t i = 0; rc == DDBS_OK && i < m.range_count; i++) {
        rc = msg_decode_settled_range(&m.ranges, &r);
        if (rc == DDBS_OK)
            rc = input_known(c, r.last, errmsg);
        if (rc == DDBS_OK)
            written += core_settle_written(c, r.first, r.last);
    }
    if (rc != DDBS_OK)
        return rc;
    written += core_settle_written(c, 1, m.upto);
    superseded = m.superseded < written ? m.superseded : written;
    c->counts.written -= superseded;
    c->counts.superseded += superseded;
    if (c->store.unsettled < unsettled) {
        c->progress = true;
        c->losses = 0;
        c->attempts = 0;
    }
    return DDBS_OK;
}

static int input_flushed(struct client_core *c, struct span body, char *errmsg)
{
    uint64_t token;
    int rc = msg_decode_flushed(body, &token, errmsg);
    if (rc != DDBS_OK)
        return rc;
    for (uint32_t i = 0; i < c->token_count; i++) {
        if (c->tokens[i].upto != token || !c->tokens[i].sent)
            continue;
        if (store_first(&c->store) <= token) {
            snprintf(errmsg, MSG_ERRMSG, "FLUSHED came before record %llu was settled",
                     (unsigned long long)store_first(&c->store));
            return DDBS_E_PROTOCOL_ERROR;
        }
        memmove(&c->tokens[i], &c->tokens[i + 1], (c->token_count - i - 1) * sizeof c->tokens[0]);
        c->token_count--;
        return DDBS_OK;
    }
    snprintf(errmsg, MSG_ERRMSG, "FLUSHED: token %llu is not open", (unsigned long long)token);
    return DDBS_E_PROTOCOL_ERROR;
}

static int input_aborted(struct client_core *c, struct span body, char *errmsg)
{
    uint64_t upto;
    int rc = msg_decode_aborted(body, &upto, errmsg);
    if (rc != DDBS_OK)
        return rc;
    if (!c->abort_sent || upto != c->abort_upto) {
        snprintf(errmsg, MSG_ERRMSG, "ABORTED: no ABORT up to %llu is open", (unsigned long long)upto);
        return DDBS_E_PROTOCOL_ERROR;
    }
    core_settle_aborted(c, 1, upto, true);
    c->abort_upto = 0;
    c->abort_sent = false;
    return DDBS_OK;
}

static int input_error(struct client_core *c, struct span body, char *errmsg)
{
    struct msg_error m;
    char name[MSG_NAME_MAX + 1], text[MSG_TEXT_MAX + 1];
    int rc = msg_decode_error(body, &m, errmsg);
    if (rc != DDBS_OK)
        return rc;
    text_copy(name, sizeof name, m.code_name);
    text_copy(text, sizeof text, m.message);
    if (m.retryable) {
        snprintf(c->connect_error, sizeof c->connect_error, "the daemon says %s: %.255s", name, text);
        c->connect_code = m.code;
        c->broken = true;
    } else {
        core_fail(c, m.code, "the daemon ended the connection: %s: %.255s", name, text);
    }
    return DDBS_OK;
}

static int input_notice(struct client_core *c, struct span body, char *errmsg)
{
    struct msg_notice m;
    int rc = msg_decode_notice(body, &m, errmsg);
    if (rc != DDBS_OK)
        return rc;
    if (span_equal(m.reason, span_of("none", 4)))
        m = (struct msg_notice){0};
    text_copy(c->reason, sizeof c->reason, m.reason);
    text_copy(c->notice, sizeof c->notice, m.message);
    return DDBS_OK;
}

static int input_goaway(struct client_core *c, struct span body, char *errmsg)
{
    struct span reason;
    int rc = msg_decode_goaway(body, &reason, errmsg);
    if (rc == DDBS_OK)
        c->goaway = true;
    return rc;
}

/* Handle messages that are only allowed after WELCOME. */
static int input_open(struct client_core *c, uint8_t type, struct span body, char *errmsg)
{
    switch (type) {
    case MSG_CREDIT:
        return input_credit(c, body, errmsg);
    case MSG_SETTLED:
        return input_settled(c, body, errmsg);
    case MSG_FLUSHED:
        return input_flushed(c, body, errmsg);
    case MSG_ABORTED:
        return input_aborted(c, body, errmsg);
    default:
        snprintf(errmsg, MSG_ERRMSG, "a message of type %d is out of place here", type);
        return DDBS_E_PROTOCOL_ERROR;
    }
}

static void input_frame(struct client_core *c, uint64_t now_ms, uint8_t type, struct span body)
{
    char errmsg[MSG_ERRMSG] = "a list in SETTLED is malformed";
    int rc = DDBS_E_PROTOCOL_ERROR;
    if (type >= CORE_TYPE_IGNORED)
        return;
    if (type == MSG_ERROR)
        rc = input_error(c, body, errmsg);
    else if (type == MSG_NOTICE)
        rc = input_notice(c, body, errmsg);
    else if (type == MSG_GOAWAY)
        rc = input_goaway(c, body, errmsg);
    else if (type == MSG_WELCOME && c->state == CORE_GREETING)
        rc = input_welcome(c, now_ms, body, errmsg);
    else if (c->state == CORE_OPEN)
        rc = input_open(c, type, body, errmsg);
    else
        snprintf(errmsg, sizeof errmsg, "a message of type %d came before WELCOME", type);
    if (rc != DDBS_OK)
        input_broke(c, errmsg);
}

/* Read the head of the frame at the front of `s` and check its length. Returns as frame_peek. */
static int input_head(struct client_core *c, struct span s, struct frame_head *ret)
{
    int rc = frame_peek(s, ret);
    if (rc < 0)
        input_broke(c, "its bytes are no frame");
    if (rc == DDBS_OK && ret->body > FRAME_DAEMON_MAX) {
        input_broke(c, "a frame is longer than 64 KiB");
        return DDBS_E_PROTOCOL_ERROR;
    }
    return rc;
}

/* Append input to the incomplete frame until it has `want` bytes. True: it has them. */
static bool input_top_up(struct client_core *c, struct span *bytes, size_t want)
{
    size_t n = want - c->input_bytes;
    if (n > bytes->n)
        n = bytes->n;
    memcpy(c->input + c->input_bytes, bytes->p, n);
    c->input_bytes += n;
    *bytes = span_from(*bytes, n);
    return c->input_bytes == want;
}

/* Complete the frame that an earlier call began. True: it was complete and is handled. */
static bool input_continue(struct client_core *c, uint64_t now_ms, struct span *bytes)
{
    struct frame_head head;
    if (c->input_bytes < FRAME_PEEK && !input_top_up(c, bytes, FRAME_PEEK))
        return false;
    if (input_head(c, span_of(c->input, c->input_bytes), &head) != DDBS_OK ||
        !input_top_up(c, bytes, FRAME_HEADER + (size_t)head.body))
        return false;
    c->input_bytes = 0;
    input_frame(c, now_ms, head.type, span_of(c->input + FRAME_HEADER, head.body));
    return true;
}

static bool input_stopped(const struct client_core *c)
{
    return c->state != CORE_GREETING && c->state != CORE_OPEN;
}

void core_input_bytes(struct client_core *c, uint64_t now_ms, struct span bytes)
{
    struct frame_head head;
    if (input_stopped(c) || bytes.n == 0 || (c->input_bytes > 0 && !input_continue(c, now_ms, &bytes)))
        return;
    while (!input_stopped(c) && bytes.n > 0) {
        int rc = input_head(c, bytes, &head);
        if (rc < 0)
            return;
        if (rc > 0 || bytes.n - FRAME_HEADER < head.body) {
            input_top_up(c, &bytes, bytes.n);
            return;
        }
        input_frame(c, now_ms, head.type, span_of(bytes.p + FRAME_HEADER, head.body));
        bytes = span_from(bytes, FRAME_HEADER + (size_t)head.body);
    }
}
