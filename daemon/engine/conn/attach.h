/* attach: HELLO finds or creates a session and attaches the connection to it (PROTOCOL R2); teardown undoes it.
 * Owner: none. Invariant: a session has at most one connection; the newer one fences the older one.
 */
#ifndef ENGINE_CONN_ATTACH_H
#define ENGINE_CONN_ATTACH_H

#include "daemon/engine/conn/conn.h"

/* Handle a valid HELLO: with a table the connection becomes a writer, without one a control connection, or it fails. */
void attach_hello(struct engine *e, struct conn *c, const struct msg_hello *h);

#endif
