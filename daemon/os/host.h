/* host: what the process asks of the kernel at its start: entropy, limits, standard streams, whole files.
 * Owner: none; for the main programs.
 */
#ifndef OS_HOST_H
#define OS_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"

/* 64 random bits, never 0. */
uint64_t host_random(void);

/* Raise the soft limit of open descriptors to the hard one. How many there may be now. */
uint64_t host_limits_raise(void);

/* Open /dev/null where standard input, output or error is closed: a client's socket must not become what log lines are
 * written to. Before anything else is opened. */
void host_stdio_keep(void);

/* Whoever reads a program's output may go away: a failed write, not the program's end. Before the first one. */
void host_sigpipe_ignore(void);

/* Keep the memory, and the secrets in it, out of core files and away from other processes of this user. */
void host_memory_guard(void);

/* Read a whole file of at most `max` bytes into memory that the caller frees (mem_free). DDBS_OK,
 * DDBS_E_OUT_OF_MEMORY, or DDBS_E_BAD_CONFIG with errno set: ENOENT, EACCES, ..., EFBIG. */
int host_file_read(const char *path, size_t max, char **ret_text, size_t *ret_n) MUST_USE;

#endif
