/* state: all that the engine holds, as its rooms share it. What hangs on the lists is declared in the room that it
 * belongs to. Owner: engine.c makes and frees it. Invariants: see check.c, which derives them anew.
 */
#ifndef ENGINE_WORK_STATE_H
#define ENGINE_WORK_STATE_H

#include "daemon/base/hmap.h"
#include "daemon/base/rng.h"
#include "daemon/engine/value/event.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/value/share.h"
#include "daemon/engine/work/log.h"
#include "daemon/engine/work/timer.h"
#include "proto/frame.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;

enum {
    INPUT_BUFFER = FRAME_HEADER + FRAME_BUFFERED_MAX, /* the longest frame that is buffered whole */
    NO_MEMORY_RETRY_MS = 50,                          /* when to try again after an allocation failed */
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
    struct tenant lobby;
    struct conn *serving;            /* the connection whose turn it is at a gate with waiters */
    struct list_head waiting_shares; /* shares with waiting connections */

    struct conn **conns; /* by slot */
    size_t conn_places;
    struct list_head conn_list;
    uint64_t next_conn;
    struct list_head dirty_conns, out_ready, read_changes, ending, closing;

    struct hmap sessions;
    struct list_head session_list, over_sessions;
    uint64_t detached; /* mapped sessions without a connection */
    uint64_t books;    /* bytes of the record pool that remembered failures take */

    struct hmap targets;
    struct list_head target_list, dirty_targets, describe_queue, slot_waiters;
    uint32_t describes;  /* in flight */
    uint64_t slots_kept; /* targets that has_slot is set for */

    struct list_head starting, running; /* batches: to be pulled, with a lane */
    struct list_head questions;         /* requests that no verb has looked at */
    struct list_head flushes;           /* host-wide flush requests that wait */
    struct list_head described;         /* targets whose schema was asked for, and is answered */
    uint64_t next_serial, next_job;
    uint64_t pause_editions;  /* so far */
    uint64_t books_forgotten; /* sessions with records that were unmapped */
    struct ledger ledger;
    uint64_t retries, requests, stale_events, unreported;

    enum drain_phase drain;
    struct timer drain_timer;
    struct timer notice_timer;
    bool notice_wanted;      /* a writer has a reason to wait that is no queued record */
    struct list_head untold; /* targets with failures that the journal has not heard of */
    bool stopped_due;

    struct log log;
    uint8_t scratch[INPUT_BUFFER];
};

#endif
