/* honest: see honest.h. */
#include "tests/fuzz/honest.h"

#include <string.h>

#include "proto/err.h"
#include "proto/mp_write.h"
#include "proto/msg_encode.h"
#include "tests/fuzz/fuzz.h"

enum {
    SESSIONS_OF_UID = SHELL_SESSIONS / SHELL_UIDS,
    RECORD_MAX = 600 * 1024,
    STYLE_KEY = 7,       /* one of eight keys that all sessions share */
    STYLE_OWN_KEY = 8,   /* one of its own for each record */
    STYLE_DELETE = 16,
    STYLE_WRONG = 32,    /* its key is missing */
    STYLE_SPELLED = 64,  /* a number key in another form; a second attribute of a sort key's name */
    STYLE_BAD = 128,     /* an item that DynamoDB does not take; an unknown op */
};

static uint8_t written_out[FRAME_BUFFERED_MAX + RECORD_MAX + MSG_WRITE_HEAD];
static uint8_t filler[RECORD_MAX];

static void say(struct shell_conn *c, const struct mp_writer *w)
{
    FUZZ_CHECK(mp_write_fits(w));
    if (!c->bye_said)
        shell_send(c, span_of(w->out, w->need));
}

/* Nobody knows what this session says from here on. */
static void distrust(struct shell_conn *c)
{
    if (c->session != NULL)
        c->session->honest = false;
    c->session = NULL;
}

/* ---- records ---- */

