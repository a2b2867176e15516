/* oracle: see oracle.h. Compares the engine's published counters with the oracle's own, and detects stalls. */
#include <inttypes.h>

#include "proto/err.h"
#include "proto/frame.h"
#include "tests/sim/link.h"
#include "tests/sim/oracle.h"

enum { FENCE_MS = 200, TOKEN_MS = 200, LARGEST_COST = 64 * 1024, NOTICE_MS = 5000, MEMORY_EVERY = 32 };

static void check_books(struct world *w, const struct engine_counts *c)
{
    const struct ledger *l = &c->ledger;
    uint64_t sum = l->written + l->failed + l->superseded + l->withdrawn + l->queued + l->in_flight;
    if (l->accepted != sum)
        world_violate(w, "P8", "accepted %" PRIu64 ", but the books hold %" PRIu64, l->accepted, sum);
    else if (l->written != w->model.acked)
        world_violate(w, "P8", "the books say %" PRIu64 " written, the service answered %" PRIu64, l->written,
                      w->model.acked);
    else if (l->in_flight != w->model.outstanding_items)
        world_violate(w, "P8", "the books say %" PRIu64 " in flight, the service has %u", l->in_flight,
                      w->model.outstanding_items);
    else if (l->failed < w->truth.told_failed || l->withdrawn < w->truth.told_aborted)
        world_violate(w, "P8",
                      "the books say %" PRIu64 " failed and %" PRIu64 " withdrawn, clients were told of %" PRIu64
                      " and %" PRIu64,
                      l->failed, l->withdrawn, w->truth.told_failed, w->truth.told_aborted);
    else if (c->jobs != w->model.outstanding)
        world_violate(w, "P8", "the engine counts %" PRIu64 " requests, the service has %u", c->jobs,
                      w->model.outstanding);
}

static void check_limits(struct world *w, const struct engine_counts *c)
{
    uint64_t max = w->scenario.memory_max;
    if (c->record_bytes_max > max / 2 || c->body_bytes_max > max / 4 || c->input_bytes_max > max / 4)
        world_violate(w, "P3", "the pools are larger than memory_max allows");
    else if (c->record_bytes > c->record_bytes_max || c->body_bytes > c->body_bytes_max ||
             c->input_bytes > c->input_bytes_max)
        world_violate(w, "P3",
                      "a pool holds more than its limit: records %" PRIu64 ", bodies %" PRIu64 ", input %" PRIu64,
                      c->record_bytes, c->body_bytes, c->input_bytes);
}

/* C4: a user has at most as much as is left beside its table's share, a table as much as is free. */
static void check_shares(struct world *w, uint64_t of[SCENARIO_TABLES_MAX][SCENARIO_UIDS_MAX], uint64_t input_bytes)
{
    uint64_t size = w->scenario.memory_max / 2;
    uint64_t waiting = input_bytes + LARGEST_COST; /* read but not admitted, plus the last record that was admitted */
    for (uint32_t t = 0; t < SCENARIO_TABLES_MAX; t++) {
        uint64_t sum = 0;
        for (uint32_t u = 0; u < SCENARIO_UIDS_MAX; u++) {
            sum += of[t][u];
            if (of[t][u] > size / 3 + waiting)
                world_violate(w, "P6", "user %u has %" PRIu64 " bytes of %s in a pool of %" PRIu64, u, of[t][u],
                              truth_table_name(t), size);
        }
        if (sum > size / 2 + waiting)
            world_violate(w, "P6", "%s has %" PRIu64 " bytes in a pool of %" PRIu64, truth_table_name(t), sum, size);
    }
}

/* True if only the service's answer can settle it. The oracle learns of other outcomes only when they are reported. */
static bool stays_held(const struct world *w, const struct record *rec)
{
    const struct writer *wr = &w->truth.writers[rec->writer];
    return rec->bad == BAD_NONE && rec->seq > wr->abort_upto && !wr->discard && w->scenario.remakes == 0 &&
           !model_table_had_trouble(w, rec->table);
}

/* What the daemon must hold, derived from what it received and what became of it: the record pool, and what waits for
 * it in the connections' input buffers. */
static void check_memory(struct world *w, const struct engine_counts *c)
{
    uint64_t held = 0;
    uint64_t of[SCENARIO_TABLES_MAX][SCENARIO_UIDS_MAX] = {{0}};
    uint64_t most = w->scenario.memory_max / 2 + w->links.count * (FRAME_BUFFERED_MAX + FRAME_SMALL_MAX);
    for (uint32_t i = 0; i < w->truth.record_count; i++) {
        const struct record *rec = &w->truth.records[i];
        const struct writer *wr = &w->truth.writers[rec->writer];
        if (rec->received_epoch == w->host.epoch && rec->acked_epoch != w->host.epoch &&
            rec->failed_epoch != w->host.epoch && wr->left_link == 0 && !rec->doubtful) {
            held += rec->cost;
            if (stays_held(w, rec))
                of[rec->table][rec->writer % w->scenario.uids] += rec->cost;
        }
    }
    if (!w->host.draining) /* a drain closes connections and drops their input that was not admitted */
        check_shares(w, of, c->input_bytes);
    if (held > most)
        world_violate(w, "P3", "the daemon holds %" PRIu64 " bytes of records, memory_max is %" PRIu64, held,
                      w->scenario.memory_max);
}

