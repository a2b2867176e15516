#include "tests/lib/model_client.h"

#include <string.h>

#include "proto/err.h"
#include "proto/frame.h"
#include "proto/mp_write.h"
#include "proto/msg_encode.h"
#include "tests/lib/check.h"
#include "tests/lib/rig.h"

enum {
    SESSIONS_OF_UID = MODEL_SESSIONS / MODEL_UIDS,
    RECORD_MAX = 600 * 1024,
    STYLE_KEY = 7,     /* one of eight keys shared by all sessions */
    STYLE_OWN_KEY = 8, /* a key of its own for each record */
    STYLE_DELETE = 16,
    STYLE_WRONG = 32,   /* the key is missing */
    STYLE_SPELLED = 64, /* a number key in another spelling; a second attribute with the sort key's name */
    STYLE_BAD = 128,    /* an item that DynamoDB refuses; an unknown op */
};

static uint8_t written_out[FRAME_BUFFERED_MAX + RECORD_MAX];
static uint8_t filler[RECORD_MAX];

const char *model_table(unsigned table)
{
    static const char *const names[MODEL_TABLES] = {"known", "orders", "arn:aws:dynamodb:eu-1:1:table/t", "numbers"};
    return names[table % MODEL_TABLES];
}

void model_schema(const char *table, struct key_schema *ret)
{
    *ret = (struct key_schema){.count = 1};
    ret->attr[0] = (struct key_attr){
        .type = strcmp(table, model_table(MODEL_TABLES - 1)) == 0 ? 'N' : 'S', .name_len = 2, .name = "id"};
}

/* Stop checking this session. */
static void stop_checking(struct rig_conn *c)
{
    if (c->model.session != NULL)
        c->model.session->distrusted = true;
    c->model.session = NULL;
}

/* ---- records ---- */

static void put_key(struct mp_writer *w, unsigned table, uint8_t style, uint32_t seq)
{
    uint32_t number = (style & STYLE_OWN_KEY) != 0 ? 100 + seq : style & STYLE_KEY;
    char text[16];
    int n = snprintf(text, sizeof text, "%u.0", number);
    if (table != MODEL_TABLES - 1)
        mp_write_str(w, text, (size_t)n);
    else if ((style & STYLE_SPELLED) != 0)
        mp_write_ext(w, EXT_NUMBER, text, (size_t)n);
    else
        mp_write_uint(w, number);
}

static size_t pad_bytes(uint8_t pad)
{
    return pad < 128 ? pad : (size_t)(pad - 127) * 4096;
}

/* [op, item] of a record. Its trace is its session's number and its seq. */
static void put_record(struct mp_writer *w, const struct model_session *k, uint32_t trace, uint32_t seq)
{
    uint8_t style = k->style[seq];
    bool deletes = (style & STYLE_DELETE) != 0;
    mp_write_array(w, 2);
    mp_write_uint(w, !deletes ? OP_PUT : (style & STYLE_BAD) == 0 ? OP_DELETE : OP_DELETE + 1);
    mp_write_map(w, deletes ? 1 : 4);
    mp_write_cstr(w, (style & STYLE_WRONG) != 0 ? "no" : "id");
    put_key(w, k->table, style, seq);
    if (deletes)
        return;
    mp_write_cstr(w, "trace");
    mp_write_uint(w, trace);
    mp_write_cstr(w, "sort");
    if ((style & STYLE_BAD) != 0)
        mp_write_ext(w, EXT_STRING_SET, "\x92\xa1x\xa1x", 5);
    else
        mp_write_uint(w, style & STYLE_KEY);
    mp_write_cstr(w, "pad");
    mp_write_bin(w, filler, pad_bytes(k->pad[seq]));
}

/* The trace that put_record gave an item; 0: none. */
static uint32_t trace_of(struct span item)
{
    struct mp_cursor c = mp_read_open(item);
    struct mp_token t;
    if (mp_read_next(&c, &t) != DDBS_OK || t.type != MP_MAP || t.count != 4 || mp_read_skip(&c) != DDBS_OK ||
        mp_read_skip(&c) != DDBS_OK || mp_read_next(&c, &t) != DDBS_OK || t.type != MP_STR ||
        !span_equal(span_of(t.bytes, t.count), span_of("trace", 5)) || mp_read_next(&c, &t) != DDBS_OK ||
        t.type != MP_UINT)
        return 0;
    return (uint32_t)t.u64;
}

