/* scenario: what one seed plays: how many clients, which faults, how tight the daemon's settings are. Swarm testing:
 * every seed enables a random subset, so that each fault also runs without the others.
 * Owner: struct world embeds one. Values only; the same seed always gives the same scenario.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/rng.h"

enum {
    SCENARIO_TABLES_MAX = 4,
    SCENARIO_UIDS_MAX = 3,
    SCENARIO_MEMORY = 64 * 1024 * 1024,
    SCENARIO_LINGER_MS = 10,     /* upper bound; a few seeds linger for seconds */
    SCENARIO_BOOK_MS = 60 * 1000 /* longer than any client needs to reconnect */
};

/* Rates are per mille of the opportunities; 0: never. */
struct scenario {
    uint64_t seed;

    /* clients and their writes */
    uint32_t clients, hostiles, askers, tables;
    uint32_t uids;      /* distinct users of the clients */
    uint32_t records;   /* per client, upper bound */
    uint32_t burst;     /* records put at once, upper bound */
    uint32_t think_ms;  /* between bursts, upper bound */
    uint32_t pad_bytes; /* filler of an item, upper bound */
    uint32_t own_keys, hot_keys;
    uint32_t hot_rate, delete_rate, bad_rate, poison_rate;
    uint32_t flush_rate, abort_rate, crash_rate, leave_rate, discard_rate;
    uint32_t client_memory; /* memory limit of a client core, bytes */

    /* the wire */
    uint32_t delay_ms, chunk_bytes, pipe_bytes;
    uint32_t cut_rate, half_dead_rate, lazy_reader_rate, early_hangup_rate;

    /* the service */
    bool describe; /* the daemon asks for the key schema */
    uint32_t latency_ms, slow_ms, slow_rate;
    uint32_t throttle_rate, partial_rate, error_rate, lost_before_rate, lost_after_rate, late_rate, corrupt_rate;
    uint32_t late_ms;
    uint32_t outages, denials, vanishings; /* windows: no endpoint; no permission; no table */
    uint32_t remakes;                      /* a table is recreated with another key */

    /* the daemon */
    uint32_t kills, drains;
    uint32_t alloc_faults; /* number of failing allocations in the daemon */
    uint32_t linger_ms, max_in_flight;
    uint32_t slots;                  /* [aws] max_in_flight */
    uint32_t table_error_timeout_ms; /* 0: never */
    uint64_t max_window, memory_max, max_clients;
    uint32_t book_ms; /* how long a session outlives its connection */

    bool flood;       /* table 1 is dead until the faults end, most clients flood it, the others must not be affected
                       * (P6) */
    bool crowd;       /* all clients write one slow table as fast as they may, except two (P6) */
    uint64_t heal_ms; /* the faults end at this time */
};

/* True with probability rate / 1000. */
bool dice(struct rng *r, uint32_t rate);

/* Uniform in [low, high]. */
uint32_t dice_between(struct rng *r, uint32_t low, uint32_t high);

void scenario_draw(struct scenario *s, uint64_t seed);

/* Print the enabled features as one line to stderr. */
void scenario_print(const struct scenario *s);

#endif
