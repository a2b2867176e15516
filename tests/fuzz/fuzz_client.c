/* fuzz_client: the client's core between a user and a daemon that may send anything. The input is a small program of
 * calls, messages and bytes. Whatever comes, the counters add up, the client keeps to the protocol and to its credit,
 * and after its end it is silent.
 * Owner: none.
 *
 * Input: one byte of settings, then instructions: one byte (4 bits operation, 4 bits number of pieces of a message) and
 * its arguments. After the end of the input all arguments are 0.
 */
#include <string.h>

#include "client/c/core.h"
#include "client/c/core_input.h"
#include "client/c/core_output.h"
#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"
#include "tests/fuzz/fuzz.h"

enum { INSTRUCTIONS_MAX = 600, ITEM_BYTES = 300 * 1024, WIRE_MAX = 1024 * 1024, MAX_FRAME = 2101248 };

static uint8_t item_bytes[ITEM_BYTES];
static const uint8_t filler[ITEM_BYTES];
static uint8_t wire[WIRE_MAX]; /* what the client sent, starting at a frame head */

struct play {
    const uint8_t *p, *end;
    struct client_core core;
    uint64_t now_ms;
    uint8_t cut; /* pieces, of the current instruction */
    size_t wire_len;
    bool hello, bye; /* sent on this connection */
    uint64_t last_seq;
};

static uint8_t byte(struct play *g)
{
    return g->p < g->end ? *g->p++ : 0;
}

static struct span bytes(struct play *g)
{
    size_t n = byte(g), left = (size_t)(g->end - g->p);
    n = n < left ? n : left;
    g->p += n;
    return span_of(g->p - n, n);
}

static uint64_t scaled(uint8_t b)
{
    return (uint64_t)(b & 7) << (b >> 3);
}

/* ---- checks ---- */

static bool over(const struct client_core *c)
{
    return c->state == CORE_FAILED || c->state == CORE_ENDED;
}

static void check(struct play *g)
{
    const struct client_core *c = &g->core;
    const struct core_counts *n = &c->counts;
    struct span out[CORE_SPANS];
    CHECK(n->put == n->written + n->failed + n->superseded + n->aborted + n->unsettled);
    CHECK(n->unsettled == c->store.unsettled && n->aborted_maybe <= n->aborted);
    /* One record may be larger than the whole memory, also while it settles and is still being sent. */
    CHECK(c->store.bytes <= c->store.bytes_max || c->store.head == c->store.tail || c->store.lent != NULL);
    CHECK(c->window.settled <= c->window.used && c->window.used <= c->window.limit);
    CHECK(memchr(c->errmsg, '\0', sizeof c->errmsg) != NULL);
    CHECK(memchr(c->notice, '\0', sizeof c->notice) != NULL && memchr(c->reason, '\0', sizeof c->reason) != NULL);
    if (!over(c))
        return;
    CHECK(!core_wants_connect(c));
    CHECK(core_output(&g->core, out) == 0);
    CHECK(c->state != CORE_FAILED || (c->error < 0 && c->errmsg[0] != '\0'));
}

static void check_write(struct play *g, struct span body, char errmsg[MSG_ERRMSG])
{
    struct msg_write m;
    CHECK(msg_decode_write(body, &m, errmsg) == DDBS_OK);
    CHECK(m.first_seq > g->last_seq && (body.n <= FRAME_BUFFERED_MAX || m.count == 1));
    struct mp_cursor at = m.records;
    for (uint32_t i = 0; i < m.count; i++) {
        const uint8_t *start;
        uint8_t op;
        CHECK(msg_decode_write_next(&at, &op, &start) == DDBS_OK && mp_read_skip(&at) == DDBS_OK);
    }
    CHECK(msg_decode_write_end(&m, &at) == DDBS_OK && m.extra == 0);
    g->last_seq = m.first_seq + m.count - 1;
}

