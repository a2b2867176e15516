/* peer: the credentials of the process at the other end of a Unix socket.
 * Owner: a value.
 * Invariant: the credentials come from the kernel; the peer cannot forge them.
 */
#ifndef IO_PEER_H
#define IO_PEER_H

#include "daemon/engine/engine.h"
#include "proto/must_use.h"

/* SO_PEERCRED: user, group and pid at the time of connecting. DDBS_OK or DDBS_E_INTERNAL. */
int peer_read(int fd, struct peer *ret) MUST_USE;

#endif
