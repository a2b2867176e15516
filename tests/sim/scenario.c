/* scenario: see scenario.h. */
#include "tests/sim/scenario.h"

#include <inttypes.h>
#include <stdio.h>

enum { START_MS = 1000 };

bool dice(struct rng *r, uint32_t rate)
{
    return rate > 0 && rng_below(r, 1000) < rate;
}

uint32_t dice_between(struct rng *r, uint32_t low, uint32_t high)
{
    return low + (uint32_t)rng_below(r, (uint64_t)high - low + 1);
}

/* On in half of the seeds, with a random strength. */
static uint32_t maybe(struct rng *r, uint32_t low, uint32_t high)
{
    uint32_t v = dice_between(r, low, high);
    return dice(r, 500) ? v : 0;
}

static void draw_clients(struct scenario *s, struct rng *r)
{
    s->clients = dice_between(r, 3, 8);
    s->tables = dice_between(r, 1, SCENARIO_TABLES_MAX);
    s->uids = dice(r, 300) ? 1 : SCENARIO_UIDS_MAX;
    s->records = dice_between(r, 50, 400);
    s->burst = dice_between(r, 1, 40);
    s->think_ms = dice_between(r, 0, 30);
    s->pad_bytes = dice(r, 200) ? 4000 : dice_between(r, 0, 300);
    s->own_keys = dice_between(r, 5, 200);
    s->hot_keys = dice_between(r, 1, 10);
    s->hot_rate = maybe(r, 10, 600);
    s->delete_rate = maybe(r, 10, 200);
    s->bad_rate = maybe(r, 5, 100);
    s->poison_rate = maybe(r, 2, 30);
    s->flush_rate = maybe(r, 10, 300);
    s->abort_rate = maybe(r, 2, 20);
    s->crash_rate = maybe(r, 1, 15);
    s->leave_rate = maybe(r, 100, 1000);
    s->discard_rate = maybe(r, 100, 600);
    s->hostiles = maybe(r, 1, 5);
    s->askers = maybe(r, 1, 3);
    s->client_memory = dice(r, 300) ? 64 * 1024 : 1024 * 1024;
}

static void draw_wire(struct scenario *s, struct rng *r)
{
    s->delay_ms = dice_between(r, 0, 5);
    s->chunk_bytes = dice(r, 300) ? dice_between(r, 40, 2000) : dice_between(r, 4000, 100000);
    s->pipe_bytes = dice(r, 300) ? dice_between(r, 4000, 20000) : 200000;
    s->cut_rate = maybe(r, 1, 8);
    s->half_dead_rate = maybe(r, 100, 800);
    s->lazy_reader_rate = maybe(r, 5, 100);
    s->early_hangup_rate = maybe(r, 100, 1000);
}

static void draw_service(struct scenario *s, struct rng *r)
{
    s->describe = dice(r, 600);
    s->latency_ms = dice_between(r, 1, 30);
    s->slow_rate = maybe(r, 5, 100);
    s->slow_ms = dice_between(r, 100, 3000);
    s->throttle_rate = maybe(r, 10, 300);
    s->partial_rate = maybe(r, 20, 500);
    s->error_rate = maybe(r, 10, 200);
    s->lost_before_rate = maybe(r, 5, 100);
    s->lost_after_rate = maybe(r, 5, 100);
    s->late_rate = maybe(r, 5, 60);
    s->late_ms = dice_between(r, 10, 3000);
    s->corrupt_rate = maybe(r, 5, 60);
    s->outages = maybe(r, 1, 3);
    s->denials = maybe(r, 1, 2);
    s->vanishings = maybe(r, 1, 2);
    s->remakes = s->describe ? maybe(r, 1, 1) : 0;
}

static void draw_daemon(struct scenario *s, struct rng *r)
{
    s->kills = maybe(r, 1, 3);
    s->drains = maybe(r, 1, 1);
    s->alloc_faults = dice(r, 200) ? dice_between(r, 1, 60) : 0;
    s->linger_ms = dice(r, 100) ? dice_between(r, 100, 3000) : dice_between(r, 0, SCENARIO_LINGER_MS);
    s->max_in_flight = dice(r, 300) ? 1 : dice_between(r, 2, 64);
    s->slots = dice(r, 300) ? dice_between(r, 1, 4) : 256;
    s->table_error_timeout_ms = dice(r, 200) ? 0 : dice_between(r, 500, 6000);
    s->max_window = dice(r, 700) ? 64 * 1024 : 8 * 1024 * 1024;
    s->memory_max = SCENARIO_MEMORY;
    s->max_clients = dice(r, 150) ? dice_between(r, 8, 24) : 4096;
    s->book_ms = dice(r, 120) ? dice_between(r, 1, dice(r, 500) ? 60 : 2000) : SCENARIO_BOOK_MS;
    if (s->book_ms < SCENARIO_BOOK_MS)
        s->cut_rate = dice_between(r, 2, 8);
    s->heal_ms = START_MS + dice_between(r, 3000, 12000);
}

