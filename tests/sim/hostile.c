/* hostile: see hostile.h. */
#include "tests/sim/hostile.h"

#include <stdlib.h>

#include "proto/be.h"
#include "proto/frame.h"
#include "proto/msg_encode.h"

enum {
    DISCONNECT_MS = 13000, /* a frame must be complete within 10 s (C7) */
    GARBAGE_BYTES = 300,
    TOKENS_TOO_MANY = 70,
    THIEF_MS = 2000,
};

static bool must_be_closed(enum hostile_kind k)
{
    static const bool closed[] = {
#define X(NAME, value) value,
        HOSTILE_KINDS(X)
#undef X
    };
    return closed[k];
}

static void say(struct world *w, struct hostile *h, const void *bytes, size_t n)
{
    if (h->end.link != NULL)
        link_send(w, h->end.link, span_of(bytes, n));
}

/* The id of a session that is connected now. */
static void steal_session(const struct world *w, uint8_t session[MSG_SESSION_BYTES])
{
    for (const struct list_node *n = w->links.first; n != NULL; n = n->next) {
        const struct link *l = CONTAINER_OF(n, struct link, node);
        if (l->tap.writer != WIRE_TAP_FOREIGN)
            memcpy(session, l->tap.session, MSG_SESSION_BYTES);
    }
}

static size_t make_hello(struct world *w, const struct hostile *h, uint8_t out[FRAME_SMALL_MAX])
{
    struct mp_writer mp = mp_write_open(out, FRAME_SMALL_MAX);
    struct msg_hello m = {.versions = {MSG_VERSION}, .version_count = 1, .client = span_of("hostile", 7), .pid = 666};
    m.table = span_of(truth_table_name(0), strlen(truth_table_name(0)));
    be_store64(m.session, rng_next(&w->rng));
    if (h->kind == HOSTILE_SESSION_THIEF)
        steal_session(w, m.session);
    msg_encode_hello(&mp, &m);
    return mp.need;
}

/* Records without a key: none of them may reach the service. */
static void write_beyond_credit(struct world *w, struct hostile *h)
{
    static uint8_t frame[FRAME_BUFFERED_MAX];
    static const uint8_t record[] = {0x92, 0x00, 0x81, 0xa1, 'q', 0x01};
    uint64_t seq = 1;
    for (uint64_t cost = 0; cost < w->scenario.max_window + 1024 * 1024;) {
        struct mp_writer mp = mp_write_open(frame, sizeof frame);
        msg_encode_write_head(&mp, seq, 1000, 1000 * sizeof record);
        for (uint32_t i = 0; i < 1000; i++)
            mp_write_raw(&mp, record, sizeof record);
        say(w, h, frame, mp.need);
        seq += 1000;
        cost += 1000 * (sizeof record + MSG_COST_OVERHEAD);
    }
}

static void flush_without_end(struct world *w, struct hostile *h)
{
    for (uint32_t i = 0; i < TOKENS_TOO_MANY; i++) {
        uint8_t frame[64];
        struct mp_writer mp = mp_write_open(frame, sizeof frame);
        msg_encode_flush(&mp, i + 1, UINT64_MAX / 2);
        say(w, h, frame, mp.need);
    }
}

static void flush_nothing(struct world *w, struct hostile *h)
{
    uint8_t frame[64];
    struct mp_writer mp = mp_write_open(frame, sizeof frame);
    msg_encode_flush(&mp, 1, 0);
    say(w, h, frame, mp.need);
}

static void begin_frame(struct world *w, struct hostile *h)
{
    uint8_t head[FRAME_PEEK] = {0, 0, 0x20, 0, 0x93, MSG_WRITE};
    say(w, h, head, sizeof head);
}

static void attack(struct world *w, struct hostile *h)
{
    h->attacked = true;
    if (must_be_closed(h->kind))
        world_in(w, &h->limit, DISCONNECT_MS);
    switch (h->kind) {
    case HOSTILE_SLOW_FRAME:
        begin_frame(w, h);
        break;
    case HOSTILE_OVERDRAFT:
        write_beyond_credit(w, h);
        break;
    case HOSTILE_TOKENS:
        flush_without_end(w, h);
        break;
    case HOSTILE_EMPTY_FLUSH:
        flush_nothing(w, h);
        break;
    default:
        break;
    }
}

