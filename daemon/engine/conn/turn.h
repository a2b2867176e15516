/* turn: the connections' part of a turn: retries those that wait for memory, and requests output where it is due.
 * Owner: none.
 */
#ifndef ENGINE_CONN_TURN_H
#define ENGINE_CONN_TURN_H

#include "daemon/engine/conn/conn.h"

/* C3: if memory was released, retry the connections that wait for it: users in turn, oldest first within a user. */
void turn_waiters(struct engine *e);

/* True if memory was released since the last turn_waiters. */
bool turn_memory_freed(const struct engine *e);

/* Tear down what has ended, and request output where it is due. */
void turn_conns(struct engine *e);

#endif