/* Big records in a small memory: stresses the gate, the dynamic threshold and the body pool. */
static void make_tight(struct scenario *s, struct rng *r)
{
    s->memory_max = (uint64_t)dice_between(r, 6, 12) * 1024 * 1024;
    s->max_window = (uint64_t)2 * 1024 * 1024;
    s->client_memory = 4 * 1024 * 1024;
    s->pad_bytes = dice_between(r, 20000, 60000);
    s->records = dice_between(r, 40, 120);
    s->outages = 2;
    s->burst = 60;
    s->clients = 8;
    s->uids = dice(r, 500) ? 1 : s->uids;
}

/* One table is dead and its writers flood. Everything else that could delay the others is off. */
static void make_flood(struct scenario *s, struct rng *r)
{
    s->flood = true;
    s->max_clients = 4096;
    s->tables = 2;
    s->clients = dice_between(r, 4, 8);
    s->kills = s->drains = s->outages = s->denials = s->vanishings = s->remakes = s->alloc_faults = 0;
    s->cut_rate = s->lazy_reader_rate = s->crash_rate = s->abort_rate = 0;
    s->slow_rate = s->throttle_rate = s->error_rate = s->lost_before_rate = s->lost_after_rate = 0;
    s->late_rate = s->corrupt_rate = s->poison_rate = s->partial_rate = 0;
    s->hot_rate = 0;
    s->flush_rate = 200;
    s->think_ms = dice_between(r, 5, 30);
    s->burst = dice_between(r, 1, 20);
    s->chunk_bytes = 100000;
    s->pipe_bytes = 200000;
    if (dice(r, 500))
        s->linger_ms = 10000;
    s->slots = 256;
}

/* Nothing fails. */
static void make_calm(struct scenario *s)
{
    s->cut_rate = s->half_dead_rate = s->lazy_reader_rate = s->crash_rate = 0;
    s->slow_rate = s->throttle_rate = s->partial_rate = s->error_rate = 0;
    s->lost_before_rate = s->lost_after_rate = s->late_rate = s->corrupt_rate = 0;
    s->outages = s->denials = s->vanishings = s->remakes = 0;
    s->kills = s->drains = s->alloc_faults = s->hostiles = 0;
}

/* More records wait than the table takes, and two clients want to write a little beside the others. */
static void make_crowd(struct scenario *s, struct rng *r)
{
    make_calm(s);
    s->crowd = true;
    s->max_clients = 4096;
    s->tables = 1;
    s->clients = dice_between(r, 4, 8);
    s->abort_rate = s->bad_rate = s->poison_rate = s->hot_rate = 0;
    s->own_keys = 1000;
    s->pad_bytes = 1000;
    s->burst = 40;
    s->think_ms = 0;
    s->latency_ms = dice_between(r, 10, 30);
    s->max_in_flight = dice_between(r, 1, 2);
    s->slots = 256;
}

void scenario_draw(struct scenario *s, uint64_t seed)
{
    struct rng r;
    *s = (struct scenario){.seed = seed};
    rng_seed(&r, seed ^ UINT64_C(0x5ce9a7105ce9a710));
    draw_clients(s, &r);
    draw_wire(s, &r);
    draw_service(s, &r);
    draw_daemon(s, &r);
    uint32_t kind = dice_between(&r, 0, 19);
    if (kind < 2)
        make_calm(s);
    else if (kind < 5)
        make_tight(s, &r);
    if (kind >= 4 && kind < 8)
        make_flood(s, &r);
    else if (kind >= 8 && kind < 10)
        make_crowd(s, &r);
}

void scenario_print(const struct scenario *s)
{
    fprintf(stderr,
            "seed %" PRIu64 ": clients %u hostiles %u askers %u tables %u records %u pad %u uids %u%s%s\n"
            "  wire: delay %u chunk %u pipe %u cut %u half_dead %u lazy %u hangup %u\n"
            "  service: describe %d latency %u slow %u throttle %u partial %u error %u lost %u/%u late %u corrupt %u"
            " outages %u denials %u vanishings %u remakes %u\n"
            "  daemon: kills %u drains %u alloc_faults %u clients %" PRIu64
            " book %u linger %u in_flight %u slots %u window %" PRIu64 " memory %" PRIu64 " timeout %u heal %" PRIu64
            "\n",
            s->seed, s->clients, s->hostiles, s->askers, s->tables, s->records, s->pad_bytes, s->uids,
            s->flood ? " FLOOD" : "", s->crowd ? " CROWD" : "", s->delay_ms, s->chunk_bytes, s->pipe_bytes, s->cut_rate,
            s->half_dead_rate, s->lazy_reader_rate, s->early_hangup_rate, s->describe, s->latency_ms, s->slow_rate,
            s->throttle_rate, s->partial_rate, s->error_rate, s->lost_before_rate, s->lost_after_rate, s->late_rate,
            s->corrupt_rate, s->outages, s->denials, s->vanishings, s->remakes, s->kills, s->drains, s->alloc_faults,
            s->max_clients, s->book_ms, s->linger_ms, s->max_in_flight, s->slots, s->max_window, s->memory_max,
            s->table_error_timeout_ms, s->heal_ms);
}