static void put_key(struct mp_writer *w, unsigned table, uint8_t style, uint32_t seq)
{
    uint32_t number = (style & STYLE_OWN_KEY) != 0 ? 100 + seq : style & STYLE_KEY;
    char text[16];
    int n = snprintf(text, sizeof text, "%u.0", number);
    if (table != SHELL_TABLES - 1)
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
static void put_record(struct mp_writer *w, const struct shell_session *k, uint32_t trace, uint32_t seq)
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

/* The number that put_record gave an item; 0: none. */
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

void honest_written(struct shell *s, struct span item)
{
    uint32_t trace = trace_of(item), session = trace / SHELL_SEQS - 1;
    if (trace >= SHELL_SEQS && session < SHELL_SESSIONS)
        s->sessions[session].seq[trace % SHELL_SEQS] |= SEQ_WRITTEN;
}

/* ---- what the client says ---- */

static struct mp_writer small_writer(void)
{
    return mp_write_open(written_out, FRAME_HEADER + FRAME_SMALL_MAX);
}

void honest_hello(struct shell *s, struct shell_conn *c, const struct hello *h)
{
    struct shell_session *k = &s->sessions[c->uid * SESSIONS_OF_UID + h->session % SESSIONS_OF_UID];
    struct msg_hello m = {
        .versions = {MSG_VERSION},
        .version_count = 1,
        .client = span_of("fuzz", 4),
        .pid = 4711,
        .discard = h->discard,
        .max_window = h->max_window,
    };
    memset(m.session, (int)(h->session % SESSIONS_OF_UID), sizeof m.session);
    if (h->table < SHELL_TABLES)
        m.table = span_of(shell_table(h->table), strlen(shell_table(h->table)));
    struct mp_writer w = small_writer();
    msg_encode_hello(&w, &m);
    say(c, &w);
    if (c->hello_said) {
        distrust(c);
        return;
    }
    c->hello_said = true;
    if (h->table >= SHELL_TABLES || c->bye_said)
        return;
    if (k->known && (k->table != h->table || k->discard != h->discard))
        return; /* it is refused */
    for (int i = 0; i < SHELL_CONNS; i++)
        if (s->conns[i].session == k)
            s->conns[i].session = NULL; /* it is fenced */
    k->known = true;
    k->table = h->table;
    k->discard = h->discard;
    c->session = k->honest ? k : NULL;
}

void honest_write(struct shell_conn *c, uint32_t count, uint32_t gap, uint8_t style, uint8_t pad)
{
    struct shell_session *k = c->session;
    if (k == NULL)
        return;
    k->last_seq += gap;
    for (uint32_t i = 0; i < count && k->last_seq + 1 < SHELL_SEQS; i++) {
        uint32_t seq = ++k->last_seq;
        k->seq[seq] = SEQ_PUT | ((style & STYLE_DELETE) == 0 ? SEQ_TRACED : 0);
        k->style[seq] = (uint8_t)((style & ~STYLE_KEY) | ((style + i) & STYLE_KEY));
        k->pad[seq] = pad;
    }
    honest_pump(c);
}

/* The next record to be sent on this connection; 0: none. */
static uint32_t next_seq(const struct shell_conn *c)
{
    const struct shell_session *k = c->session;
    for (uint32_t seq = c->sent_upto + 1; seq <= k->last_seq && seq < SHELL_SEQS; seq++)
        if ((k->seq[seq] & (SEQ_PUT | SEQ_SETTLED)) == SEQ_PUT && seq > k->abort_upto)
            return seq;
    return 0;
}

/* One WRITE of consecutive records. False: credit, or the records, are at their end. */
static bool pump_frame(struct shell *s, struct shell_conn *c)
{
    struct shell_session *k = c->session;
    struct mp_writer w = mp_write_open(written_out + MSG_WRITE_HEAD, sizeof written_out - MSG_WRITE_HEAD);
    uint32_t first = next_seq(c), count = 0;
    uint32_t trace = (uint32_t)(k - s->sessions + 1) * SHELL_SEQS;
    size_t bytes = 0;
    for (uint32_t seq = first; seq != 0 && seq == first + count && bytes <= FRAME_BUFFERED_MAX; seq = next_seq(c)) {
        put_record(&w, k, trace + seq, seq);
        FUZZ_CHECK(mp_write_fits(&w));
        uint64_t cost = w.need - bytes + MSG_COST_OVERHEAD;
        if (c->used + cost > c->limit) {
            c->wants = cost;
            break;
        }
        if (count > 0 && w.need > FRAME_BUFFERED_MAX - MSG_WRITE_HEAD)
            break;
        c->used += cost;
        c->sent_upto = seq;
        c->sent[seq] = 1;
        k->seq[seq] |= SEQ_SENT;
        bytes = w.need;
        count++;
    }
    if (count == 0)
        return false;
    uint8_t head[MSG_WRITE_HEAD];
    struct mp_writer h = mp_write_open(head, sizeof head);
    msg_encode_write_head(&h, first, count, bytes);
    say(c, &h);
    shell_send(c, span_of(written_out + MSG_WRITE_HEAD, bytes));
    return true;
}

void honest_pump(struct shell_conn *c)
{
    if (c->session == NULL || !c->welcomed || c->bye_said || c->goaway)
        return;
    c->wants = 0;
    while (pump_frame(c->shell, c)) {
    }
    if (c->wants > 0 && !c->blocked)
        honest_blocked(c, c->wants);
    c->blocked = c->wants > 0;
}

static uint64_t behind(const struct shell_conn *c, uint64_t back)
{
    return c->sent_upto > back ? c->sent_upto - back : 0;
}

void honest_flush(struct shell_conn *c, uint64_t back)
{
    struct mp_writer w = small_writer();
    uint64_t token = ++c->last_token;
    msg_encode_flush(&w, token, behind(c, back));
    say(c, &w);
    if (c->token_count < CONN_TOKENS) {
        c->tokens[c->token_count] = token;
        c->token_upto[c->token_count++] = behind(c, back);
    }
}

void honest_abort(struct shell_conn *c, uint64_t back)
{
    struct mp_writer w = small_writer();
    uint64_t upto = behind(c, back);
    msg_encode_abort(&w, upto);
    say(c, &w);
    if (c->session != NULL && upto > c->session->abort_upto)
        c->session->abort_upto = (uint32_t)upto;
}

void honest_blocked(struct shell_conn *c, uint64_t cost)
{
    struct mp_writer w = small_writer();
    msg_encode_blocked(&w, cost);
    say(c, &w);
}

void honest_bye(struct shell_conn *c)
{
    struct mp_writer w = small_writer();
    msg_encode_bye(&w);
    say(c, &w);
    distrust(c); /* its book is closed, a later session of these 16 bytes is another one */
    c->bye_said = true;
}

void honest_request(struct shell_conn *c, unsigned verb, uint8_t value)
{
    static const char *const verbs[] = {"ping", "version", "self", "describe", "status", "flush", "flush", "dance"};
    uint8_t bytes[128];
    struct mp_writer arguments = mp_write_open(bytes, sizeof bytes);
    bool describes = verb % 8 == 3, waits = verb % 8 == 6;
    mp_write_map(&arguments, describes || waits ? 1 : 0);
    if (describes) {
        mp_write_cstr(&arguments, "table");
        mp_write_cstr(&arguments, shell_table(value));
    } else if (waits) {
        mp_write_cstr(&arguments, "timeout_ms");
        mp_write_uint(&arguments, value * UINT64_C(100));
    }
    struct mp_writer w = small_writer();
    msg_encode_request(&w, &(struct msg_request){.id = value,
                                                 .verb = span_of(verbs[verb % 8], strlen(verbs[verb % 8])),
                                                 .arguments = span_of(bytes, arguments.need)});
    say(c, &w);
}

void honest_not(struct shell_conn *c, struct span bytes)
{
    distrust(c);
    shell_send(c, bytes);
}

/* ---- what it hears ---- */

void honest_hear_failure(struct shell_conn *c, uint64_t seq)
{
    if (c->session == NULL)
        return;
    FUZZ_CHECK(seq < SHELL_SEQS && (c->session->seq[seq] & SEQ_SENT) != 0);
    c->session->seq[seq] |= SEQ_SETTLED;
}

void honest_hear_settled(struct shell_conn *c, uint64_t first, uint64_t last)
{
    struct shell_session *k = c->session;
    if (k == NULL)
        return;
    FUZZ_CHECK(last < SHELL_SEQS && last <= k->last_seq);
    for (uint64_t seq = first; seq <= last; seq++) {
        unsigned known = k->seq[seq];
        if ((known & SEQ_SENT) == 0 || (known & SEQ_SETTLED) != 0)
            continue;
        /* R1: an aborted record that was lost with its connection is not sent again, the daemon never saw it */
        FUZZ_CHECK((known & SEQ_TRACED) == 0 || (known & SEQ_WRITTEN) != 0 || seq <= k->abort_upto);
        k->seq[seq] |= SEQ_SETTLED;
    }
}

void honest_hear_all(struct shell_conn *c, uint64_t upto)
{
    if (c->session == NULL)
        return;
    for (uint64_t seq = 1; seq <= upto && seq < SHELL_SEQS; seq++)
        FUZZ_CHECK(c->sent[seq] == 0 || (c->session->seq[seq] & SEQ_SETTLED) != 0);
}
