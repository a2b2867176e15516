/* turn: the turns of the connections: memory for who waits for it, output for whom it is due.
 * Owner: none.
 */
#ifndef ENGINE_CONN_TURN_H
#define ENGINE_CONN_TURN_H

#include "daemon/engine/conn/conn.h"

/* C3: memory came back: who waits for it tries again, oldest first within a share, the shares by turns. */
void turn_waiters(struct engine *e);

/* True if memory came back since turn_waiters looked. */
bool turn_memory_freed(const struct engine *e);

/* Let go of what has ended, and have output asked for where it is due. */
void turn_conns(struct engine *e);

#endif
