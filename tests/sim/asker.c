/* asker: see asker.h. */
#include "tests/sim/asker.h"

#include <jansson.h>
#include <stdlib.h>

#include "proto/be.h"
#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"
#include "tests/sim/oracle.h"

enum { EVERY_MS = 2000, ANSWER_MS = 10000, VERB_STATUS = 2, VERB_DESCRIBE = 3, VERB_FLUSH = 4 };

static const char *const verbs[ASKER_VERBS] = {"ping", "self", "status", "describe", "flush"};

static void later(struct world *w, struct asker *a)
{
    if (!w->healed)
        world_in(w, &a->next, 1 + rng_below(&w->rng, EVERY_MS));
}

static void say(struct world *w, struct asker *a, const struct mp_writer *mp)
{
    link_send(w, a->end.link, span_of(mp->out, mp->need));
}

static void say_hello(struct world *w, struct asker *a)
{
    uint8_t frame[FRAME_SMALL_MAX];
    struct mp_writer mp = mp_write_open(frame, sizeof frame);
    struct msg_hello m = {.versions = {MSG_VERSION}, .version_count = 1, .client = span_of("asker", 5), .pid = 77};
    be_store64(m.session, rng_next(&w->rng));
    msg_encode_hello(&mp, &m);
    say(w, a, &mp);
}

static size_t make_arguments(struct world *w, uint32_t verb, uint8_t out[64])
{
    struct mp_writer mp = mp_write_open(out, 64);
    mp_write_map(&mp, verb >= VERB_DESCRIBE);
    if (verb == VERB_FLUSH) {
        mp_write_cstr(&mp, "timeout_ms");
        mp_write_uint(&mp, rng_below(&w->rng, ANSWER_MS / 2));
    } else if (verb == VERB_DESCRIBE) {
        mp_write_cstr(&mp, "table");
        mp_write_cstr(&mp, truth_table_name(dice_between(&w->rng, 0, w->scenario.tables - 1)));
    }
    return mp.need;
}

static void ask(struct world *w, struct asker *a)
{
    uint8_t frame[FRAME_SMALL_MAX], arguments[64];
    struct mp_writer mp = mp_write_open(frame, sizeof frame);
    a->verb = dice_between(&w->rng, 0, ASKER_VERBS - 1);
    struct msg_request m = {.id = ++a->id, .verb = span_of(verbs[a->verb], strlen(verbs[a->verb]))};
    m.arguments = span_of(arguments, make_arguments(w, a->verb, arguments));
    msg_encode_request(&mp, &m);
    say(w, a, &mp);
    a->waiting = true;
    pipe_pop(&a->text, a->text.n);
    a->asked_ms = w->now.mono_ms;
    a->seen = w->truth.arrivals;
}

static void run_next(struct world *w, struct event *ev)
{
    struct asker *a = CONTAINER_OF(ev, struct asker, next);
    later(w, a);
    if (a->end.link == NULL) {
        a->in.n = 0;
        a->welcomed = a->waiting = false;
        if (!link_open(w, &a->end, (struct peer){.uid = 0, .pid = 77}))
            return;
        a->epoch = w->host.epoch;
        a->end.link->foreign = true;
        say_hello(w, a);
    } else if (a->welcomed && !a->waiting) {
        ask(w, a);
    } else if (a->waiting && a->end.link->conn != 0 && w->now.mono_ms - a->asked_ms > ANSWER_MS + EVERY_MS &&
               w->scenario.lazy_reader_rate == 0) {
        world_violate(w, "P9", "%s was asked %d ms ago", verbs[a->verb], ANSWER_MS);
    }
}

