/* shell: runs the client core on a real socket and a real clock: connect, send, read, wait.
 * Owner: struct ddbs_client. One thread; only shell_wait blocks.
 * Happy path: core_wants_connect -> connect -> HELLO, WELCOME; then core_output is sent, and what is received goes to
 * core_input_bytes. Failure modes: there is no socket or nobody listens (the core retries with backoff until its
 * timeout); the daemon closes (after a failed send the socket is read to its end, then core_eof, R1); a fork (see
 * shell_forked).
 * Invariant: fd >= 0 exactly while core.linked.
 */
#ifndef CLIENT_SHELL_H
#define CLIENT_SHELL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "client/c/core.h"
#include "proto/must_use.h"

enum { SHELL_READ_BYTES = 16 * 1024 };

struct shell {
    struct client_core core;
    int fd;
    bool send_full; /* the socket is full: wait until it is writable */
    bool send_over; /* a send failed: only read what is left */
    bool forked;
    pid_t pid;
    uint32_t *alive; /* on a page that reads as zeros after fork; NULL: not supported by the kernel, compare pids */
    struct sockaddr_un address;
    uint8_t read[SHELL_READ_BYTES];
};

/* DDBS_OK; DDBS_E_INVALID_ARGUMENT: the path is empty or longer than 107 bytes; DDBS_E_OUT_OF_MEMORY; DDBS_E_INTERNAL:
 * no entropy. Fills in session, seed and pid of `config`. Does not connect yet. Call shell_fini only after success. */
int shell_init(struct shell *s, const char *path, struct core_config *config) MUST_USE;
void shell_fini(struct shell *s);

/* The core's time: monotonic milliseconds from the coarse clock, accurate to a few ms and nearly free. */
uint64_t shell_now(void);

/* True in a forked child of the process that opened this. The first call in the child closes its copy of the socket
 * (the parent's connection goes on) and drops what was buffered (L3). */
bool shell_forked(struct shell *s) MUST_USE;

/* Do everything that can be done without blocking. */
void shell_pump(struct shell *s);

/* Block until the socket is ready, the core's deadline, or end_ms, whichever is first. May return early. */
void shell_wait(struct shell *s, uint64_t end_ms);

#endif
