/* engine: the daemon's whole logic, without I/O. Events go in, effects come out. It speaks PROTOCOL.md.
 * Owner: the shell (or a test) owns one engine; the engine owns connections, sessions, records, targets and jobs.
 * No clock, sockets, threads or callbacks: every event carries the time, and all output is pulled by
 * engine_next_effect.
 *
 * One loop turn of the shell:
 *     events      engine_conn_open, engine_input + engine_received, engine_conn_eof, engine_conn_hangup,
 *                 engine_output + engine_sent, engine_job_done, engine_drain
 *     engine_turn once, after the events of this turn: all policy runs here
 *     effects     engine_next_effect until EFFECT_NONE
 *     sleep       until engine_deadline or the next event
 *
 * Invariants: ids are never reused; an event for a dead id is counted and ignored; a span from engine_input or
 * engine_output is valid until the next call of any engine function; a job lent by EFFECT_START does not change until
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

/* A client connected. DDBS_OK with its id. DDBS_E_BUSY or DDBS_E_OUT_OF_MEMORY: there is no slot for it; close the
 * descriptor. If there is a slot but a rule refuses the client (max_clients, half for one uid, stopped), the result is
 * DDBS_OK: the engine sends ERROR and closes the connection. */
int engine_conn_open(struct engine *e, struct peer peer, struct moment now, uint64_t *ret_id) MUST_USE;

/* The buffer for the connection's next bytes: read at most room.n into it, then call engine_received (see event.h). */
struct room engine_input(struct engine *e, uint64_t id);

/* n bytes were read into that buffer (0 < n <= room.n), with no other engine call in between. Returns how many were
 * consumed: all of them, unless the room had `peek` set; offer the others again when reading is back on. */
size_t engine_received(struct engine *e, uint64_t id, size_t n, struct moment now);

/* read() returned 0 or failed: no more bytes will come. Input that was received is still processed. */
void engine_conn_eof(struct engine *e, uint64_t id, struct moment now);

/* The peer is gone (poll saw a hang-up, or a write failed). Nothing more is sent, but unread bytes may be left. */
void engine_conn_hangup(struct engine *e, uint64_t id, struct moment now);

/* The bytes to send next; n == 0: none. If the buffer is empty, due output is encoded first. */
struct span engine_output(struct engine *e, uint64_t id, struct moment now);

/* The first n of these bytes were written to the socket. */
void engine_sent(struct engine *e, uint64_t id, size_t n, struct moment now);

/* A lane finished a job. The engine takes the job back and frees it. */
void engine_job_done(struct engine *e, struct job *job, const struct job_result *result, struct moment now);

/* SIGTERM: begin the drain (PROTOCOL R5). EFFECT_STOPPED follows when it is complete. Further calls do nothing. */
void engine_drain(struct engine *e, struct moment now);

/* Run one loop turn: due timers, admission, batches, output. */
void engine_turn(struct engine *e, struct moment now);

/* When engine_turn must run next if no event comes first (monotonic ms); UINT64_MAX: only after an event. */
uint64_t engine_deadline(const struct engine *e);

/* ---- effects ---- */

/* The next effect; false: none. */
bool engine_next_effect(struct engine *e, struct effect *ret);

/* ---- inspection ---- */

struct engine_counts {
    struct ledger ledger;
    uint64_t connections, sessions, targets, jobs;
    uint64_t retries;                        /* items sent again */
    uint64_t requests;                       /* jobs started */
    uint64_t record_bytes, record_bytes_max; /* record pool */
    uint64_t body_bytes, body_bytes_max;     /* body pool */
    uint64_t input_bytes, input_bytes_max;   /* connections' pool */
    uint64_t stale_events;
    uint64_t unreported; /* failures whose clients had left */
};
void engine_counts(const struct engine *e, struct engine_counts *ret);

/* Recompute the invariants (ledgers, memory, lists; whatever waits has a reason or a timer). True, or false with a
 * sentence. Slow: for tests only. */
bool engine_check(const struct engine *e, char *errmsg, size_t cap);

#endif
