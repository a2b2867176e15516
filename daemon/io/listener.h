/* listener: the Unix socket that clients connect to.
 * Owner: daemon.c, which holds the lock file.
 * Happy path: bind, set mode and group, listen; accept, read the peer's credentials, stream_open. Failure modes: a
 * stale socket file is replaced; one that another program holds is an error. Without a free descriptor, accepting
 * pauses for a second. The accept rate is limited, so that a client that connects and closes in a loop cannot keep the
 * daemon busy.
 * Invariants: nobody can connect before mode and group are set. At the end the path is unlinked only if device and
 * inode are still ours.
 */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <uv.h>

#include "daemon/base/token_bucket.h"
#include "daemon/io/errmsg.h"
#include "daemon/io/stream.h"
#include "proto/must_use.h"

struct listener {
    uv_poll_t poll;
    uv_timer_t pause;
    struct stream_set *streams; /* where accepted clients go */
    const char *path;
    int fd;
    struct token_bucket accepts;
    dev_t device;
    ino_t inode;
    bool logged;        /* the lack of descriptors was logged before */
    uint64_t logged_ms; /* when it was logged last, on the loop's clock */
};

/* Listen on `path` (at most 107 bytes; must outlive the listener) on the loop of `streams`. `group`: "" leaves the
 * group unchanged. DDBS_OK, or DDBS_E_BAD_CONFIG (path, mode or group), DDBS_E_BUSY (another program holds the socket),
 * DDBS_E_INTERNAL, each with a sentence. */
int listener_open(struct listener *l, struct stream_set *streams, const char *path, unsigned mode, const char *group,
                  char errmsg[IO_ERRMSG]) MUST_USE;

/* Check the preconditions of listener_open without creating anything: the folder of `path` exists and is writable, and
 * the group exists. DDBS_OK, or DDBS_E_BAD_CONFIG with a sentence. */
int listener_check(const char *path, const char *group, char errmsg[IO_ERRMSG]) MUST_USE;

/* Stop accepting; the kernel refuses connections that wait in the backlog. A second call does nothing. */
void listener_close(struct listener *l);

/* Unlink the socket's path if it still is this socket. Call after listener_close, while the lock is held. */
void listener_unlink(const struct listener *l);

#endif