void model_client_written(struct rig *r, struct span item)
{
    uint32_t trace = trace_of(item), session = trace / MODEL_SEQS - 1;
    if (trace >= MODEL_SEQS && session < MODEL_SESSIONS)
        r->sessions[session].seq[trace % MODEL_SEQS] |= SEQ_WRITTEN;
}

/* ---- client to daemon ---- */

void model_client_hello(struct rig_conn *c, const struct model_hello *h)
{
    struct model_conn *m = &c->model;
    struct model_session *k = &c->rig->sessions[m->uid * SESSIONS_OF_UID + h->session % SESSIONS_OF_UID];
    bool has_table = h->table < MODEL_TABLES;
    if (m->bye_said)
        return;
    rig_hello_with(c, (uint8_t)(h->session % SESSIONS_OF_UID), has_table ? model_table(h->table) : NULL, h->discard,
                   h->max_window);
    if (m->hello_said) {
        stop_checking(c);
        return;
    }
    m->hello_said = true;
    if (!has_table || (k->known && (k->table != h->table || k->discard != h->discard)))
        return; /* an asking connection, or refused */
    for (uint32_t i = 0; i < c->rig->conn_count; i++)
        if (c->rig->conns[i]->model.session == k)
            c->rig->conns[i]->model.session = NULL; /* it is fenced */
    k->known = true;
    k->table = h->table;
    k->discard = h->discard;
    m->session = k->distrusted ? NULL : k;
}

void model_client_write(struct rig_conn *c, uint32_t count, uint32_t gap, uint8_t style, uint8_t pad)
{
    struct model_session *k = c->model.session;
    if (k == NULL)
        return;
    k->last_seq += gap;
    for (uint32_t i = 0; i < count && k->last_seq + 1 < MODEL_SEQS; i++) {
        uint32_t seq = ++k->last_seq;
        k->seq[seq] = SEQ_PUT | ((style & STYLE_DELETE) == 0 ? SEQ_TRACED : 0);
        k->style[seq] = (uint8_t)((style & ~STYLE_KEY) | ((style + i) & STYLE_KEY));
        k->pad[seq] = pad;
    }
    model_client_pump(c);
}

/* The next record to send on this connection; 0: none. */
static uint32_t next_seq(const struct model_conn *m)
{
    const struct model_session *k = m->session;
    for (uint32_t seq = m->sent_upto + 1; seq <= k->last_seq && seq < MODEL_SEQS; seq++)
        if ((k->seq[seq] & (SEQ_PUT | SEQ_SETTLED)) == SEQ_PUT && seq > k->abort_upto)
            return seq;
    return 0;
}

/* Send one WRITE of consecutive records. False if credit or records have run out. */
static bool pump_frame(struct rig_conn *c)
{
    struct model_conn *m = &c->model;
    struct model_session *k = m->session;
    struct mp_writer w = mp_write_open(written_out, sizeof written_out);
    uint32_t first = next_seq(m), count = 0;
    uint32_t trace = (uint32_t)(k - c->rig->sessions + 1) * MODEL_SEQS;
    uint64_t credit = c->limit - c->used;
    size_t bytes = 0;
    for (uint32_t seq = first; seq != 0 && seq == first + count && bytes <= FRAME_BUFFERED_MAX; seq = next_seq(m)) {
        put_record(&w, k, trace + seq, seq);
        CHECK(mp_write_fits(&w));
        uint64_t cost = w.need - bytes + MSG_COST_OVERHEAD;
        if (cost > credit) {
            m->wants = cost;
            break;
        }
        if (count > 0 && w.need > FRAME_BUFFERED_MAX - MSG_WRITE_HEAD)
            break;
        credit -= cost;
        m->sent_upto = seq;
        m->sent[seq] = 1;
        k->seq[seq] |= SEQ_SENT;
        bytes = w.need;
        count++;
    }
    if (count > 0)
        rig_write_raw(c, first, count, written_out, bytes);
    return count > 0;
}

void model_client_pump(struct rig_conn *c)
{
    struct model_conn *m = &c->model;
    if (m->session == NULL || !c->welcomed || m->bye_said || c->goaway)
        return;
    m->wants = 0;
    while (pump_frame(c)) {
    }
    if (m->wants > 0 && !m->blocked)
        rig_blocked(c, m->wants);
    m->blocked = m->wants > 0;
}

