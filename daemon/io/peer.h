/* peer: who is at the other end of a Unix socket.
 * Owner: a value.
 * Invariant: the kernel says who it is, the peer cannot.
 */
#ifndef IO_PEER_H
#define IO_PEER_H

#include "daemon/engine/engine.h"
#include "proto/must_use.h"

/* SO_PEERCRED: the user that connected, as of then. DDBS_OK or DDBS_E_INTERNAL. */
int peer_read(int fd, struct peer *ret) MUST_USE;

#endif