static void check_frame(struct play *g, uint8_t type, struct span body)
{
    char errmsg[MSG_ERRMSG] = "";
    struct msg_hello hello;
    uint64_t a, b;
    CHECK(body.n <= frame_client_max(type, MAX_FRAME));
    CHECK(!g->bye && g->hello == (type != MSG_HELLO));
    switch (type) {
    case MSG_HELLO:
        CHECK(msg_decode_hello(body, &hello, errmsg) == DDBS_OK);
        g->hello = true;
        break;
    case MSG_WRITE:
        check_write(g, body, errmsg);
        break;
    case MSG_FLUSH:
        CHECK(msg_decode_flush(body, &a, &b, errmsg) == DDBS_OK);
        break;
    case MSG_ABORT:
        CHECK(msg_decode_abort(body, &a, errmsg) == DDBS_OK);
        break;
    case MSG_BLOCKED:
        CHECK(msg_decode_blocked(body, &a, errmsg) == DDBS_OK);
        break;
    default:
        CHECK(type == MSG_BYE);
        g->bye = true;
    }
}

/* Decode the client's bytes as the daemon would. */
static void listen_to(struct play *g, struct span sent)
{
    CHECK(g->wire_len + sent.n <= WIRE_MAX);
    memcpy(wire + g->wire_len, sent.p, sent.n);
    g->wire_len += sent.n;
    size_t at = 0;
    struct frame_head head;
    while (frame_peek(span_of(wire + at, g->wire_len - at), &head) == DDBS_OK &&
           g->wire_len - at - FRAME_HEADER >= head.body) {
        check_frame(g, head.type, span_of(wire + at + FRAME_HEADER, head.body));
        at += FRAME_HEADER + head.body;
    }
    CHECK(frame_peek(span_of(wire + at, g->wire_len - at), &head) >= 0);
    memmove(wire, wire + at, g->wire_len - at);
    g->wire_len -= at;
}

/* ---- the user ---- */

static void do_put(struct play *g)
{
    uint8_t size = byte(g), op = byte(g);
    size_t n = size < 200 ? size : (size_t)(size - 199) * 5000;
    struct mp_writer w = mp_write_open(item_bytes, sizeof item_bytes);
    uint64_t seq;
    mp_write_map(&w, 1);
    mp_write_cstr(&w, "id");
    if (n > 0)
        mp_write_bin(&w, filler, n);
    else
        mp_write_nil(&w);
    CHECK(mp_write_fits(&w));
    uint64_t put = g->core.counts.put;
    int rc = core_put(&g->core, g->now_ms, op & 1, span_of(item_bytes, w.need), &seq);
    CHECK((rc == DDBS_OK) == (g->core.counts.put == put + 1));
    CHECK(rc != DDBS_OK || seq == put + 1);
}

static void do_user(struct play *g)
{
    uint64_t token;
    struct failed_record *f;
    int rc;
    switch (byte(g) & 7) {
    case 0:
        if (core_flush(&g->core, &token) == DDBS_OK)
            core_flush_done(&g->core, token);
        break;
    case 1:
        rc = core_abort(&g->core, g->now_ms);
        CHECK(rc == DDBS_OK || rc == DDBS_E_CLOSED || g->core.state == CORE_FAILED);
        break;
    case 2:
        core_bye(&g->core);
        break;
    case 3:
        f = core_failure_take(&g->core);
        CHECK(f == NULL || (f->code < 0 && strlen(f->message) <= MSG_TEXT_MAX));
        failure_list_free(f);
        break;
    default:
        core_push(&g->core);
    }
}

/* ---- the transport ---- */

static void do_connect(struct play *g)
{
    uint8_t how = byte(g);
    if (!core_wants_connect(&g->core))
        return;
    g->hello = g->bye = false;
    g->wire_len = 0;
    g->last_seq = 0;
    if (how < 128)
        core_connected(&g->core, g->now_ms);
    else
        core_connect_failed(&g->core, g->now_ms, (how & 1) != 0 ? DDBS_E_NOT_REACHABLE : DDBS_E_NOT_PERMITTED, "no");
}