/* I6: a token is answered once nothing blocks it, if its client reads. */
static void check_tokens(struct world *w, struct link *l, bool reads)
{
    struct wire_tap *t = &l->tap;
    for (uint32_t i = 0; i < t->token_count; i++) {
        struct wire_tap_token *token = &t->tokens[i];
        if (token->due_ms != 0 && !reads)
            token->due_ms = w->now.mono_ms;
        else if (token->due_ms != 0 && w->now.mono_ms > token->due_ms + TOKEN_MS)
            world_violate(w, "P1", "writer %u: nothing is open up to %" PRIu64 ", and its flush is not answered",
                          (unsigned)t->writer, token->upto);
    }
}

/* P9: a client that waits for long gets the reason. */
static void check_notice(struct world *w, struct link *l, bool reads)
{
    struct wire_tap *t = &l->tap;
    if (t->waits_ms == 0)
        return;
    if (!reads || t->reason_told)
        t->waits_ms = w->now.mono_ms;
    else if (w->now.mono_ms > t->waits_ms + NOTICE_MS + w->scenario.linger_ms)
        world_violate(w, "P9", "writer %u waits for %" PRIu64 " ms and was not told why", (unsigned)t->writer,
                      w->now.mono_ms - t->waits_ms);
}

static void check_links(struct world *w)
{
    for (struct list_node *n = w->links.first; n != NULL; n = n->next) {
        struct link *l = CONTAINER_OF(n, struct link, node);
        const struct wire_tap *t = &l->tap;
        bool reads = l->conn != 0 && !l->hung_up && l->end != NULL && l->down.n == 0 && !t->said_bye && !t->error;
        if (t->token_count > 0)
            check_tokens(w, l, reads);
        check_notice(w, l, reads);
        uint64_t last_words_ms = l->writing ? 6000 : FENCE_MS; /* while writing: time to get its ERROR */
        if (l->conn != 0 && l->tap.fenced_ms != 0 && w->now.mono_ms > l->tap.fenced_ms + last_words_ms)
            world_violate(w, "P4", "link %llu lives on although its session has a newer connection",
                          (unsigned long long)l->id);
    }
}

/* R5: after the handover no request starts before the remaining writers got the outcomes of the others and were sent to
 * the next daemon. */
static void check_handover(struct world *w)
{
    const struct host *h = &w->host;
    if (!h->draining || w->model.begun_ms <= h->drain_ms + h->config.handover_ms)
        return;
    for (const struct list_node *n = w->links.first; n != NULL; n = n->next) {
        const struct link *l = CONTAINER_OF(n, struct link, node);
        const struct wire_tap *t = &l->tap;
        if (l->conn != 0 && l->end != NULL && t->welcomed && t->writer != WIRE_TAP_FOREIGN && !t->said_bye && !t->error)
            world_violate(w, "P9",
                          "a request began %" PRIu64 " ms after SIGTERM, and writer %u is connected all the same",
                          w->model.begun_ms - h->drain_ms, (unsigned)t->writer);
    }
}

/* R5: before drain_timeout is over, only records of tables that an operator must repair may be left. */
void oracle_on_stopped(struct world *w)
{
    const struct host *h = &w->host;
    if (w->now.mono_ms >= h->drain_ms + h->config.drain_timeout_ms || w->scenario.alloc_faults > 0)
        return;
    for (uint32_t i = 0; i < w->truth.record_count; i++) {
        const struct record *rec = &w->truth.records[i];
        const struct writer *wr = &w->truth.writers[rec->writer];
        bool left = rec->received_epoch == h->epoch && rec->received_link == wr->left_link && !rec->doubtful &&
                    rec->received_link != wr->sent_away_link; /* as far as it knows, that one goes to the next daemon */
        bool may_fail = rec->bad != BAD_NONE || rec->seq <= wr->abort_upto || wr->discard ||
                        model_table_had_trouble(w, rec->table) || oracle_may_fail(w, rec, DDBS_E_MISSING_KEY);
        if (left && !may_fail && rec->acked_epoch != h->epoch && rec->failed_epoch != h->epoch)
            world_violate(w, "P2",
                          "writer %u left, and the daemon stops %" PRIu64 " ms after SIGTERM without its seq %" PRIu64,
                          (unsigned)rec->writer, w->now.mono_ms - h->drain_ms, rec->seq);
    }
}

void oracle_on_turn(struct world *w)
{
    struct engine_counts c;
    engine_counts(w->host.engine, &c);
    check_books(w, &c);
    check_limits(w, &c);
    check_links(w);
    check_handover(w);
    if (w->scenario.memory_max < SCENARIO_MEMORY && w->steps % MEMORY_EVERY == 0)
        check_memory(w, &c);
    if (c.ledger.queued > 0 && w->model.outstanding == 0 && engine_deadline(w->host.engine) == UINT64_MAX)
        world_violate(w, "P9", "%" PRIu64 " records wait, nothing is in flight and no time is set", c.ledger.queued);
}

bool oracle_all_quiet(const struct world *w)
{
    struct engine_counts c;
    if (w->host.engine == NULL || w->host.draining)
        return false;
    engine_counts(w->host.engine, &c);
    return c.ledger.queued + c.ledger.in_flight + c.jobs + c.connections + c.sessions == 0 && c.record_bytes == 0 &&
           c.body_bytes == 0 && c.input_bytes == 0;
}
