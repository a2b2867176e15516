/* listener: the Unix socket that clients connect to.
 * Owner: daemon.c, who holds the lock file.
 * Happy path: bind, mode and group, listen, accept what comes, who it is -> stream_open. Failure modes: a stale
 * socket is taken over, a living one refused; without a free descriptor accepting pauses until one is free or a
 * second has passed. The rate of accepting is limited, so that who opens and closes without end keeps nobody busy.
 * Invariants: nobody can connect before mode and group are set; the path is unlinked at the end only if it is still
 * ours (device and inode).
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
    bool logged;        /* the lack of descriptors was logged ... */
    uint64_t logged_ms; /* ... at that time of the loop's clock */
};

/* Listen on `path` on the loop of `streams` (at most 107 bytes; must outlive the listener). `group`: "" leaves it.
 * DDBS_OK, or DDBS_E_BAD_CONFIG (path, group), DDBS_E_BUSY (somebody listens there), DDBS_E_INTERNAL, each with a
 * sentence. */
int listener_open(struct listener *l, struct stream_set *streams, const char *path, unsigned mode, const char *group,
                  char errmsg[IO_ERRMSG]) MUST_USE;

/* Check what listener_open will need, without making anything: the folder of `path` exists and may be written, and
 * the group exists. DDBS_OK, or DDBS_E_BAD_CONFIG with a sentence. */
int listener_check(const char *path, const char *group, char errmsg[IO_ERRMSG]) MUST_USE;

/* Accept no more; who waits to be accepted is refused by the kernel. Again: nothing. */
void listener_close(struct listener *l);

/* Remove the socket from the file system if it is still this one; after listener_close, while the lock is held. */
void listener_unlink(const struct listener *l);

#endif