static void do_send(struct play *g)
{
    size_t limit = byte(g);
    limit = limit == 0 ? SIZE_MAX : limit * 8;
    for (int round = 0; round < 1000; round++) {
        struct span out[CORE_SPANS];
        size_t spans = core_output(&g->core, out), sent = 0;
        CHECK(spans <= CORE_SPANS);
        if (spans == 0 || limit == 0)
            return;
        for (size_t i = 0; i < spans; i++) {
            CHECK(out[i].n > 0);
            size_t n = out[i].n < limit ? out[i].n : limit;
            listen_to(g, span_of(out[i].p, n));
            sent += n;
            limit -= n;
        }
        core_output_sent(&g->core, sent);
        check(g);
    }
    fprintf(stderr, "the client never stops to send\n");
    abort();
}

static void do_time(struct play *g)
{
    uint64_t due;
    uint8_t how = byte(g);
    if (how == 0 && core_deadline(&g->core, &due) && due > g->now_ms)
        g->now_ms = due;
    else
        g->now_ms += scaled(how) & 0xffffff;
    core_tick(&g->core, g->now_ms);
}

/* Deliver the daemon's bytes in pieces, each in its own memory block. */
static void deliver(struct play *g, struct span s)
{
    if (!g->core.linked)
        return;
    size_t piece = g->cut == 0 ? s.n : 1 + s.n / (g->cut + 1u);
    while (s.n > 0) {
        size_t n = s.n < piece ? s.n : piece;
        uint8_t *copy = malloc(n);
        CHECK(copy != NULL);
        memcpy(copy, s.p, n);
        core_input_bytes(&g->core, g->now_ms, span_of(copy, n));
        free(copy);
        s = span_from(s, n);
        check(g);
    }
}

static void do_raw(struct play *g)
{
    deliver(g, bytes(g));
}

static void do_frame(struct play *g)
{
    uint8_t frame[FRAME_HEADER + UINT8_MAX];
    struct span body = bytes(g);
    frame_put_header(frame, (uint32_t)body.n);
    memcpy(frame + FRAME_HEADER, body.p, body.n);
    deliver(g, span_of(frame, FRAME_HEADER + body.n));
}

static void do_eof(struct play *g)
{
    if (g->core.linked)
        core_eof(&g->core, g->now_ms);
}

/* ---- the daemon ---- */

static void deliver_written(struct play *g, const struct mp_writer *w)
{
    CHECK(mp_write_fits(w));
    deliver(g, span_of(w->out, w->need));
}

static void do_welcome(struct play *g)
{
    uint8_t out[256], what = byte(g), credit = byte(g);
    struct mp_writer w = mp_write_open(out, sizeof out);
    struct msg_welcome m = {
        .version = what == 0xff ? 2 : MSG_VERSION,
        .epoch = 1 + (what & 3),
        .connection = 17,
        .max_frame = (what & 4) != 0 ? 4096 : MAX_FRAME,
        .max_record = (what & 8) != 0 ? 5000 : MAX_FRAME,
        .credit = scaled(credit),
        .server = span_of("fuzz", 4),
    };
    msg_encode_welcome(&w, &m);
    deliver_written(g, &w);
}

static void do_credit(struct play *g)
{
    uint8_t out[64];
    struct mp_writer w = mp_write_open(out, sizeof out);
    msg_encode_credit(&w, g->core.window.limit + scaled(byte(g)));
    deliver_written(g, &w);
}

/* A seq relative to store.sent_max, back from it or beyond. */
static uint64_t seq_of(const struct play *g, uint8_t b)
{
    uint64_t sent = g->core.store.sent_max;
    return b >= 250 ? sent + b - 249 : sent - (b < sent ? b : sent);
}

