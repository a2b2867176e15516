/* actor: see actor.h. What an actor does; actor_pump.c drives its core. */
#include "tests/sim/actor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/err.h"
#include "tests/sim/actor_pump.h"
#include "tests/sim/payload.h"

enum { OWN_KEYS_FROM = 1000, CALM_THINK_MS = 50, TOO_LARGE_PAD = 410 * 1024 };

static struct actor *actor_of_work(struct event *ev)
{
    return CONTAINER_OF(ev, struct actor, work);
}

/* ---- records ---- */

static enum badness draw_badness(struct world *w, const struct actor *a)
{
    if (a->tame)
        return BAD_NONE;
    if (dice(&w->rng, w->scenario.poison_rate))
        return BAD_POISON;
    if (!dice(&w->rng, w->scenario.bad_rate))
        return BAD_NONE;
    return dice(&w->rng, 100) ? BAD_TOO_LARGE : (enum badness)dice_between(&w->rng, BAD_NO_KEY, BAD_UNKNOWN_OP);
}

static uint32_t draw_key(struct world *w, const struct actor *a)
{
    const struct scenario *s = &w->scenario;
    if (dice(&w->rng, s->hot_rate))
        return truth_key(&w->truth, a->table, dice_between(&w->rng, 0, s->hot_keys - 1), TRUTH_NONE);
    uint32_t number = OWN_KEYS_FROM * (a->writer + 1) + dice_between(&w->rng, 0, s->own_keys - 1);
    return truth_key(&w->truth, a->table, number, a->writer);
}

static void make_record(struct world *w, struct actor *a)
{
    uint32_t index = truth_record_add(&w->truth, a->writer, a->table);
    struct record *rec = &w->truth.records[index];
    rec->bad = draw_badness(w, a);
    rec->key = draw_key(w, a);
    rec->pad_bytes = dice_between(&w->rng, 0, w->scenario.pad_bytes);
    struct key *k = w->truth.keys[rec->key];
    rec->op = OP_PUT;
    rec->has_alt = w->model.remade_ms != 0 && w->model.remade_table == a->table && dice(&w->rng, 800);
    if (rec->bad == BAD_NONE && k->deleted_by == TRUTH_NONE && dice(&w->rng, w->scenario.delete_rate)) {
        rec->op = OP_DELETE;
        rec->has_alt = model_remade(w, a->table);
        k->deleted_by = index;
    } else if (rec->bad == BAD_UNKNOWN_OP) {
        rec->op = 7;
    } else if (rec->bad == BAD_TOO_LARGE) {
        rec->pad_bytes = TOO_LARGE_PAD;
    }
    static uint8_t buffer[PAYLOAD_MAX];
    a->item_bytes = payload_make(&w->truth, index, &w->rng, buffer);
    a->item = truth_realloc(a->item, a->item_bytes);
    memcpy(a->item, buffer, a->item_bytes);
    rec->cost = (uint32_t)a->item_bytes + 2 + MSG_COST_OVERHEAD;
    a->pending = index;
}

/* Put one more record. True if it was put. */
static bool put_one(struct world *w, struct actor *a)
{
    uint64_t seq;
    if (a->pending == TRUTH_NONE)
        make_record(w, a);
    struct record *rec = &w->truth.records[a->pending];
    int rc = core_put(&a->core, w->now.mono_ms, rec->op, span_of(a->item, a->item_bytes), &seq);
    if (rc == CORE_AGAIN)
        return false;
    if (rc == DDBS_OK) {
        truth_record_put(&w->truth, a->pending, seq);
        w->ops++;
    } else if (rc != a->core.error || rc == DDBS_OK)
        world_violate(w, "client", "core_put returned %s", err_name(rc));
    a->pending = TRUTH_NONE;
    a->left--;
    return rc == DDBS_OK;
}

/* ---- the script ---- */

static void work_later(struct world *w, struct actor *a)
{
    uint32_t think_ms = w->scenario.crowd && a->tame ? CALM_THINK_MS : w->scenario.think_ms;
    world_in(w, &a->work, 1 + rng_below(&w->rng, think_ms + 1u));
}

static void ask_flush(struct world *w, struct actor *a, bool wait)
{
    uint64_t token;
    if (a->token_count == ACTOR_TOKENS_MAX)
        return;
    int rc = core_flush(&a->core, &token);
    if (rc == CORE_AGAIN || (rc < 0 && rc == a->core.error))
        return;
    if (rc != DDBS_OK)
        world_violate(w, "client", "core_flush returned %s", err_name(rc));
    a->tokens[a->token_count++] = (struct actor_token){.token = token, .since_ms = w->now.mono_ms};
    if (wait)
        a->state = ACTOR_FLUSHING;
}

static void ask_abort(struct world *w, struct actor *a)
{
    w->truth.writers[a->writer].abort_upto = a->core.counts.put;
    world_trace(w, "writer %u: aborts up to %" PRIu64, a->writer, a->core.counts.put);
    if (core_abort(&a->core, w->now.mono_ms) == DDBS_OK)
        a->state = ACTOR_ABORTING;
}

