/* oracle: see oracle.h. The engine's published counters against the oracle's own, and whether anything stalls. */
#include <inttypes.h>

#include "proto/frame.h"
#include "tests/sim/link.h"
#include "tests/sim/oracle.h"

enum { FENCE_MS = 200, MEMORY_EVERY = 32 };

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

/* What the daemon must be holding, by what it received and what became of it: the record pool, and what waits for it in
 * the connections' input buffers. */
static void check_memory(struct world *w)
{
    uint64_t held = 0;
    uint64_t most = w->scenario.memory_max / 2 + w->links.count * (FRAME_BUFFERED_MAX + FRAME_SMALL_MAX);
    for (uint32_t i = 0; i < w->truth.record_count; i++) {
        const struct record *rec = &w->truth.records[i];
        const struct writer *wr = &w->truth.writers[rec->writer];
        if (rec->received_epoch == w->host.epoch && rec->acked_epoch != w->host.epoch &&
            rec->failed_epoch != w->host.epoch && wr->left_link == 0 && !rec->doubtful)
            held += rec->cost;
    }
    if (held > most)
        world_violate(w, "P3", "the daemon holds %" PRIu64 " bytes of records, memory_max is %" PRIu64, held,
                      w->scenario.memory_max);
}

static void check_fences(struct world *w)
{
    for (struct list_node *n = w->links.first; n != NULL; n = n->next) {
        const struct link *l = CONTAINER_OF(n, struct link, node);
        if (l->conn != 0 && l->tap.fenced_ms != 0 && w->now.mono_ms > l->tap.fenced_ms + FENCE_MS)
            world_violate(w, "P4", "link %llu lives on although its session has a newer connection",
                          (unsigned long long)l->id);
    }
}

void oracle_on_turn(struct world *w)
{
    struct engine_counts c;
    engine_counts(w->host.engine, &c);
    check_books(w, &c);
    check_limits(w, &c);
    check_fences(w);
    if (w->scenario.memory_max < SCENARIO_MEMORY && w->steps % MEMORY_EVERY == 0)
        check_memory(w);
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