static void first_words(struct world *w, struct hostile *h)
{
    uint8_t bytes[FRAME_SMALL_MAX];
    size_t n = make_hello(w, h, bytes);
    switch (h->kind) {
    case HOSTILE_GARBAGE:
        for (n = 0; n < GARBAGE_BYTES; n++)
            bytes[n] = (uint8_t)rng_next(&w->rng);
        bytes[4] = 0xc1; /* whatever the length, this is not an array */
        break;
    case HOSTILE_OVERSIZE:
        be_store32(bytes, UINT32_MAX);
        break;
    case HOSTILE_NO_HELLO:
        begin_frame(w, h);
        return;
    case HOSTILE_SLOW_HELLO:
        n /= 2;
        break;
    case HOSTILE_SILENT:
        return;
    default:
        break;
    }
    say(w, h, bytes, n);
}

static void leave(struct world *w, struct hostile *h)
{
    world_cancel(w, &h->start);
    world_cancel(w, &h->limit);
    if (h->end.link != NULL)
        link_close(w, h->end.link);
}

static void run_limit(struct world *w, struct event *ev)
{
    struct hostile *h = CONTAINER_OF(ev, struct hostile, limit);
    const struct link *l = h->end.link;
    /* its frame may wait for memory; no timeout runs meanwhile */
    bool begun = h->kind == HOSTILE_SLOW_FRAME || h->kind == HOSTILE_OVERDRAFT;
    bool waits = begun && w->scenario.memory_max < SCENARIO_MEMORY;
    bool unanswered = h->kind == HOSTILE_EMPTY_FLUSH && h->attacked && !h->flushed;
    if (l != NULL && unanswered && l->conn != 0 && w->scenario.lazy_reader_rate == 0)
        world_violate(w, "P1", "a flush with nothing before it is not answered in %d ms", THIEF_MS);
    else if (l != NULL && must_be_closed(h->kind) && !waits && l->conn != 0 && l->epoch == h->epoch)
        world_violate(w, "P3", "a hostile peer of kind %d is still connected after %d ms", (int)h->kind, DISCONNECT_MS);
    else
        leave(w, h);
}

static void on_bytes(struct world *w, struct link_end *e, struct span bytes)
{
    struct hostile *h = CONTAINER_OF(e, struct hostile, end);
    if (bytes.n > 0 && !h->attacked) {
        attack(w, h); /* WELCOME came */
        return;
    }
    for (size_t i = 0; h->kind == HOSTILE_EMPTY_FLUSH && i < bytes.n; i++) { /* a frame may come in pieces */
        h->flushed |= h->last_byte == 0x92 && bytes.p[i] == MSG_FLUSHED;
        h->last_byte = bytes.p[i];
    }
}

static void on_eof(struct world *w, struct link_end *e)
{
    struct hostile *h = CONTAINER_OF(e, struct hostile, end);
    world_cancel(w, &h->limit);
}

static void run_start(struct world *w, struct event *ev)
{
    struct hostile *h = CONTAINER_OF(ev, struct hostile, start);
    bool thief = h->kind == HOSTILE_SESSION_THIEF;
    struct peer peer = {.uid = thief ? 5000 : 1000, .gid = 1000, .pid = 666};
    if (w->healed || !link_open(w, &h->end, peer))
        return;
    h->epoch = w->host.epoch;
    h->end.link->foreign = true;
    world_trace(w, "link %llu: a hostile peer of kind %d", (unsigned long long)h->end.link->id, (int)h->kind);
    first_words(w, h);
    world_in(w, &h->limit, must_be_closed(h->kind) ? DISCONNECT_MS : THIEF_MS);
}

void hostile_init_all(struct world *w)
{
    w->hostile_count = w->scenario.hostiles;
    w->hostiles = truth_alloc(w->hostile_count * sizeof *w->hostiles);
    for (uint32_t i = 0; i < w->hostile_count; i++) {
        struct hostile *h = &w->hostiles[i];
        *h = (struct hostile){.kind = (enum hostile_kind)rng_below(&w->rng, HOSTILE_KIND_COUNT_)};
        h->end.on_bytes = on_bytes;
        h->end.on_eof = on_eof;
        h->start.run = run_start;
        h->limit.run = run_limit;
        uint64_t start = rng_below(&w->rng, (w->scenario.heal_ms - w->now.mono_ms) / 2);
        if ((w->options.reduce.hostiles >> i & 1) == 0)
            world_in(w, &h->start, start);
    }
}

void hostile_leave_all(struct world *w)
{
    for (uint32_t i = 0; i < w->hostile_count; i++)
        if (!must_be_closed(w->hostiles[i].kind) || w->hostiles[i].end.link == NULL)
            leave(w, &w->hostiles[i]);
}

void hostile_fini_all(struct world *w)
{
    free(w->hostiles);
}
