/* listener: the daemon's socket. See listener.h. */
#include "daemon/io/listener.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/io/journal.h"
#include "daemon/io/peer.h"
#include "proto/err.h"

enum { BACKLOG = 4096, PAUSE_MS = 1000, LOG_PERIOD_MS = 60 * 1000, GROUP_TEXT = 4096 };

/* The burst allows for all tasks of a host starting at once. The rate keeps a client that connects and closes in a loop
 * below a tenth of a core. */
enum { ACCEPTS_MAX = 64, ACCEPTS_BURST = 512, ACCEPTS_PER_MS = 4, ACCEPTS_WAIT_MS = 10 };

static void accept_one(struct listener *l, int fd)
{
    struct peer peer;
    if (peer_read(fd, &peer) != DDBS_OK) {
        close(fd);
        return;
    }
    int rc = stream_open(l->streams, fd, peer);
    if (rc != DDBS_OK)
        journal_limited(LOG_LEVEL_WARNING, rc == DDBS_E_OUT_OF_MEMORY
                                               ? "a client was refused: memory ran out"
                                               : "a client was refused: no connection slot is left");
}

static void on_connect(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer)
{
    struct listener *l = timer->data;
    if (l->fd >= 0)
        uv_poll_start(&l->poll, UV_READABLE, on_connect);
}

/* Stop polling for a while. The poll is level-triggered, so it would spin on connections that are not accepted yet. */
static void accepting_wait(struct listener *l, uint64_t ms)
{
    uv_poll_stop(&l->poll);
    uv_timer_start(&l->pause, on_pause_over, ms, 0);
}

static void accepting_pause(struct listener *l, int error)
{
    uint64_t now_ms = uv_now(l->streams->turn->uv);
    if (!l->logged || now_ms - l->logged_ms >= LOG_PERIOD_MS) {
        journal(LOG_LEVEL_ERROR, "no connection can be accepted (%s); raise LimitNOFILE or lower max_clients",
                strerror(error));
        l->logged = true;
        l->logged_ms = now_ms; /* not reset by a successful accept: single descriptors may come free meanwhile */
    }
    accepting_wait(l, PAUSE_MS);
}

