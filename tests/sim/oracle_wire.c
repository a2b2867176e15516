/* oracle: see oracle.h. Checks on the wire, at the daemon's end. */
#include <inttypes.h>

#include "proto/err.h"
#include "tests/sim/actor.h"
#include "tests/sim/link.h"
#include "tests/sim/oracle.h"

static unsigned long long link_name(const struct link *l)
{
    return (unsigned long long)l->id;
}

void oracle_on_hello(struct world *w, struct link *l)
{
    struct writer *wr = &w->truth.writers[l->tap.writer];
    world_trace(w, "link %llu: HELLO of writer %u%s", link_name(l), l->tap.writer, l->tap.discard ? ", discard" : "");
    if (wr->link > l->id)
        return; /* a late HELLO: the newer connection stays (R2) */
    wr->link = l->id;
    for (struct list_node *n = w->links.first; n != NULL; n = n->next) {
        struct link *other = CONTAINER_OF(n, struct link, node);
        if (other != l && other->conn != 0 && other->tap.writer == l->tap.writer)
            oracle_on_given_up(w, other);
    }
}

/* True if the daemon certainly took a record of the writer since it sent the writer's epoch. */
static bool daemon_knows(const struct world *w, const struct writer *wr)
{
    for (uint32_t i = 0; i < wr->count; i++) {
        const struct record *rec = &w->truth.records[wr->records[i]];
        if (rec->received_link >= wr->epoch_link && !rec->doubtful)
            return true;
    }
    return false;
}

/* R2: a session that comes back too late must get another epoch, so that its client sets maybe_written. */
static void check_epoch(struct world *w, struct link *l, uint64_t epoch)
{
    struct writer *wr = &w->truth.writers[l->tap.writer];
    bool late = wr->gone_ms != 0 && w->now.mono_ms > wr->gone_ms + w->scenario.book_ms;
    if (late && wr->epoch == epoch && daemon_knows(w, wr))
        world_violate(w, "P1",
                      "writer %u is welcomed with its old epoch, %" PRIu64 " ms after its book could be forgotten",
                      (unsigned)l->tap.writer, w->now.mono_ms - wr->gone_ms - w->scenario.book_ms);
    if (wr->epoch != epoch)
        wr->epoch_link = l->id;
    wr->epoch = epoch;
    wr->gone_ms = 0;
}

/* C2: credit beyond what was sent is at most a window, or the record that waits. */
void oracle_on_credit(struct world *w, const struct link *l)
{
    const struct wire_tap *t = &l->tap;
    uint64_t most = w->scenario.max_window > t->wanted ? w->scenario.max_window : t->wanted;
    if (t->limit > t->used + most)
        world_violate(w, "P3", "writer %u has %" PRIu64 " bytes of credit left, its window is at most %" PRIu64,
                      (unsigned)t->writer, t->limit - t->used, most);
}

void oracle_on_welcome(struct world *w, struct link *l, uint64_t epoch)
{
    check_epoch(w, l, epoch);
    for (struct list_node *n = w->links.first; n != NULL; n = n->next) {
        struct link *other = CONTAINER_OF(n, struct link, node);
        if (other != l && other->conn != 0 && other->tap.writer == l->tap.writer && other->tap.fenced_ms == 0)
            other->tap.fenced_ms = w->now.mono_ms;
    }
}

