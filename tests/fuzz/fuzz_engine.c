/* fuzz_engine: bytes drive an engine through engine.h. The input is a small program of events from honest and other
 * clients, with splits, slow sockets, hang-ups, every answer of the service, leaps of time and failing allocations.
 * Owner: none.
 *
 * Input: one byte of settings (fuzz_rig.c), then instructions: one byte (4 bits operation, 3 bits connection, 1 bit
 * "more events before the turn") and its arguments. After the end of the input all arguments are 0.
 */
#include <string.h>

#include "daemon/base/mem.h"
#include "proto/frame.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_rig.h"

enum { INSTRUCTIONS_MAX = 400, SPEED_UNIT = 16 };

struct program {
    const uint8_t *p, *end;
    struct rig *rig;
    struct rig_conn *conn; /* of the current instruction */
};

static uint8_t byte(struct program *g)
{
    return g->p < g->end ? *g->p++ : 0;
}

static struct span bytes(struct program *g)
{
    size_t n = byte(g), left = (size_t)(g->end - g->p);
    n = n < left ? n : left;
    g->p += n;
    return span_of(g->p - n, n);
}

/* 0, or 1 << 0..31 with three fraction bits: one byte covers the whole range. */
static uint64_t scaled(uint8_t b)
{
    return (uint64_t)(b & 7) << (b >> 3);
}

/* ---- clients ---- */

static void do_connect(struct program *g)
{
    uint8_t uid = byte(g);
    if (g->conn->open)
        fuzz_rig_vanish(g->conn, (uid & 16) != 0);
    else
        fuzz_rig_connect(g->conn, uid & 3);
}

/* Connects first if there is no connection, so that short programs get far. */
static void do_hello(struct program *g)
{
    uint8_t what = byte(g);
    struct model_hello h = {
        .session = what & 3,
        .table = what >> 2 & 7,
        .discard = (what & 32) != 0,
        .max_window = (what & 64) != 0 ? 65536 : 0,
    };
    if (!g->conn->open)
        fuzz_rig_connect(g->conn, what >> 6 & 3);
    h.table = h.table > MODEL_TABLES ? 0 : h.table;
    model_client_hello(g->conn, &h);
}

static void do_write(struct program *g)
{
    uint8_t count = byte(g), style = byte(g), pad = byte(g);
    model_client_write(g->conn, 1 + (count & 31), count >> 6, style, pad);
}

static void do_control(struct program *g)
{
    uint8_t what = byte(g);
    switch (what & 3) {
    case 0:
        model_client_flush(g->conn, what >> 2);
        break;
    case 1:
        model_client_abort(g->conn, what >> 2);
        break;
    case 2:
        model_client_blocked(g->conn, scaled((uint8_t)(what >> 2 << 2)));
        break;
    default:
        model_client_bye(g->conn);
    }
}

static void do_request(struct program *g)
{
    uint8_t verb = byte(g);
    model_client_request(g->conn, verb, byte(g));
}

static void do_raw(struct program *g)
{
    model_client_raw(g->conn, bytes(g));
}

static void do_frame(struct program *g)
{
    uint8_t frame[FRAME_HEADER + UINT8_MAX];
    struct span body = bytes(g);
    frame_put_header(frame, (uint32_t)body.n);
    memcpy(frame + FRAME_HEADER, body.p, body.n);
    model_client_raw(g->conn, span_of(frame, FRAME_HEADER + body.n));
}

static void do_speed(struct program *g)
{
    uint8_t what = byte(g);
    size_t limit = what & 63;
    if ((what & 128) != 0)
        limit *= SPEED_UNIT;
    if ((what & 64) != 0) {
        g->conn->take_max = limit;
        g->conn->slow = limit == 1;
    } else {
        g->conn->feed_max = limit;
        g->conn->held = limit == 1;
    }
}

static void do_end(struct program *g)
{
    uint8_t what = byte(g);
    if ((what & 1) != 0)
        fuzz_rig_vanish(g->conn, (what & 2) != 0);
    else
        rig_eof(g->conn);
}

/* ---- the service ---- */

