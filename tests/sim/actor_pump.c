/* actor_pump: see actor_pump.h. */
#include "tests/sim/actor_pump.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/c/core_input.h"
#include "client/c/core_output.h"
#include "proto/err.h"
#include "tests/sim/oracle.h"

enum { ROUNDS_MAX = 1000, TAME_FLUSH_MS = 3000 };

/* Close the link's end. What it holds counts as sent before the close. */
static void hang_up(struct world *w, struct actor *a)
{
    if (a->end.link != NULL)
        link_close(w, a->end.link);
}

static void end(struct world *w, struct actor *a)
{
    if (a->end.link != NULL)
        w->truth.writers[a->writer].left_link = a->end.link->id;
    hang_up(w, a);
    world_cancel(w, &a->work);
    world_cancel(w, &a->timer);
    a->state = ACTOR_OVER;
}

void actor_vanish(struct world *w, struct actor *a)
{
    world_trace(w, "writer %u: vanishes, %" PRIu64 " unsettled", a->writer, a->core.counts.unsettled);
    end(w, a);
}

/* ---- what the core reports ---- */

static void take_failures(struct world *w, struct actor *a)
{
    struct failed_record *f;
    while ((f = core_failure_take(&a->core)) != NULL) {
        oracle_on_failure(w, a->writer, f->seq, f->code, f->maybe_written);
        failure_list_free(f);
    }
}

static void take_tokens(struct world *w, struct actor *a)
{
    for (uint32_t i = 0; i < a->token_count;) {
        const struct actor_token t = a->tokens[i];
        uint64_t took_ms = w->now.mono_ms - t.since_ms;
        bool done = core_flush_done(&a->core, t.token);
        if (a->tame && w->scenario.flood && took_ms > TAME_FLUSH_MS)
            world_violate(w, "P6", "writer %u of a healthy table waits %" PRIu64 " ms for its flush", a->writer,
                          took_ms);
        if (!done) {
            i++;
            continue;
        }
        oracle_on_flush_done(w, a->writer, t.token);
        a->tokens[i] = a->tokens[--a->token_count];
    }
}

static void check_counts(struct world *w, const struct actor *a)
{
    const struct core_counts *c = &a->core.counts;
    const struct writer *wr = &w->truth.writers[a->writer];
    if (c->put != wr->count || c->put != c->written + c->failed + c->superseded + c->aborted + c->unsettled)
        world_violate(w, "P8", "writer %u: the client's counts do not add up", a->writer);
    else if (c->failed != wr->failed || c->aborted != wr->aborted || c->superseded != 0)
        world_violate(w, "P8", "writer %u: counts say %" PRIu64 " failed, the list had %u", a->writer, c->failed,
                      wr->failed);
    else if (a->core.store.bytes > a->core.store.bytes_max && c->unsettled > 1)
        world_violate(w, "P3", "writer %u keeps %zu bytes, allowed are %zu", a->writer, a->core.store.bytes,
                      a->core.store.bytes_max);
}

/* The only terminal errors that a correct client may meet here come from losing its daemon too often. */
static void check_end(struct world *w, struct actor *a)
{
    const struct scenario *s = &w->scenario;
    int e = a->core.error;
    bool lossy = s->cut_rate > 0 || s->kills > 0 || s->drains > 0 || s->alloc_faults > 0;
    world_trace(w, "writer %u: ends with %s: %s", a->writer, err_name(e), a->core.errmsg);
    if (!lossy || (e != DDBS_E_CONNECTION_LOST && e != DDBS_E_NOT_REACHABLE && e != DDBS_E_TIMED_OUT))
        world_violate(w, "P2", "writer %u ended with %s: %s", a->writer, err_name(e), a->core.errmsg);
}

/* ---- the loop ---- */

static bool try_connect(struct world *w, struct actor *a)
{
    if (!core_wants_connect(&a->core))
        return false;
    if (link_open(w, &a->end, a->peer))
        core_connected(&a->core, w->now.mono_ms);
    else
        core_connect_failed(&a->core, w->now.mono_ms, DDBS_E_NOT_REACHABLE, "nobody listens");
    return true;
}