static uint64_t behind(const struct rig_conn *c, uint64_t back)
{
    return c->model.sent_upto > back ? c->model.sent_upto - back : 0;
}

void model_client_flush(struct rig_conn *c, uint64_t back)
{
    struct model_conn *m = &c->model;
    uint64_t token = ++m->last_token;
    if (m->bye_said)
        return;
    rig_flush(c, token, behind(c, back));
    if (m->token_count < MODEL_TOKENS) {
        m->tokens[m->token_count] = token;
        m->token_upto[m->token_count++] = behind(c, back);
    }
}

void model_client_abort(struct rig_conn *c, uint64_t back)
{
    struct model_session *k = c->model.session;
    uint64_t upto = behind(c, back);
    if (c->model.bye_said)
        return;
    rig_abort(c, upto);
    if (k != NULL && upto > k->abort_upto)
        k->abort_upto = (uint32_t)upto;
}

void model_client_blocked(struct rig_conn *c, uint64_t cost)
{
    if (!c->model.bye_said)
        rig_blocked(c, cost);
}

void model_client_bye(struct rig_conn *c)
{
    if (c->model.bye_said)
        return;
    rig_bye(c);
    stop_checking(c); /* the daemon forgets it; a later session with these 16 bytes is a new one */
    c->model.bye_said = true;
}

void model_client_request(struct rig_conn *c, unsigned verb, uint8_t value)
{
    static const char *const verbs[] = {"ping", "version", "self", "describe", "status", "flush", "flush", "dance"};
    const char *name = verbs[verb % 8];
    if (c->model.bye_said)
        return;
    if (verb % 8 == 3)
        rig_request_with(c, value, name, "table", 0, model_table(value));
    else if (verb % 8 == 6)
        rig_request_with(c, value, name, "timeout_ms", value * UINT64_C(100), NULL);
    else
        rig_request(c, value, name);
}

void model_client_raw(struct rig_conn *c, struct span bytes)
{
    stop_checking(c);
    rig_send(c, bytes.p, bytes.n);
}

/* ---- daemon to client ---- */

void model_client_failed(struct rig_conn *c, uint64_t seq)
{
    struct model_session *k = c->model.session;
    if (k == NULL)
        return;
    CHECK(seq < MODEL_SEQS && (k->seq[seq] & SEQ_SENT) != 0);
    k->seq[seq] |= SEQ_SETTLED;
}

void model_client_settled(struct rig_conn *c, uint64_t first, uint64_t last)
{
    struct model_session *k = c->model.session;
    if (k == NULL)
        return;
    CHECK(last < MODEL_SEQS && last <= k->last_seq);
    for (uint64_t seq = first; seq <= last; seq++) {
        unsigned known = k->seq[seq];
        if ((known & SEQ_SENT) == 0 || (known & SEQ_SETTLED) != 0)
            continue;
        /* R1: an aborted record lost with its connection is not sent again; the daemon never saw it */
        CHECK((known & SEQ_TRACED) == 0 || (known & SEQ_WRITTEN) != 0 || seq <= k->abort_upto);
        k->seq[seq] |= SEQ_SETTLED;
    }
}

/* Everything sent up to here must have been reported. */
static void check_reported(const struct rig_conn *c, uint64_t upto)
{
    const struct model_conn *m = &c->model;
    for (uint64_t seq = 1; seq <= upto && seq < MODEL_SEQS; seq++)
        CHECK(m->sent[seq] == 0 || (m->session->seq[seq] & SEQ_SETTLED) != 0);
}

void model_client_flushed(struct rig_conn *c, uint64_t token)
{
    struct model_conn *m = &c->model;
    uint32_t i = 0;
    if (m->session == NULL)
        return;
    while (i < m->token_count && m->tokens[i] != token)
        i++;
    CHECK(i < m->token_count);
    check_reported(c, m->token_upto[i]);
    m->tokens[i] = m->tokens[--m->token_count];
    m->token_upto[i] = m->token_upto[m->token_count];
}

void model_client_aborted(struct rig_conn *c, uint64_t upto)
{
    if (c->model.session != NULL)
        check_reported(c, upto);
}
