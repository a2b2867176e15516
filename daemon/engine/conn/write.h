/* write: WRITE frames: each record is checked, paid for with credit and memory, and accepted, or fails alone (PROTOCOL
 * M4). Owner: the connection holds the frame; an accepted record is its session's.
 */
#ifndef ENGINE_CONN_WRITE_H
#define ENGINE_CONN_WRITE_H

#include "daemon/engine/conn/conn.h"
#include "proto/must_use.h"

/* Admit records of the WRITE in c->in.write from `base` (the input's first byte). False: it waits, or the connection
 * failed. */
bool write_admit(struct engine *e, struct conn *c, const uint8_t *base) MUST_USE;

/* Open a short WRITE frame; its records are then admitted by write_admit. False: the connection failed. */
bool write_open(struct engine *e, struct conn *c, struct span body, size_t body_at) MUST_USE;

/* A long WRITE frame of one record: reserve its memory. False: it waits, or the connection failed. */
bool write_open_large(struct engine *e, struct conn *c, uint32_t body) MUST_USE;

/* All bytes of c->in.big are there: admit it. */
void write_close_large(struct engine *e, struct conn *c);

#endif