static void fill_text(uint8_t what, char text[JOB_TEXT])
{
    static const char *const texts[] = {"ValidationException: the provided key element does not match the schema",
                                        "Throttling: \xc3\xa4\xe2\x82\xac", ""};
    snprintf(text, JOB_TEXT, "%s", texts[what % 3]);
    if (what % 4 == 3)
        memset(text, 'x', JOB_TEXT - 1);
}

static void do_answer(struct program *g)
{
    struct rig *s = g->rig;
    uint8_t which = byte(g), outcome = byte(g), mask = byte(g);
    if (s->job_count == 0)
        return;
    const struct job *job = s->jobs[which % s->job_count];
    struct job_result r;
    fuzz_rig_good(job, &r);
    if (outcome < 128)
        r.outcome = (enum job_outcome)(outcome % JOB_OUTCOME_COUNT_);
    r.retry_after_ms = (uint32_t)scaled(mask) & 0xffff;
    if (r.outcome != JOB_DONE) {
        r.schema.count = 0;
        r.table_active = false;
        r.maybe_written = job->kind == JOB_WRITE && r.outcome == JOB_TRANSIENT && (mask & 1) != 0;
        fill_text(mask, r.text);
    } else if (job->kind == JOB_WRITE) {
        for (uint32_t i = 0; i < job->count; i++)
            r.unprocessed[i] = (mask >> i % 8 & 1) != 0;
    } else {
        r.table_active = (mask & 1) == 0;
        if (!r.table_active)
            fill_text(2, r.text);
        if ((mask & 2) != 0)
            r.schema.attr[0].type = 'N';
        if ((mask & 4) != 0)
            r.schema.attr[1] = (struct key_attr){.type = 'N', .name_len = 4, .name = "sort"};
        r.schema.count = (mask & 4) != 0 ? 2 : 1;
    }
    rig_job_end(s, which % s->job_count, &r);
}

static void do_good(struct program *g)
{
    for (uint32_t n = byte(g) & 15; n < 16 && g->rig->job_count > 0; n++) {
        struct job_result good;
        fuzz_rig_good(g->rig->jobs[0], &good);
        rig_job_end(g->rig, 0, &good);
    }
}

/* ---- the host ---- */

static void do_pass(struct program *g)
{
    rig_advance(g->rig, scaled(byte(g)) & 0xffffff);
}

static void do_leap(struct program *g)
{
    rig_leap(g->rig, scaled(byte(g)) & 0xffffff);
}

static void do_alloc_fault(struct program *g)
{
    mem_fail_nth(byte(g));
}

/* Events for a closed connection are ignored; peeking changes nothing. */
static void do_stale(struct program *g)
{
    struct engine_counts before, after;
    uint64_t id = g->conn->open ? g->conn->id + (UINT64_C(1) << 40) : g->conn->id;
    engine_counts(g->rig->e, &before);
    CHECK(engine_input(g->rig->e, id).n == 0);
    engine_conn_eof(g->rig->e, id, g->rig->now);
    engine_conn_hangup(g->rig->e, id, g->rig->now);
    CHECK(engine_output(g->rig->e, id, g->rig->now).n == 0);
    engine_counts(g->rig->e, &after);
    CHECK(after.stale_events > before.stale_events && after.connections == before.connections);
    rig_check(g->rig);
}

static void do_rare(struct program *g)
{
    if (byte(g) < 64)
        rig_drain(g->rig);
    else
        do_stale(g);
}

static void run(struct program *g)
{
    static void (*const instructions[16])(struct program *) = {
        do_write, do_connect, do_hello, do_control, do_request, do_raw,         do_frame, do_speed,
        do_end,   do_answer,  do_good,  do_pass,    do_leap,    do_alloc_fault, do_rare,  do_write,
    };
    for (int n = 0; g->p < g->end && n < INSTRUCTIONS_MAX && !g->rig->stopped; n++) {
        uint8_t b = byte(g);
        g->conn = g->rig->conns[b >> 4 & 7];
        instructions[b & 15](g);
        if ((b & 128) != 0)
            continue;
        rig_pump(g->rig);
        for (int i = 0; i < FUZZ_CONNS; i++)
            model_client_pump(g->rig->conns[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig rig;
    struct program g = {.p = data, .end = data + size, .rig = &rig};
    if (fuzz_rig_open(&rig, byte(&g))) {
        run(&g);
        fuzz_rig_close(&rig);
    }
    mem_fail_nth(0);
    return 0;
}