static void do_settled(struct play *g)
{
    static const int codes[] = {DDBS_E_INVALID_ITEM, DDBS_E_ABORTED, DDBS_E_REJECTED, DDBS_E_TABLE_NOT_FOUND};
    uint8_t out[2048], upto = byte(g), counts = byte(g);
    struct mp_writer w = mp_write_open(out, sizeof out);
    struct msg_range ranges[4];
    struct msg_failure failures[4];
    struct msg_outcomes m = {.upto = seq_of(g, upto), .ranges = ranges, .failures = failures};
    m.superseded = counts >> 4;
    for (m.range_count = 0; m.range_count < (counts & 3); m.range_count++) {
        uint64_t first = seq_of(g, byte(g));
        ranges[m.range_count] = (struct msg_range){first, first + (byte(g) & 7)};
    }
    for (m.failure_count = 0; m.failure_count < (counts >> 2 & 3); m.failure_count++) {
        uint8_t seq = byte(g), code = byte(g);
        failures[m.failure_count] = (struct msg_failure){
            .seq = seq_of(g, seq), .code = codes[code & 3], .message = span_of("why", 3), .maybe_written = code > 127};
    }
    msg_encode_settled(&w, &m);
    deliver_written(g, &w);
}

static void do_answer(struct play *g)
{
    uint8_t out[64], what = byte(g), which = byte(g);
    struct mp_writer w = mp_write_open(out, sizeof out);
    uint64_t token = g->core.token_count > 0 ? g->core.tokens[which % g->core.token_count].upto : which;
    if ((what & 1) == 0)
        msg_encode_flushed(&w, token);
    else
        msg_encode_aborted(&w, which < 200 ? g->core.abort_upto : which);
    deliver_written(g, &w);
}

static void do_word(struct play *g)
{
    static const int codes[] = {DDBS_E_PROTOCOL_ERROR, DDBS_E_FENCED, DDBS_E_BUSY, DDBS_E_SHUTTING_DOWN};
    uint8_t out[256], what = byte(g);
    struct mp_writer w = mp_write_open(out, sizeof out);
    switch (what & 3) {
    case 0:
        msg_encode_error(&w, codes[what >> 2 & 3], "so it is");
        break;
    case 1:
        msg_encode_goaway(&w, "draining");
        break;
    case 2:
        msg_encode_notice(&w, (what & 4) != 0 ? "none" : "throttled", "so it is");
        break;
    default:
        msg_encode_reply(&w, &(struct msg_reply){.id = 1, .status = span_of("ok", 2)});
    }
    deliver_written(g, &w);
}

/* Go straight to an open connection, so that short programs get far. */
static void do_open(struct play *g)
{
    if (core_wants_connect(&g->core)) {
        g->hello = g->bye = false;
        g->wire_len = 0;
        g->last_seq = 0;
        core_connected(&g->core, g->now_ms);
    }
    do_send(g);
    do_welcome(g);
}

static void run(struct play *g)
{
    static void (*const instructions[16])(struct play *) = {
        do_put,     do_user,   do_open,    do_connect, do_send, do_time, do_raw, do_frame,
        do_welcome, do_credit, do_settled, do_answer,  do_word, do_eof,  do_put, do_send,
    };
    for (int n = 0; g->p < g->end && n < INSTRUCTIONS_MAX; n++) {
        uint8_t b = byte(g);
        g->cut = b >> 4;
        instructions[b & 15](g);
        check(g);
        if (core_wants_close(&g->core) && g->core.linked && (b & 16) != 0) {
            core_eof(&g->core, g->now_ms);
            check(g);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct play g;
    g = (struct play){.p = data, .end = data + size, .now_ms = 1000};
    uint8_t settings = byte(&g);
    struct core_config config = {
        .table = span_of("orders", 6),
        .client = span_of("fuzz", 4),
        .session = "0123456789abcde",
        .seed = settings,
        .discard = (settings & 1) != 0,
        .max_window = (settings & 2) != 0 ? 65536 : 0,
        .memory_max = (settings & 4) != 0 ? CORE_MEMORY_MIN : 1024 * 1024,
        .failures_max = (settings & 8) != 0 ? 2 : 0,
        .connect_timeout_ms = (settings & 16) != 0 ? 0 : 60000,
        .reconnect_timeout_ms = 30000,
        .linger_ms = (settings & 32) != 0 ? 0 : 5,
    };
    CHECK(core_init(&g.core, &config, g.now_ms) == DDBS_OK);
    check(&g);
    run(&g);
    core_fini(&g.core);
    return 0;
}
