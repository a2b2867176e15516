/* lockfile: one daemon a socket: <socket>.lock, locked for life, never removed (PROTOCOL L2).
 * Owner: the main program, from start to exit; the kernel releases it with the process, however that ends.
 * Happy path: lockfile_take at once, or when the previous daemon has drained; that it waits is logged at once.
 * Failure modes: the wait ends; the folder is missing or not writable.
 * Invariant: the file is never unlinked, because a third daemon could then lock a new one beside the old one's.
 */
#ifndef IO_LOCKFILE_H
#define IO_LOCKFILE_H

#include <stdint.h>

#include "daemon/io/errmsg.h"
#include "proto/must_use.h"

/* Lock, waiting at most wait_ms. The descriptor is *ret_fd (close it to release). DDBS_OK; DDBS_E_BUSY: another
 * daemon held it all the time; DDBS_E_INTERNAL: the file cannot be opened. Both with a sentence. Uses SIGALRM while
 * it waits. */
int lockfile_take(const char *socket_path, uint64_t wait_ms, int *ret_fd, char errmsg[IO_ERRMSG]) MUST_USE;

#endif
