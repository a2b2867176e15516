/* lockfile: one daemon per socket: <socket>.lock is locked while the daemon runs, and never removed (PROTOCOL L2).
 * Owner: the main program, from start to exit; the kernel releases the lock when the process ends, however it ends.
 * Happy path: lockfile_take gets the lock at once, or waits, after logging that, until the previous daemon has drained.
 * Failure modes: the wait times out; the folder is missing or not writable.
 * Invariant: the file is never unlinked. Otherwise one daemon could hold the lock on the unlinked file and another the
 * lock on a new one.
 */
#ifndef IO_LOCKFILE_H
#define IO_LOCKFILE_H

#include <stdint.h>

#include "daemon/io/errmsg.h"
#include "proto/must_use.h"

/* Take the lock, waiting at most wait_ms. Close *ret_fd to release it. DDBS_OK; DDBS_E_BUSY: another daemon held the
 * lock all the time; DDBS_E_INTERNAL: the file cannot be opened; both with a sentence. Uses SIGALRM while it waits. */
int lockfile_take(const char *socket_path, uint64_t wait_ms, int *ret_fd, char errmsg[IO_ERRMSG]) MUST_USE;

#endif
