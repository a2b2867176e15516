/* scenario: what one seed plays: how many clients, which faults, how tight the daemon's settings are (swarm testing:
 * every seed switches on a random subset, so that each fault also meets a world without the others). Owner: struct
 * world embeds one. Values only; the same seed always gives the same scenario.
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
    SCENARIO_LINGER_MS = 10,     /* at most; a few seeds linger for seconds */
    SCENARIO_BOOK_MS = 60 * 1000 /* longer than any client needs to come back */
};

/* Rates are per mille of the occasions; 0: never. */
struct scenario {
    uint64_t seed;

    /* clients and what they write */
    uint32_t clients, hostiles, askers, tables;
    uint32_t uids;      /* users that the clients belong to */
    uint32_t records;   /* per client, at most */
    uint32_t burst;     /* records put at once, at most */
    uint32_t think_ms;  /* between bursts, at most */
    uint32_t pad_bytes; /* filler of an item, at most */
    uint32_t own_keys, hot_keys;
    uint32_t hot_rate, delete_rate, bad_rate, poison_rate;
    uint32_t flush_rate, abort_rate, crash_rate, leave_rate, discard_rate;
    uint32_t client_memory; /* bytes a client core may keep */

    /* the wire */
    uint32_t delay_ms, chunk_bytes, pipe_bytes;
    uint32_t cut_rate, half_dead_rate, lazy_reader_rate, early_hangup_rate;

    /* the service */
    bool describe; /* the daemon asks for the key schema */
    uint32_t latency_ms, slow_ms, slow_rate;
    uint32_t throttle_rate, partial_rate, error_rate, lost_before_rate, lost_after_rate, late_rate, corrupt_rate;
    uint32_t late_ms;
    uint32_t outages, denials, vanishings; /* windows: no endpoint; no permission; no table */
    uint32_t remakes;                      /* a table is made anew with another key */

    /* the daemon */
    uint32_t kills, drains;
    uint32_t alloc_faults; /* times that an allocation of the daemon fails */
    uint32_t linger_ms, max_in_flight;
    uint32_t slots;                  /* [aws] max_in_flight */
    uint32_t table_error_timeout_ms; /* 0: never */
    uint64_t max_window, memory_max, max_clients;
    uint32_t book_ms; /* how long a session's book outlives its connection */

    bool flood;       /* table 1 is dead until the healing, most clients flood it, the others must not notice (P6) */
    bool crowd;       /* all clients write one slow table as fast as they may, but for two (P6) */
    uint64_t heal_ms; /* from then on nothing fails any more */
};

/* True `rate` times out of a thousand. */
bool dice(struct rng *r, uint32_t rate);

/* Uniform in [low, high]. */
uint32_t dice_between(struct rng *r, uint32_t low, uint32_t high);

void scenario_draw(struct scenario *s, uint64_t seed);

/* One line to stderr: what is switched on. */
void scenario_print(const struct scenario *s);

#endif
