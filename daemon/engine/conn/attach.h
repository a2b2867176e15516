/* attach: a HELLO finds or makes its session and ties the connection to it (PROTOCOL R2). The way back is teardown.
 * Owner: none. Invariant: a session has at most one connection; the newer one fences the older one.
 */
#ifndef ENGINE_CONN_ATTACH_H
#define ENGINE_CONN_ATTACH_H

#include "daemon/engine/conn/conn.h"

/* The connection said HELLO, and may: it becomes a writer of the table named there, or asks without one; or it fails.
 */
void attach_hello(struct engine *e, struct conn *c, const struct msg_hello *h);

#endif
