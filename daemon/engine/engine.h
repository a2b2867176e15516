/* engine: the whole of the daemon's logic without I/O: events in, effects out (PROTOCOL.md is what it speaks).
 * Owner: the shell (or a test) owns one engine; the engine owns connections, sessions, records, targets and jobs.
 * No clock, no sockets, no threads, no callbacks: every event carries the time, nothing leaves but by
 * engine_next_effect.
 *
 * The shell's turn:
 *     events      engine_conn_open, engine_input + engine_received, engine_conn_eof, engine_conn_hangup,
 *                 engine_output + engine_sent, engine_job_done, engine_drain
 *     engine_turn once, after the events of this loop turn: policy runs here
 *     effects     engine_next_effect until EFFECT_NONE
 *     sleep       until engine_deadline or the next event
 *
 * Invariants: ids are never reused, an event for a dead id is a counted no-op; a span from engine_input or
 * engine_output is valid until the next call of any engine function; a job lent by EFFECT_START stays unchanged until
 * engine_job_done.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config/config.h"
#include "daemon/dynamo/job.h"
#include "daemon/engine/effect.h"
#include "daemon/engine/value/event.h"
#include "daemon/engine/value/ledger.h"
#include "proto/must_use.h"
#include "proto/span.h"

struct engine;

/* NULL if memory ran out. */
struct engine *engine_new(const struct engine_params *p, struct moment now) MUST_USE;

/* Free everything, open connections and waiting records included. No job may be with a lane. NULL is allowed. */
void engine_free(struct engine *e);

/* ---- events ---- */

/* A client connected. DDBS_OK and its id; DDBS_E_BUSY or DDBS_E_OUT_OF_MEMORY: no place at all, close the descriptor.
 * If there is a place but the rules refuse (max_clients, half for one uid, draining), it is DDBS_OK: the engine says
 * ERROR and closes. */
int engine_conn_open(struct engine *e, struct peer peer, struct moment now, uint64_t *ret_id) MUST_USE;

/* Where the next bytes of this connection belong: read at most room.n there, then call engine_received (see event.h).
 */
struct room engine_input(struct engine *e, uint64_t id);

/* `n` bytes were stored there (0 < n <= room.n), with no other engine call in between. How many of them are taken: all,
 * unless the room said `peek`; the others are to be offered again when reading is on. */
size_t engine_received(struct engine *e, uint64_t id, size_t n, struct moment now);

/* read() returned 0 or failed: no byte will follow. What was received is still worked off. */
void engine_conn_eof(struct engine *e, uint64_t id, struct moment now);

/* The peer is gone (hang-up seen by poll, or a write failed) though unread bytes may be left: nothing is sent any
 * more. */
void engine_conn_hangup(struct engine *e, uint64_t id, struct moment now);

/* The bytes to send next, n == 0: none. The engine encodes what is due when its buffer is empty. */
struct span engine_output(struct engine *e, uint64_t id, struct moment now);

/* The first n of them went into the socket. */
void engine_sent(struct engine *e, uint64_t id, size_t n, struct moment now);

/* The lane's answer to a started job. The job is the engine's again and gone afterwards. */
void engine_job_done(struct engine *e, struct job *job, const struct job_result *result, struct moment now);

/* SIGTERM: stop in order (PROTOCOL R5). EFFECT_STOPPED follows when nothing more can be done. Repeated calls do
 * nothing. */
void engine_drain(struct engine *e, struct moment now);

/* Policy of one loop turn: due timers, admission, batches, answers. */
void engine_turn(struct engine *e, struct moment now);

/* When engine_turn must run next if no event comes first (monotonic ms); UINT64_MAX: nothing waits for time. */
uint64_t engine_deadline(const struct engine *e);

/* ---- effects ---- */

/* The next thing to do; false: none. */
bool engine_next_effect(struct engine *e, struct effect *ret);

/* ---- looking in ---- */

struct engine_counts {
    struct ledger ledger;
    uint64_t connections, sessions, targets, jobs;
    uint64_t retries;                        /* items sent again */
    uint64_t requests;                       /* jobs started */
    uint64_t record_bytes, record_bytes_max; /* record pool */
    uint64_t body_bytes, body_bytes_max;     /* body pool */
    uint64_t input_bytes, input_bytes_max;   /* connections' pool */
    uint64_t stale_events;
    uint64_t unreported; /* failures of clients that had left */
};
void engine_counts(const struct engine *e, struct engine_counts *ret);

/* Re-derive the invariants (books, memory, lists, "whatever waits has a reason or a timer"). True, or false with a
 * sentence. Slow: for tests, and for status once a second at most. */
bool engine_check(const struct engine *e, char *errmsg, size_t cap);

#endif