void oracle_on_write(struct world *w, struct link *l, uint64_t seq, uint64_t cost)
{
    struct record *rec = truth_record_of(&w->truth, l->tap.writer, seq);
    if (rec == NULL) {
        world_violate(w, "client", "writer %u sends seq %" PRIu64 ", which was never put", l->tap.writer, seq);
        return;
    }
    if (l->tap.used > l->tap.limit)
        world_violate(w, "client", "writer %u sends beyond its credit of %" PRIu64, l->tap.writer, l->tap.limit);
    if (rec->cost != cost)
        world_violate(w, "client", "writer %u sends seq %" PRIu64 " with other bytes than were put", l->tap.writer,
                      seq);
    if (l->tap.fenced_ms != 0)
        return; /* dropped, must not count as received */
    if (rec->received_epoch != l->epoch)
        oracle_on_arrival(w, rec);
    else if (rec->doubtful)
        rec->unsure_epoch = l->epoch;
    rec->doubtful = false;
    rec->barred_epoch = 0; /* if the daemon had not recorded it yet, this is a new record */
    rec->received_epoch = l->epoch;
    rec->received_link = l->id;
    if (seq <= l->tap.upto)
        rec->covered_link = l->id;
}

/* The daemon closed the connection: what it had read but not admitted is dropped. */
void oracle_on_given_up(struct world *w, struct link *l)
{
    const struct writer *wr = &w->truth.writers[l->tap.writer];
    for (uint32_t i = 0; i < wr->count; i++) {
        struct record *rec = &w->truth.records[wr->records[i]];
        if (rec->received_link == l->id && rec->received_epoch == l->epoch)
            rec->doubtful = true;
    }
}

void oracle_on_failed(struct world *w, struct link *l, const struct msg_failure *f)
{
    struct record *rec = truth_record_of(&w->truth, l->tap.writer, f->seq);
    unsigned writer = l->tap.writer;
    if (rec == NULL || rec->received_epoch != l->epoch) {
        world_violate(w, "P1", "writer %u seq %" PRIu64 " is told failed, but never reached this daemon", writer,
                      f->seq);
        return;
    }
    bool book = !oracle_book_lost(w);
    if (book && (rec->acked_epoch == l->epoch || rec->written_epoch == l->epoch))
        world_violate(w, "P1", "writer %u seq %" PRIu64 " is told failed (%s) and was written", writer, f->seq,
                      err_name(f->code));
    else if (book && !f->maybe_written && (rec->applied_epochs >> l->epoch & 1) != 0)
        world_violate(w, "P1", "writer %u seq %" PRIu64 " is told failed (%s), not written, and was applied", writer,
                      f->seq, err_name(f->code));
    else if (book && rec->outstanding > 0)
        world_violate(w, "P1", "writer %u seq %" PRIu64 " is told failed while it is in flight", writer, f->seq);
    else if (!oracle_may_fail(w, rec, f->code))
        world_violate(w, "P5", "writer %u seq %" PRIu64 " (kind %d) is told failed with %s: %.*s", writer, f->seq,
                      (int)rec->bad, err_name(f->code), (int)f->message.n, (const char *)f->message.p);
    if (rec->failed_epoch != l->epoch)
        ++*(f->code == DDBS_E_ABORTED ? &w->truth.told_aborted : &w->truth.told_failed);
    rec->failed_epoch = l->epoch;
    rec->wire_maybe = f->maybe_written;
    rec->covered_link = l->id;
}

static void check_settled(struct world *w, struct link *l, struct record *rec)
{
    unsigned writer = l->tap.writer;
    bool here = rec->received_epoch == l->epoch && !rec->doubtful && !oracle_book_lost(w);
    rec->covered_link = l->id;
    if (rec->failed_epoch == l->epoch)
        return;
    if (rec->acked_epoch == l->epoch)
        rec->written_epoch = l->epoch;
    else if (here)
        world_violate(w, "P1", "writer %u seq %" PRIu64 " is told settled, was neither written nor told failed", writer,
                      rec->seq);
    else if (actor_unsettled(w, l->tap.writer, rec->seq))
        world_violate(w, "P1", "writer %u seq %" PRIu64 " is told settled and never reached this daemon", writer,
                      rec->seq);
}

void oracle_on_settled(struct world *w, struct link *l, uint64_t first, uint64_t last)
{
    if (last > w->truth.writers[l->tap.writer].count) {
        world_violate(w, "P1", "writer %u is told that seq %" PRIu64 " has settled, which was never put", l->tap.writer,
                      last);
        return;
    }
    for (uint64_t seq = first; seq <= last && !w->violated; seq++)
        check_settled(w, l, truth_record_of(&w->truth, l->tap.writer, seq));
}