static void say_bye(struct world *w, struct actor *a)
{
    world_trace(w, "writer %u: BYE, %" PRIu64 " unsettled", a->writer, a->core.counts.unsettled);
    a->state = ACTOR_LEAVING;
    core_bye(&a->core);
}

/* Called when the last record has been put. */
static void finish(struct world *w, struct actor *a)
{
    if (!a->tame && !w->healed && dice(&w->rng, w->scenario.leave_rate)) {
        if (dice(&w->rng, 500))
            say_bye(w, a);
        else
            actor_vanish(w, a);
        return;
    }
    a->last_flush = true;
    ask_flush(w, a, true);
}

static void do_work(struct world *w, struct actor *a)
{
    const struct scenario *s = &w->scenario;
    uint32_t burst = dice_between(&w->rng, 1, s->crowd && a->tame ? 2 : s->burst);
    if (!w->healed && !a->tame && dice(&w->rng, s->crash_rate)) {
        actor_vanish(w, a);
        return;
    }
    if (world_ops_over(w))
        a->left = 0;
    while (burst-- > 0 && a->left > 0 && !world_ops_over(w) && put_one(w, a))
        ;
    if (dice(&w->rng, s->flush_rate))
        ask_flush(w, a, dice(&w->rng, 500));
    else if (!a->tame && !w->healed && dice(&w->rng, s->abort_rate))
        ask_abort(w, a);
    else if (a->left == 0)
        finish(w, a);
}

static void run_work(struct world *w, struct event *ev)
{
    struct actor *a = actor_of_work(ev);
    if (a->state == ACTOR_UNBORN)
        actor_birth(w, a);
    else if (a->state == ACTOR_WORKING)
        do_work(w, a);
    else if (a->state == ACTOR_ABORTING && core_abort_done(&a->core))
        a->state = ACTOR_WORKING;
    else if (a->state == ACTOR_FLUSHING && a->token_count == 0 && a->last_flush) {
        w->truth.writers[a->writer].settled = a->core.counts.unsettled == 0;
        say_bye(w, a);
    } else if (a->state == ACTOR_FLUSHING && a->token_count == 0)
        a->state = ACTOR_WORKING;
    if (a->state == ACTOR_OVER)
        return;
    work_later(w, a);
    actor_pump(w, a);
}

/* ---- all actors ---- */

void actor_init_all(struct world *w)
{
    const struct scenario *s = &w->scenario;
    w->actor_count = s->clients + s->clients / 2;
    w->actors = truth_alloc(w->actor_count * sizeof *w->actors);
    for (uint32_t i = 0; i < w->actor_count; i++) {
        struct actor *a = &w->actors[i];
        *a = (struct actor){.writer = i, .pending = TRUTH_NONE};
        a->peer = (struct peer){.uid = ACTOR_UID + i % s->uids, .gid = 1000, .pid = (int32_t)(4000 + i)};
        a->tame = (s->flood || s->crowd) && i < 2;
        a->table = s->flood ? !a->tame : dice_between(&w->rng, 0, s->tables - 1);
        a->left = s->crowd && !a->tame ? s->records : dice_between(&w->rng, 1, s->records);
        a->work.run = run_work;
        w->truth.writers[i].discard = !a->tame && dice(&w->rng, s->discard_rate);
        uint64_t latest = i < s->clients ? 50 : (s->heal_ms - w->now.mono_ms) / 2;
        uint64_t birth = rng_below(&w->rng, latest);
        a->absent = (w->options.reduce.writers >> i & 1) != 0;
        if (!a->absent)
            world_in(w, &a->work, birth);
    }
}

void actor_fini_all(struct world *w)
{
    for (uint32_t i = 0; i < w->actor_count; i++) {
        free(w->actors[i].item);
        if (w->actors[i].state != ACTOR_UNBORN)
            core_fini(&w->actors[i].core);
    }
    free(w->actors);
}

bool actor_all_over(const struct world *w)
{
    for (uint32_t i = 0; i < w->actor_count; i++)
        if (w->actors[i].state != ACTOR_OVER && !w->actors[i].absent)
            return false;
    return true;
}

bool actor_unsettled(const struct world *w, uint32_t writer, uint64_t seq)
{
    const struct actor *a = &w->actors[writer];
    return a->state != ACTOR_UNBORN && a->state != ACTOR_OVER && core_unsettled(&a->core, seq);
}

void actor_describe(const struct world *w, char *out, size_t cap)
{
    size_t n = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < w->actor_count && n < cap; i++) {
        const struct actor *a = &w->actors[i];
        if (a->state != ACTOR_OVER && !a->absent)
            n += (size_t)snprintf(out + n, cap - n,
                                  "; writer %u (table %u) state %d core %d link %d unsettled %" PRIu64
                                  " unsent %" PRIu64 " credit %" PRIu64 " of %" PRIu64 "%s notice '%s' left %u",
                                  i, a->table, (int)a->state, (int)a->core.state, a->end.link != NULL,
                                  a->core.counts.unsettled, a->core.store.unsent, window_left(&a->core.window),
                                  a->core.window.limit, a->core.blocked_seq != 0 ? " blocked" : "", a->core.reason,
                                  a->left);
    }
}
