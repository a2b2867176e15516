/* daemon: the running ddbsidecard: it wires the parts together and runs them from start to stop.
 * Owner: main.c. One at a time in a process, because of the signal handlers.
 * Happy path: lock -> engine -> lanes -> signals -> socket -> READY -> run -> SIGTERM: no new clients, drain -> close.
 * Failure modes: a step before READY that fails ends with a sentence. A second SIGTERM stops at once; records that are
 * not settled by then are only counted in the log.
 * Invariant: the lock is held from before the socket appears until after it is gone.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "daemon/io/errmsg.h"
#include "daemon/settings.h"
#include "proto/must_use.h"

/* Run until stopped. DDBS_OK: stopped after a drain. DDBS_E_SHUTTING_DOWN: stopped at once by a second signal.
 * Otherwise it did not start, and errmsg says why and what to do: DDBS_E_BAD_CONFIG, DDBS_E_BUSY, DDBS_E_OUT_OF_MEMORY,
 * DDBS_E_INTERNAL. */
int daemon_run(const struct settings *s, char errmsg[IO_ERRMSG]) MUST_USE;

#endif
