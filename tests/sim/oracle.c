/* oracle: see oracle.h. Checks at the service and at the writer. */
#include "tests/sim/oracle.h"

#include <inttypes.h>

#include "proto/err.h"
#include "tests/sim/actor.h"
#include "tests/sim/call.h"

enum { TURN_BYTES = 18 * 1024 }; /* of one writer in one round: the quantum plus one record */

static uint64_t epoch_bit(uint64_t epoch)
{
    return UINT64_C(1) << (epoch & 63);
}

/* ---- at the service ---- */

static void check_start(struct world *w, const struct call *c, const struct order_item *it)
{
    const struct record *rec = &w->truth.records[it->record];
    unsigned writer = rec->writer;
    if (w->truth.keys[it->key]->outstanding > 1)
        world_violate(w, "P4", "two writes to key %s are in flight together (writer %u seq %" PRIu64 ")",
                      w->truth.keys[it->key]->text, writer, rec->seq);
    else if (rec->received_epoch != c->epoch)
        world_violate(w, "P7", "writer %u seq %" PRIu64 " is sent to the service but never reached this daemon", writer,
                      rec->seq);
    else if (rec->barred_epoch == c->epoch && !oracle_book_lost(w))
        world_violate(w, "P2", "writer %u seq %" PRIu64 " was withdrawn and is sent to the service all the same",
                      writer, rec->seq);
    else if (rec->acked_epoch == c->epoch && !oracle_book_lost(w))
        world_violate(w, "P7", "writer %u seq %" PRIu64 " is written already and is sent again by the same daemon",
                      writer, rec->seq);
    else if (rec->failed_epoch == c->epoch && !oracle_book_lost(w))
        world_violate(w, "P1", "writer %u seq %" PRIu64 " was told failed and is sent to the service all the same",
                      writer, rec->seq);
    else if (rec->bad != BAD_NONE && rec->bad != BAD_POISON)
        world_violate(w, "P5", "writer %u seq %" PRIu64 " is a bad item and was sent to the service", writer, rec->seq);
}

void oracle_on_arrival(struct world *w, struct record *rec)
{
    struct writer *wr = &w->truth.writers[rec->writer];
    rec->arrival = ++w->truth.arrivals;
    rec->own = wr->started;
    rec->others = w->truth.started - wr->started;
    rec->ahead = wr->arrived - wr->started;
    wr->arrived += rec->cost;
}

/* P6: while all write one table and nothing fails, nobody waits longer than its share of turns allows. */
static void check_turns(struct world *w, const struct record *rec)
{
    struct writer *wr = &w->truth.writers[rec->writer];
    uint64_t others = w->truth.started - wr->started - rec->others;
    uint64_t rounds = rec->ahead / TURN_BYTES + 4;
    wr->started += rec->cost;
    w->truth.started += rec->cost;
    if (w->scenario.crowd && others > rounds * w->actor_count * TURN_BYTES)
        world_violate(w, "P6",
                      "writer %u seq %" PRIu64 " had %" PRIu64 " bytes before it and waited for %" PRIu64
                      " bytes of others",
                      (unsigned)rec->writer, rec->seq, rec->ahead, others);
}

void oracle_on_start(struct world *w, const struct call *c)
{
    if (c->order.count > 0)
        w->model.begun_ms = w->now.mono_ms;
    for (uint32_t i = 0; i < c->order.count; i++) {
        check_start(w, c, &c->order.items[i]);
        check_turns(w, &w->truth.records[c->order.items[i].record]);
    }
}

/* On-time writes of one session to one key happen in seq order within an epoch. */
static void check_order(struct world *w, const struct call *c, const struct record *rec)
{
    struct key *k = w->truth.keys[rec->key];
    if (k->order[rec->writer].epoch == c->epoch && k->order[rec->writer].seq > rec->seq && !oracle_book_lost(w))
        world_violate(w, "P4", "key %s: writer %u seq %" PRIu64 " was written after its seq %" PRIu64, k->text,
                      (unsigned)rec->writer, rec->seq, k->order[rec->writer].seq);
    k->order[rec->writer].epoch = c->epoch;
    k->order[rec->writer].seq = rec->seq;
}

/* R3: between sessions the order of receipt counts. Not checked where memory is tight: the daemon then receives later
 * than the wire shows. */
