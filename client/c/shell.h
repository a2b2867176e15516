/* shell: the client core on a real socket and a real clock: connect, send, read, wait.
 * Owner: struct ddbs_client. One thread; the only waits are in shell_wait. Happy path: core_wants_connect, connect,
 * HELLO out, WELCOME in, then whatever core_output shows goes out and what comes in goes to core_input_bytes. Failure
 * modes: no socket or nobody listens (the core backs off and tries again until its time out); the daemon goes (a failed
 * send is remembered, the socket is read to its end, then core_eof, R1); a fork (see shell_forked). Invariant: fd >= 0
 * exactly while core.linked.
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
    bool send_full; /* the socket took no more: wait until it is writable */
    bool send_over; /* the socket takes nothing any more: read what is left */
    bool forked;
    pid_t pid;
    uint32_t *alive; /* on a page that reads as zeros after fork; NULL: the kernel cannot do that, ask for the pid */
    struct sockaddr_un address;
    uint8_t read[SHELL_READ_BYTES];
};

/* DDBS_OK; DDBS_E_INVALID_ARGUMENT: the path is empty or longer than 107 bytes; DDBS_E_OUT_OF_MEMORY; DDBS_E_INTERNAL:
 * no entropy. The session id, seed and pid of `config` are filled in here. Nothing is connected yet. shell_fini follows
 * success only. */
int shell_init(struct shell *s, const char *path, struct core_config *config) MUST_USE;
void shell_fini(struct shell *s);

/* The time for the core: monotonic, in ms; good to a few ms and nearly free. */
uint64_t shell_now(void);

/* True in a child of the process that opened this. At the first look the child's copy of the socket is closed (the
 * parent's connection goes on) and what was buffered is dropped (L3). */
bool shell_forked(struct shell *s) MUST_USE;

/* Do everything that needs no waiting. */
void shell_pump(struct shell *s);

/* Wait until the socket is ready, the core's deadline, or end_ms; then return, also early. */
void shell_wait(struct shell *s, uint64_t end_ms);

#endif