static bool send_some(struct world *w, struct actor *a)
{
    struct span spans[CORE_SPANS];
    size_t count, sent = 0, wanted = 0;
    if (a->end.link == NULL || (count = core_output(&a->core, spans)) == 0)
        return false;
    for (size_t i = 0; i < count && sent == wanted; i++) {
        wanted += spans[i].n;
        sent += link_send(w, a->end.link, spans[i]);
    }
    core_output_sent(&a->core, sent);
    return sent == wanted;
}

static bool close_if_wanted(struct world *w, struct actor *a)
{
    if (!core_wants_close(&a->core))
        return false;
    if (a->end.link != NULL) {
        struct span rest = link_rest(a->end.link);
        if (rest.n > 0)
            core_input_bytes(&a->core, w->now.mono_ms, rest);
        if (a->core.state == CORE_ENDED || a->core.state == CORE_FAILED || a->state == ACTOR_LEAVING)
            w->truth.writers[a->writer].left_link = a->end.link->id;
        hang_up(w, a);
    }
    core_eof(&a->core, w->now.mono_ms);
    return true;
}

static void arm_timer(struct world *w, struct actor *a)
{
    uint64_t due;
    if (!core_deadline(&a->core, &due))
        world_cancel(w, &a->timer);
    else
        world_in(w, &a->timer, due > w->now.mono_ms ? due - w->now.mono_ms : 0);
}

void actor_pump(struct world *w, struct actor *a)
{
    uint32_t rounds = 0;
    bool moved = true;
    while (moved && !w->violated && a->state != ACTOR_OVER) {
        moved = try_connect(w, a);
        moved |= send_some(w, a);
        moved |= close_if_wanted(w, a);
        core_tick(&a->core, w->now.mono_ms);
        if (++rounds > ROUNDS_MAX)
            world_violate(w, "P9", "the client core of writer %u finds no rest", a->writer);
    }
    if (w->violated || a->state == ACTOR_OVER)
        return;
    take_failures(w, a);
    take_tokens(w, a);
    check_counts(w, a);
    if (a->core.state == CORE_FAILED)
        check_end(w, a);
    if (a->core.state == CORE_FAILED || a->core.state == CORE_ENDED)
        end(w, a);
    else
        arm_timer(w, a);
}

static void on_bytes(struct world *w, struct link_end *e, struct span bytes)
{
    struct actor *a = CONTAINER_OF(e, struct actor, end);
    if (a->state == ACTOR_OVER)
        return;
    if (bytes.n > 0)
        core_input_bytes(&a->core, w->now.mono_ms, bytes);
    if (a->end.link != NULL) /* otherwise on_eof follows immediately */
        actor_pump(w, a);
}

static void on_eof(struct world *w, struct link_end *e)
{
    struct actor *a = CONTAINER_OF(e, struct actor, end);
    if (a->state == ACTOR_OVER)
        return;
    core_eof(&a->core, w->now.mono_ms);
    actor_pump(w, a);
}

static void run_timer(struct world *w, struct event *ev)
{
    struct actor *a = CONTAINER_OF(ev, struct actor, timer);
    actor_pump(w, a);
}

void actor_birth(struct world *w, struct actor *a)
{
    struct core_config c = {
        .table = span_of(truth_table_name(a->table), strlen(truth_table_name(a->table))),
        .client = span_of("sim", 3),
        .pid = (uint64_t)a->peer.pid,
        .seed = rng_next(&w->rng),
        .discard = w->truth.writers[a->writer].discard,
        .memory_max = w->scenario.client_memory,
        .failures_max = 1000000,
        .connect_timeout_ms = CORE_CONNECT_MS,
        .reconnect_timeout_ms = CORE_RECONNECT_MS,
        .linger_ms = dice_between(&w->rng, 0, CORE_LINGER_MS),
    };
    wire_tap_session(a->writer, (uint32_t)rng_next(&w->rng), c.session);
    if (core_init(&a->core, &c, w->now.mono_ms) != DDBS_OK)
        world_violate(w, "client", "core_init failed");
    a->end.on_bytes = on_bytes;
    a->end.on_eof = on_eof;
    a->timer.run = run_timer;
    a->state = ACTOR_WORKING;
    world_trace(w, "writer %u: born, %u records to table %u%s", a->writer, a->left, a->table,
                c.discard ? ", discard" : "");
}