static void check_receipt(struct world *w, const struct call *c, uint32_t index)
{
    const struct record *rec = &w->truth.records[index];
    struct key *k = w->truth.keys[rec->key];
    if (rec->unsure_epoch == c->epoch || oracle_book_lost(w) || w->scenario.memory_max < SCENARIO_MEMORY)
        return;
    const struct record *newest = k->newest != TRUTH_NONE ? &w->truth.records[k->newest] : NULL;
    if (newest != NULL && k->newest_epoch == c->epoch && newest->arrival > rec->arrival)
        world_violate(w, "P4",
                      "key %s: writer %u seq %" PRIu64 " was written after seq %" PRIu64
                      " of writer %u, which was received later",
                      k->text, (unsigned)rec->writer, rec->seq, newest->seq, (unsigned)newest->writer);
    k->newest = index;
    k->newest_epoch = c->epoch;
}

void oracle_on_apply(struct world *w, const struct call *c, const struct order_item *it)
{
    struct record *rec = &w->truth.records[it->record];
    struct key *k = w->truth.keys[it->key];
    bool late = c->job == NULL;
    rec->applied++;
    rec->applied_epochs |= epoch_bit(c->epoch);
    k->last_applied = it->record;
    if (late)
        k->late = true;
    else {
        check_order(w, c, rec);
        check_receipt(w, c, it->record);
    }
    bool denied = rec->failed_epoch == c->epoch && !rec->wire_maybe && !oracle_book_lost(w);
    if (denied || (rec->failed && !rec->failed_maybe))
        world_violate(w, "P1", "writer %u seq %" PRIu64 " was told failed, not written, and is applied",
                      (unsigned)rec->writer, rec->seq);
}

/* The production parser must read from the answer what the service put into it. */
void oracle_on_answer(struct world *w, const struct call *c, const struct job_result *result)
{
    bool good = c->transport == TRANSPORT_OK && !c->corrupt && c->status == 200;
    if (good != (result->outcome == JOB_DONE)) {
        world_violate(w, "codec", "status %d%s was judged %s: %s", c->status, c->corrupt ? ", spoiled," : "",
                      job_outcome_name(result->outcome), result->text);
        return;
    }
    for (uint32_t i = 0; good && i < c->order.count; i++)
        if (result->unprocessed[i] == c->acked[i])
            world_violate(w, "codec", "item %u was read as %s", i, result->unprocessed[i] ? "unprocessed" : "written");
    if (!good && c->apply_count > 0 && !result->maybe_written)
        world_violate(w, "codec", "%s was judged as surely not written", job_outcome_name(result->outcome));
}

/* ---- at the writer ---- */

bool oracle_may_fail(const struct world *w, const struct record *rec, int code)
{
    const struct writer *wr = &w->truth.writers[rec->writer];
    if (code == DDBS_E_ABORTED)
        return rec->seq <= wr->abort_upto || wr->discard;
    if (rec->bad != BAD_NONE && code == truth_bad_code(rec->bad))
        return true;
    bool stale = model_remade(w, rec->table) && (!rec->has_alt || rec->op == OP_DELETE);
    if (stale && (code == DDBS_E_MISSING_KEY || code == DDBS_E_REJECTED))
        return true; /* a delete by the new key is too early while the daemon still has the old schema */
    return model_table_was_unusable(w, rec->table, code);
}

void oracle_on_failure(struct world *w, uint32_t writer, uint64_t seq, int code, bool maybe_written)
{
    struct record *rec = truth_record_of(&w->truth, writer, seq);
    struct writer *wr = &w->truth.writers[writer];
    if (rec == NULL || rec->failed) {
        world_violate(w, "P1", "writer %u: the client core reports seq %" PRIu64 " as failed %s", (unsigned)writer, seq,
                      rec == NULL ? "that was never put" : "twice");
        return;
    }
    rec->failed = true;
    rec->failed_code = code;
    rec->failed_maybe = maybe_written;
    if (code == DDBS_E_ABORTED)
        wr->aborted++;
    else
        wr->failed++;
    if (rec->applied > 0 && !maybe_written)
        world_violate(w, "P1", "writer %u seq %" PRIu64 " failed with %s, not written, and was applied",
                      (unsigned)writer, seq, err_name(code));
    else if (!oracle_may_fail(w, rec, code))
        world_violate(w, "P5", "writer %u seq %" PRIu64 " (kind %d) failed with %s", (unsigned)writer, seq,
                      (int)rec->bad, err_name(code));
}

static void check_settled(struct world *w, uint32_t writer, uint64_t seq)
{
    const struct record *rec = truth_record_of(&w->truth, writer, seq);
    if (rec->failed)
        return;
    if (actor_unsettled(w, writer, seq))
        world_violate(w, "P1", "writer %u: a flush is done while seq %" PRIu64 " is not settled", (unsigned)writer,
                      seq);
    else if (rec->applied == 0)
        world_violate(w, "P1", "writer %u: a flush is done, seq %" PRIu64 " is neither written nor reported failed",
                      (unsigned)writer, seq);
    else if (rec->bad != BAD_NONE)
        world_violate(w, "P5", "writer %u: the bad item seq %" PRIu64 " counts as written", (unsigned)writer, seq);
}

