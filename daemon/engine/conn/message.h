/* message: frames that are no WRITE: what each asks for, and whether it may now.
 * Owner: none; the body is valid during the call.
 */
#ifndef ENGINE_CONN_MESSAGE_H
#define ENGINE_CONN_MESSAGE_H

#include "daemon/engine/conn/conn.h"

/* Handle one complete frame that is no WRITE. */
void conn_on_message(struct engine *e, struct conn *c, uint8_t type, struct span body);

#endif
