/* daemon: the running ddbsidecard: everything wired together, from the lock file to the last answer.
 * Owner: main.c. One at a time in a process (signals).
 * Happy path: lock -> lanes -> engine -> socket -> READY -> run -> SIGTERM: no new clients, drain -> everything closed.
 * Invariant: the lock is held from before the socket appears until after it is gone.
 * Failure modes: each step before READY ends with a sentence; a second SIGTERM ends at once, with what was not
 * delivered.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "daemon/io/errmsg.h"
#include "daemon/settings.h"
#include "proto/must_use.h"

/* Run until stopped. DDBS_OK: stopped in order. DDBS_E_SHUTTING_DOWN: ended at once by a second signal. Else it did
 * not start and errmsg says why and what to do: DDBS_E_BAD_CONFIG, DDBS_E_BUSY, DDBS_E_OUT_OF_MEMORY,
 * DDBS_E_INTERNAL. */
int daemon_run(const struct settings *s, char errmsg[IO_ERRMSG]) MUST_USE;

#endif
