/* state: the engine's whole state, shared by its folders. The structs on the lists are declared in the folder that they
 * belong to. Owner: engine.c allocates and frees it. Invariants: see check.c, which recomputes them.
 */
#ifndef ENGINE_WORK_STATE_H
#define ENGINE_WORK_STATE_H

#include "daemon/base/hmap.h"
#include "daemon/base/rng.h"
#include "daemon/engine/value/budget.h"
#include "daemon/engine/value/event.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/log.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/timer.h"
#include "proto/frame.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;

enum {
    INPUT_BUFFER = FRAME_HEADER + FRAME_BUFFERED_MAX, /* the longest frame that is buffered whole */
    NO_MEMORY_RETRY_MS = 50,                          /* retry delay after a failed allocation */
};

enum drain_phase { DRAIN_NO, DRAIN_HANDOVER, DRAIN_IN_FLIGHT, DRAIN_LAST_WORDS, DRAIN_LEFT, DRAIN_DONE };

struct engine {
    struct engine_params params;
    const struct config *config;
    struct moment now;
    struct moment started;
    struct rng rng;
    uint64_t hash_seed;
    struct heap timers;
    struct pool pools[POOL_COUNT];
    struct budget unbound;          /* budget of connections without a table */
    struct conn *serving;           /* the waiting connection that is being retried: it goes before the others */
    struct list_head waiting_users; /* users with waiting connections */

    struct conn **conns; /* by slot */
    size_t conn_places;
    struct list_head conn_list;
    uint64_t next_conn;
    struct list_head dirty_conns, out_ready, read_changes, ending, closing;

    struct hmap sessions;
    struct list_head session_list, over_sessions;
    struct list_head detached; /* mapped sessions without a connection, in order of detachment */
    uint64_t failure_bytes;    /* bytes of the record pool held by recorded failures */

    struct hmap targets;
    struct list_head target_list, dirty_targets, describe_queue, slot_waiters;
    uint32_t describes;  /* DescribeTables in flight */
    uint64_t slots_kept; /* targets with has_slot set */

    struct list_head starting, running; /* batches: not yet pulled by the shell; with a lane */
    struct list_head new_requests;      /* requests not yet handed to a verb */
    struct list_head flushes;           /* host-wide flushes that wait */
    struct list_head described;         /* targets whose `describe` requests can be answered */
    uint64_t next_serial, next_job;
    uint64_t pause_versions;     /* the last version given out */
    uint64_t failures_forgotten; /* unmapped sessions that had accepted records; part of the epoch */
    struct ledger ledger;
    uint64_t retries, requests, stale_events, unreported;

    enum drain_phase drain;
    struct timer drain_timer;
    struct timer notice_timer;
    bool notice_wanted;        /* a writer waits for something other than a queued record */
    struct list_head unlogged; /* targets with failures not yet in the journal */
    bool stopped_due;

    struct log log;
    uint8_t scratch[INPUT_BUFFER];
};

#endif