static void on_connect(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct listener *l = poll->data;
    uint32_t left = token_bucket_left(&l->accepts, uv_now(l->streams->turn->uv));
    if (left == 0)
        accepting_wait(l, ACCEPTS_WAIT_MS);
    for (uint32_t i = 0; i < left && i < ACCEPTS_MAX; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            l->accepts.left--;
            accept_one(l, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            accepting_pause(l, errno);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void address_fill(struct sockaddr_un *a, const char *path)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    assert(strlen(path) < sizeof a->sun_path);
    memcpy(a->sun_path, path, strlen(path) + 1);
}

/* True if no process holds this socket: connecting is refused. After any other result (another socket type, no
 * permission, a full backlog) a process may hold it. */
static bool nobody_holds(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool refused = connect(fd, (const struct sockaddr *)a, sizeof *a) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

/* Remove a socket file that nobody holds: a killed daemon left it behind. */
static int path_clear(const struct sockaddr_un *a, char errmsg[IO_ERRMSG])
{
    struct stat st;
    if (lstat(a->sun_path, &st) != 0)
        return DDBS_OK; /* normally it does not exist; any other error will also fail bind */
    if (!S_ISSOCK(st.st_mode)) {
        snprintf(errmsg, IO_ERRMSG, "%s exists and is not a socket; remove it, or choose another socket path",
                 a->sun_path);
        return DDBS_E_BAD_CONFIG;
    }
    if (!nobody_holds(a)) {
        snprintf(errmsg, IO_ERRMSG, "another program holds the socket %s; stop it, or choose another socket path",
                 a->sun_path);
        return DDBS_E_BUSY;
    }
    if (unlink(a->sun_path) == 0)
        return DDBS_OK;
    snprintf(errmsg, IO_ERRMSG, "the old socket %s cannot be removed (%s); remove it by hand", a->sun_path,
             strerror(errno));
    return DDBS_E_INTERNAL;
}

static int group_find(const char *name, gid_t *ret, char errmsg[IO_ERRMSG])
{
    struct group g, *found = NULL;
    char text[GROUP_TEXT];
    int rc = getgrnam_r(name, &g, text, sizeof text, &found);
    if (rc == 0 && found != NULL) {
        *ret = g.gr_gid;
        return DDBS_OK;
    }
    snprintf(errmsg, IO_ERRMSG, "[daemon] socket_group: there is no group %s; create it, or name one that exists",
             name);
    return DDBS_E_BAD_CONFIG;
}

int listener_check(const char *path, const char *group, char errmsg[IO_ERRMSG])
{
    const char *slash = strrchr(path, '/');
    int n = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    char folder[sizeof((struct sockaddr_un *)0)->sun_path + 1];
    struct stat st;
    gid_t unused;
    assert((size_t)n < sizeof folder);
    snprintf(folder, sizeof folder, "%.*s", n, slash == NULL ? "." : path);
    const char *where = "[daemon] socket: the folder";
    if (stat(folder, &st) != 0)
        snprintf(errmsg, IO_ERRMSG, "%s %s cannot be used (%s); make it: mkdir -p %s, or choose another socket path",
                 where, folder, strerror(errno), folder);
    else if (!S_ISDIR(st.st_mode))
        snprintf(errmsg, IO_ERRMSG, "%s %s is not a directory; choose another socket path", where, folder);
    else if (access(folder, W_OK | X_OK) != 0)
        snprintf(errmsg, IO_ERRMSG,
                 "%s %s may not be written by this user (%s); give it to the daemon's user, or "
                 "choose another socket path",
                 where, folder, strerror(errno));
    else
        return group[0] != '\0' ? group_find(group, &unused, errmsg) : DDBS_OK;
    return DDBS_E_BAD_CONFIG;
}

static int access_set(const char *path, unsigned mode, const char *group, char errmsg[IO_ERRMSG])
{
    gid_t gid = (gid_t)-1;
    int rc = group[0] != '\0' ? group_find(group, &gid, errmsg) : DDBS_OK;
    if (rc != DDBS_OK)
        return rc;
    if (chown(path, (uid_t)-1, gid) == 0 && chmod(path, mode) == 0)
        return DDBS_OK;
    snprintf(errmsg, IO_ERRMSG, "mode or group of %s cannot be set (%s); check socket_mode and socket_group", path,
             strerror(errno));
    return DDBS_E_BAD_CONFIG;
}

/* Bind with an umask that lets nobody connect, set mode and group, then listen. */
static int socket_publish(struct listener *l, const struct sockaddr_un *a, unsigned mode, const char *group,
                          char errmsg[IO_ERRMSG])
{
    struct stat st;
    mode_t before = umask(0777);
    int rc = bind(l->fd, (const struct sockaddr *)a, sizeof *a);
    int error = errno;
    umask(before);
    if (rc != 0) {
        snprintf(errmsg, IO_ERRMSG,
                 "the socket %s cannot be created (%s); check that its folder exists and is writable", a->sun_path,
                 strerror(error));
        return DDBS_E_INTERNAL;
    }
    if (lstat(a->sun_path, &st) == 0) {
        l->device = st.st_dev;
        l->inode = st.st_ino;
    }
    rc = access_set(a->sun_path, mode, group, errmsg);
    if (rc == DDBS_OK && listen(l->fd, BACKLOG) != 0) {
        snprintf(errmsg, IO_ERRMSG, "the socket %s cannot be listened on (%s)", a->sun_path, strerror(errno));
        rc = DDBS_E_INTERNAL;
    }
    if (rc != DDBS_OK)
        listener_unlink(l);
    return rc;
}

int listener_open(struct listener *l, struct stream_set *streams, const char *path, unsigned mode, const char *group,
                  char errmsg[IO_ERRMSG])
{
    struct sockaddr_un a;
    uv_loop_t *uv = streams->turn->uv;
    *l = (struct listener){
        .streams = streams, .path = path, .accepts = token_bucket_full(ACCEPTS_BURST, ACCEPTS_PER_MS, uv_now(uv))};
    address_fill(&a, path);
    int rc = path_clear(&a, errmsg);
    if (rc != DDBS_OK)
        return rc;
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0) {
        snprintf(errmsg, IO_ERRMSG, "the socket cannot be created (%s)", strerror(errno));
        return DDBS_E_INTERNAL;
    }
    rc = socket_publish(l, &a, mode, group, errmsg);
    if (rc == DDBS_OK && uv_poll_init(uv, &l->poll, l->fd) == 0) {
        uv_timer_init(uv, &l->pause);
        l->poll.data = l->pause.data = l;
        rc = uv_poll_start(&l->poll, UV_READABLE, on_connect);
        assert(rc == 0);
        return DDBS_OK;
    }
    if (rc == DDBS_OK) {
        snprintf(errmsg, IO_ERRMSG, "the socket %s cannot be polled", path);
        listener_unlink(l);
        rc = DDBS_E_INTERNAL;
    }
    close(l->fd);
    return rc;
}

void listener_close(struct listener *l)
{
    if (l->fd < 0)
        return;
    uv_close((uv_handle_t *)&l->poll, NULL);
    uv_close((uv_handle_t *)&l->pause, NULL);
    close(l->fd);
    l->fd = -1;
}

void listener_unlink(const struct listener *l)
{
    struct stat st;
    if (lstat(l->path, &st) == 0 && st.st_dev == l->device && st.st_ino == l->inode)
        unlink(l->path);
}
