/* input: the bytes that a connection receives, from the socket to whole frames.
 * Input lies in one of four places: the engine's scratch (while it is processed), the connection's `tail` (a short
 * rest), a lent buffer (a longer rest, or records that wait for memory), or the reserved record of a long WRITE.
 * Owner: the connection.
 */
#ifndef ENGINE_CONN_INPUT_H
#define ENGINE_CONN_INPUT_H

#include "daemon/engine/conn/conn.h"

/* The buffer for the next bytes: see struct room. */
struct room input_room(struct engine *e, struct conn *c);

/* n bytes were read into that buffer. Returns how many were consumed. */
size_t input_received(struct engine *e, struct conn *c, size_t n);

/* No more bytes will come. Input that was received is still processed. */
void input_eof(struct engine *e, struct conn *c);

/* The peer is gone, but unread bytes may be left. */
void input_hangup(struct engine *e, struct conn *c);

/* Memory was released: retry. True if the connection does not wait for this kind any more. */
bool input_retry(struct engine *e, struct conn *c);

#endif