/* P8: the tables' counters add up to the daemon's, for each counter. */
static void check_ledger(struct world *w, const json_t *root)
{
    static const char *const columns[] = {"accepted",  "written", "failed",   "superseded",
                                          "withdrawn", "queued",  "in_flight"};
    const json_t *tables = json_object_get(root, "tables");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        json_int_t sum = 0, all = json_integer_value(json_object_get(json_object_get(root, "ledger"), columns[i]));
        for (size_t t = 0; t < json_array_size(tables); t++)
            sum += json_integer_value(json_object_get(json_array_get(tables, t), columns[i]));
        if (sum != all)
            world_violate(w, "P8", "status: the tables have %lld %s, the daemon says %lld", (long long)sum, columns[i],
                          (long long)all);
    }
}

/* Check the complete answer to this verb. */
static void check_answer(struct world *w, struct asker *a, const struct msg_reply *m)
{
    bool ok = span_equal(m->status, span_of("ok", 2));
    struct span text = pipe_view(&a->text);
    if (!ok && w->scenario.alloc_faults == 0 && a->verb < VERB_DESCRIBE)
        world_violate(w, "wire", "%s was answered %.*s: %.*s", verbs[a->verb], (int)m->status.n,
                      (const char *)m->status.p, (int)text.n, (const char *)text.p);
    if (ok && a->verb > 0) {
        json_t *root = json_loadb((const char *)text.p, text.n, 0, NULL);
        if (root == NULL)
            world_violate(w, "wire", "the answer to %s is no JSON: %.*s", verbs[a->verb], (int)text.n,
                          (const char *)text.p);
        else if (a->verb == VERB_STATUS)
            check_ledger(w, root);
        json_decref(root);
    }
    if (a->verb == VERB_FLUSH && ok)
        oracle_on_flush_all(w, a->epoch, a->seen);
}

static void read_frame(struct world *w, struct asker *a, struct span body)
{
    struct msg_reply m;
    char errmsg[MSG_ERRMSG];
    if (body.p[1] == MSG_WELCOME)
        a->welcomed = true;
    if (body.p[1] != MSG_REPLY)
        return;
    if (msg_decode_reply(body, &m, errmsg) != DDBS_OK || !a->waiting || m.id != a->id) {
        world_violate(w, "wire", "an asker got a REPLY that it did not ask for, or a broken one");
        return;
    }
    pipe_push(&a->text, m.payload.p, m.payload.n);
    a->waiting = m.more;
    if (!m.more)
        check_answer(w, a, &m);
}

static void on_bytes(struct world *w, struct link_end *e, struct span bytes)
{
    struct asker *a = CONTAINER_OF(e, struct asker, end);
    pipe_push(&a->in, bytes.p, bytes.n);
    for (;;) {
        struct span all = pipe_view(&a->in);
        if (all.n < FRAME_PEEK || all.n - FRAME_HEADER < be_load32(all.p))
            return;
        read_frame(w, a, span_of(all.p + FRAME_HEADER, be_load32(all.p)));
        pipe_pop(&a->in, FRAME_HEADER + be_load32(all.p));
    }
}

static void on_eof(struct world *w, struct link_end *e)
{
    (void)w;
    CONTAINER_OF(e, struct asker, end)->waiting = false;
}

void asker_init_all(struct world *w)
{
    w->asker_count = w->scenario.askers;
    w->askers = truth_alloc(w->asker_count * sizeof *w->askers);
    for (uint32_t i = 0; i < w->asker_count; i++) {
        w->askers[i] = (struct asker){.next = {.run = run_next}, .end = {.on_bytes = on_bytes, .on_eof = on_eof}};
        if ((w->options.reduce.askers >> i & 1) == 0)
            later(w, &w->askers[i]);
    }
}

void asker_leave_all(struct world *w)
{
    for (uint32_t i = 0; i < w->asker_count; i++) {
        world_cancel(w, &w->askers[i].next);
        if (w->askers[i].end.link != NULL)
            link_close(w, w->askers[i].end.link);
    }
}

void asker_fini_all(struct world *w)
{
    for (uint32_t i = 0; i < w->asker_count; i++) {
        pipe_fini(&w->askers[i].in);
        pipe_fini(&w->askers[i].text);
    }
    free(w->askers);
}
