/* admission: memory for a connection's input, and the wait for it (PROTOCOL C3): room for a record, a buffer for input
 * that cannot be processed at once, the reserved record of a long WRITE.
 * Owner: the connection holds what it was lent; its user's budget is charged.
 * Invariants: a connection waits for one thing at a time, in its user's queue for that kind of memory; only the
 * connection in engine->serving takes memory before those that wait.
 */
#ifndef ENGINE_CONN_ADMISSION_H
#define ENGINE_CONN_ADMISSION_H

#include "daemon/engine/conn/conn.h"
#include "proto/must_use.h"

/* True if c may take n bytes now: no connection of its user waits before it, and the pool allows it. */
bool admission_open(const struct engine *e, const struct conn *c, enum conn_wait wait, uint64_t n);

/* The same; otherwise c starts to wait. */
bool admission_gate(struct engine *e, struct conn *c, enum conn_wait wait, uint64_t n) MUST_USE;

/* Wait for n bytes; reading is off meanwhile. */
void admission_wait(struct engine *e, struct conn *c, enum conn_wait wait, uint64_t n);
void admission_stop_waiting(struct conn *c);

/* True if what c waits for comes from the same memory as `wait`. */
bool admission_waits_for(const struct conn *c, enum conn_wait wait);

/* True if the pool allows what c waits for. */
bool admission_may_go_on(const struct engine *e, const struct conn *c);

/* True if all records of a WRITE of n bytes fit, however small they are. */
bool admission_finds_room(const struct engine *e, const struct conn *c, uint64_t n);

/* Lend c->in.buffer from the input pool, and return it, if there is one. DDBS_OK or DDBS_E_OUT_OF_MEMORY. */
int admission_lend_buffer(struct engine *e, struct conn *c) MUST_USE;
void admission_return_buffer(struct engine *e, struct conn *c);

/* Reserve c->in.large_record for a long WRITE of `body` bytes; the gate was open. DDBS_OK or DDBS_E_OUT_OF_MEMORY. */
int admission_reserve_long(struct engine *e, struct conn *c, uint32_t body) MUST_USE;

/* Take c->in.large_record out and release what was reserved for it; the caller owns the record. */
struct record *admission_release_long(struct engine *e, struct conn *c);

/* Charge its input to another user from now on. */
void admission_move(struct engine *e, struct conn *c, struct user_budget *u);

/* Drop buffered and half-read input, and stop waiting. */
void admission_drop(struct engine *e, struct conn *c);

#endif
