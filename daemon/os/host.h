/* host: what a program needs from the kernel at its start: entropy, limits, standard streams, whole files.
 * Owner: none; for the main programs.
 */
#ifndef OS_HOST_H
#define OS_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"

/* 64 random bits, never 0. */
uint64_t host_random(void);

/* Raise the soft limit of open descriptors to the hard limit. Returns the limit in force. */
uint64_t host_limits_raise(void);

/* Open /dev/null in place of a closed standard input, output or error, so that log lines never go into a client's
 * socket that got descriptor 2. Call before anything else is opened. */
void host_stdio_keep(void);

/* Ignore SIGPIPE: a write to a closed pipe or connection fails with EPIPE instead of ending the process. Call before
 * the first write. */
void host_sigpipe_ignore(void);

/* Make the process non-dumpable: its memory, which holds secrets, stays out of core files and out of reach of other
 * processes of the same user. */
void host_memory_guard(void);

/* Read a whole file of at most `max` bytes into a block that the caller frees with mem_free. DDBS_OK,
 * DDBS_E_OUT_OF_MEMORY, or DDBS_E_BAD_CONFIG with errno set (EFBIG: longer than `max`). */
int host_file_read(const char *path, size_t max, char **ret_text, size_t *ret_n) MUST_USE;

#endif