void oracle_on_flush_done(struct world *w, uint32_t writer, uint64_t upto)
{
    struct writer *wr = &w->truth.writers[writer];
    while (wr->flushed_upto < upto && !w->violated)
        check_settled(w, writer, ++wr->flushed_upto);
}

/* Skips records that may have failed or been withdrawn without the oracle knowing it yet. */
void oracle_on_flush_all(struct world *w, uint64_t epoch, uint64_t seen)
{
    if (w->scenario.alloc_faults > 0)
        return; /* the daemon may drop what it has no memory for and make the client resend */
    for (uint32_t i = 0; i < w->truth.record_count; i++) {
        const struct record *rec = &w->truth.records[i];
        const struct writer *wr = &w->truth.writers[rec->writer];
        bool clear = rec->bad == BAD_NONE && !rec->doubtful && !wr->discard && rec->seq > wr->abort_upto &&
                     !oracle_may_fail(w, rec, DDBS_E_ACCESS_DENIED) &&
                     !oracle_may_fail(w, rec, DDBS_E_TABLE_NOT_FOUND) && !oracle_may_fail(w, rec, DDBS_E_MISSING_KEY);
        if (clear && rec->received_epoch == epoch && rec->arrival <= seen && rec->acked_epoch != epoch &&
            rec->failed_epoch != epoch && rec->received_link == wr->link && w->scenario.pad_bytes < 10000)
            world_violate(w, "P1",
                          "a flush of everything is done, writer %u seq %" PRIu64 " had arrived and is not settled",
                          (unsigned)rec->writer, rec->seq);
    }
}

/* ---- the end ---- */

static void check_left(struct world *w, const struct writer *wr, const struct record *rec)
{
    bool failed = rec->failed || rec->failed_epoch == rec->received_epoch;
    bool may_fail = failed || rec->bad != BAD_NONE || oracle_may_fail(w, rec, DDBS_E_ACCESS_DENIED) ||
                    oracle_may_fail(w, rec, DDBS_E_TABLE_NOT_FOUND) || oracle_may_fail(w, rec, DDBS_E_MISSING_KEY) ||
                    rec->seq <= wr->abort_upto;
    if (w->scenario.alloc_faults == 0 && !rec->doubtful && rec->received_link == wr->left_link &&
        rec->received_epoch == w->host.epoch && rec->applied == 0 && !may_fail)
        world_violate(w, "P2", "writer %u left, its seq %" PRIu64 " had reached the daemon and was never written",
                      (unsigned)rec->writer, rec->seq);
}

static void check_record(struct world *w, const struct record *rec)
{
    const struct writer *wr = &w->truth.writers[rec->writer];
    if (rec->seq == 0)
        return;
    if (wr->settled && !rec->failed && rec->applied == 0)
        world_violate(w, "P2", "writer %u seq %" PRIu64 " is neither written nor reported failed",
                      (unsigned)rec->writer, rec->seq);
    if (wr->left_link != 0 && !wr->discard)
        check_left(w, wr, rec);
    if (rec->bad != BAD_NONE && rec->applied > 0)
        world_violate(w, "P5", "writer %u: the bad item seq %" PRIu64 " was applied", (unsigned)rec->writer, rec->seq);
}

static bool surely_written(const struct truth *t, const struct record *rec)
{
    return t->writers[rec->writer].flushed_upto >= rec->seq && !rec->failed;
}

/* With a single writer and nothing late, the table holds the last write that settled as written. */
static void check_final_value(struct world *w, const struct key *k)
{
    const struct writer *wr = &w->truth.writers[k->writer];
    uint64_t last = k->last_applied != TRUTH_NONE ? w->truth.records[k->last_applied].seq : 0;
    for (uint32_t i = 0; i < wr->count; i++) {
        const struct record *rec = &w->truth.records[wr->records[i]];
        if (w->truth.keys[rec->key] == k && rec->seq > last && surely_written(&w->truth, rec))
            world_violate(w, "P4", "key %s holds seq %" PRIu64 " of writer %u, the last one written was seq %" PRIu64,
                          k->text, last, (unsigned)k->writer, rec->seq);
    }
}

void oracle_final(struct world *w)
{
    for (uint32_t i = 0; i < w->truth.record_count && !w->violated; i++)
        check_record(w, &w->truth.records[i]);
    for (uint32_t i = 0; i < w->truth.key_count && !w->violated; i++)
        if (w->truth.keys[i]->writer != TRUTH_NONE && !w->truth.keys[i]->late)
            check_final_value(w, w->truth.keys[i]);
}
