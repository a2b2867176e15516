/* message: handles every frame except WRITE: what it asks for, and whether it is allowed now.
 * Owner: none; the body is valid during the call.
 */
#ifndef ENGINE_CONN_MESSAGE_H
#define ENGINE_CONN_MESSAGE_H

#include "daemon/engine/conn/conn.h"

/* Handle one complete frame that is not a WRITE. */
void message_handle(struct engine *e, struct conn *c, uint8_t type, struct span body);

#endif
