/* write: WRITE frames: each record is checked, charged to credit and memory, and accepted, or fails alone (PROTOCOL
 * M4).
 * Owner: the connection holds the frame; its session holds an accepted record.
 */
#ifndef ENGINE_CONN_WRITE_H
#define ENGINE_CONN_WRITE_H

#include "daemon/engine/conn/conn.h"
#include "proto/must_use.h"

/* Admit records of the WRITE in c->in.write; `base` is the input's first byte. False: it waits for memory, or the
 * connection failed. */
bool write_admit(struct engine *e, struct conn *c, const uint8_t *base) MUST_USE;

/* Open a short WRITE frame; write_admit then admits its records. False: the connection failed. */
bool write_open(struct engine *e, struct conn *c, struct span body, size_t body_at) MUST_USE;

/* Open a long WRITE frame, with one record: reserve its memory. False: it waits, or the connection failed. */
bool write_open_large(struct engine *e, struct conn *c, uint32_t body) MUST_USE;

/* All bytes of c->in.large_record have arrived: admit it. */
void write_close_large(struct engine *e, struct conn *c);

#endif