void oracle_on_told(struct world *w, struct link *l)
{
    struct wire_tap *t = &l->tap;
    for (uint32_t i = 0; i < t->token_count; i++)
        if (t->tokens[i].due_ms == 0 && t->tokens[i].upto <= t->upto)
            t->tokens[i].due_ms = w->now.mono_ms;
}

void oracle_on_flushed(struct world *w, struct link *l, uint64_t upto)
{
    const struct writer *wr = &w->truth.writers[l->tap.writer];
    for (uint64_t seq = 1; seq <= upto && seq <= wr->count; seq++) {
        const struct record *rec = truth_record_of(&w->truth, l->tap.writer, seq);
        if (rec->received_link == l->id && rec->covered_link != l->id) {
            world_violate(w, "P1", "writer %u: FLUSHED up to %" PRIu64 " while seq %" PRIu64 " is not settled",
                          l->tap.writer, upto, seq);
            return;
        }
    }
}

void oracle_on_aborted(struct world *w, struct link *l, uint64_t upto)
{
    const struct writer *wr = &w->truth.writers[l->tap.writer];
    for (uint64_t seq = 1; seq <= upto && seq <= wr->count; seq++) {
        struct record *rec = truth_record_of(&w->truth, l->tap.writer, seq);
        if (rec->received_epoch != l->epoch || rec->doubtful || oracle_book_lost(w))
            continue;
        if (rec->failed_epoch != l->epoch && rec->written_epoch != l->epoch) {
            world_violate(w, "P1", "writer %u: ABORTED up to %" PRIu64 " while seq %" PRIu64 " is not settled",
                          l->tap.writer, upto, seq);
            return;
        }
        rec->barred_epoch = l->epoch;
    }
}

/* With "discard" the daemon drops what waits as soon as it sees the hang-up (S7). */
void oracle_on_hangup(struct world *w, struct link *l)
{
    const struct wire_tap *t = &l->tap;
    if (t->writer == WIRE_TAP_FOREIGN || !t->discard || t->said_bye || w->truth.writers[t->writer].link != l->id)
        return;
    const struct writer *wr = &w->truth.writers[t->writer];
    for (uint32_t i = 0; i < wr->count; i++) {
        struct record *rec = &w->truth.records[wr->records[i]];
        if (rec->received_epoch == l->epoch && rec->outstanding == 0 && rec->acked_epoch != l->epoch)
            rec->barred_epoch = l->epoch;
    }
}

/* With "deliver" everything sent before the close is delivered: the daemon must read to the end. */
void oracle_on_close(struct world *w, struct link *l)
{
    const struct wire_tap *t = &l->tap;
    if (t->writer != WIRE_TAP_FOREIGN && w->truth.writers[t->writer].link == l->id)
        w->truth.writers[t->writer].gone_ms = w->now.mono_ms;
    if (t->writer != WIRE_TAP_FOREIGN && w->host.draining && !t->said_bye && !l->hung_up && !l->eof_told)
        w->truth.writers[t->writer].sent_away_link = l->id;
    if (t->writer != WIRE_TAP_FOREIGN && t->discard)
        oracle_on_given_up(w, l); /* S7: what was not admitted yet is dropped */
    if (t->writer == WIRE_TAP_FOREIGN || !l->left || t->error || w->host.draining || w->scenario.alloc_faults > 0)
        return;
    if (w->truth.writers[t->writer].link != l->id)
        return; /* fenced */
    if ((!t->discard || t->said_bye) && t->welcomed && wire_tap_holds_write(l))
        world_violate(w, "P2", "writer %u left, and the daemon closed link %llu without reading what it had sent",
                      t->writer, link_name(l));
}
