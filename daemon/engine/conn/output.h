/* output: the bytes that a connection sends: what is due is encoded when the buffer is empty.
 * Owner: the connection.
 */
#ifndef ENGINE_CONN_OUTPUT_H
#define ENGINE_CONN_OUTPUT_H

#include "daemon/engine/conn/conn.h"

/* The bytes to send next; n == 0: none. Valid until the next call of the engine. */
struct span output_next(struct engine *e, struct conn *c);

/* The first n of these bytes were written to the socket. */
void output_sent(struct conn *c, size_t n);

/* True if there is something to send. */
bool output_due(const struct engine *e, const struct conn *c);

#endif
