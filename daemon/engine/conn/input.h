/* input: the bytes that a connection receives, from the socket to whole frames.
 * Input stands at one of three places: the engine's scratch (while it is worked off), the connection's `small` (a short
 * tail), or a lent buffer (a longer tail, or records that wait for memory).
 * Owner: the connection.
 */
#ifndef ENGINE_CONN_INPUT_H
#define ENGINE_CONN_INPUT_H

#include "daemon/engine/conn/conn.h"

/* Where the next bytes belong: see struct room. */
struct room input_room(struct engine *e, struct conn *c);

/* n bytes were stored there. Returns how many of them are taken. */
size_t input_received(struct engine *e, struct conn *c, size_t n);

/* No byte will follow: what was received is still worked off. */
void input_eof(struct engine *e, struct conn *c);

/* The peer is gone, though unread bytes may be left. */
void input_hangup(struct engine *e, struct conn *c);

/* Memory was given back: try again. True if the connection does not wait for this kind any more. */
bool conn_retry(struct engine *e, struct conn *c);

#endif
