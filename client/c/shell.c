/* shell: see shell.h. */
#include "client/c/shell.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "client/c/core_input.h"
#include "client/c/core_output.h"
#include "proto/err.h"

enum { SHELL_PAGE = 4096, SHELL_ERROR = 256, SHELL_READ_TURNS = 64 };

uint64_t shell_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int shell_random(void *out, size_t n)
{
    ssize_t got;
    do
        got = getrandom(out, n, 0);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)n ? DDBS_OK : DDBS_E_INTERNAL;
}

/* A word that a fork sets to zero (MADV_WIPEONFORK), so that detecting one costs no system call. */
static uint32_t *shell_fork_mark(void)
{
    void *page = mmap(NULL, SHELL_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, SHELL_PAGE, MADV_WIPEONFORK) != 0) {
        munmap(page, SHELL_PAGE);
        return NULL;
    }
    *(uint32_t *)page = 1;
    return page;
}

int shell_init(struct shell *s, const char *path, struct core_config *config)
{
    size_t n = strlen(path);
    int rc;
    s->fd = -1;
    s->send_full = false;
    s->send_over = false;
    s->forked = false;
    s->pid = getpid();
    if (n == 0 || n >= sizeof s->address.sun_path)
        return DDBS_E_INVALID_ARGUMENT;
    s->address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(s->address.sun_path, path, n + 1);
    config->pid = (uint64_t)s->pid;
    if (shell_random(config->session, sizeof config->session) != DDBS_OK ||
        shell_random(&config->seed, sizeof config->seed) != DDBS_OK)
        return DDBS_E_INTERNAL;
    rc = core_init(&s->core, config, shell_now());
    if (rc != DDBS_OK)
        return rc;
    s->alive = shell_fork_mark();
    return DDBS_OK;
}

static void shell_disconnect(struct shell *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    s->send_full = false;
    s->send_over = false;
}

void shell_fini(struct shell *s)
{
    shell_disconnect(s);
    core_fini(&s->core);
    if (s->alive != NULL)
        munmap(s->alive, SHELL_PAGE);
    s->alive = NULL;
}

bool shell_forked(struct shell *s)
{
    if (s->alive != NULL ? *s->alive == 1 : getpid() == s->pid)
        return false;
    if (!s->forked) {
        s->forked = true;
        shell_disconnect(s);
        core_fini(&s->core);
    }
    return true;
}

/* ---- one connection ---- */

static void shell_refused(struct shell *s, const char *call, int error)
{
    char text[SHELL_ERROR], buffer[128];
    bool denied = strcmp(call, "connect") == 0 && (error == EACCES || error == EPERM);
    snprintf(text, sizeof text, "%s %s: %s", call, s->address.sun_path, strerror_r(error, buffer, sizeof buffer));
    core_connect_failed(&s->core, shell_now(), denied ? DDBS_E_NOT_PERMITTED : DDBS_E_NOT_REACHABLE, text);
}

static void shell_connect(struct shell *s)
{
    int rc, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        shell_refused(s, "socket", errno);
        return;
    }
    do
        rc = connect(fd, (const struct sockaddr *)&s->address, sizeof s->address);
    while (rc != 0 && errno == EINTR);
    if (rc != 0) { /* EAGAIN too: the daemon's backlog is full, so try again later */
        int error = errno;
        close(fd);
        shell_refused(s, "connect", error);
        return;
    }
    s->fd = fd;
    core_connected(&s->core, shell_now());
}

static void shell_send(struct shell *s)
{
    struct span spans[CORE_SPANS];
    struct iovec iov[CORE_SPANS];
    size_t n;
    s->send_full = false;
    while (!s->send_over && !s->send_full && (n = core_output(&s->core, spans)) > 0) {
        struct msghdr m = {.msg_iov = iov, .msg_iovlen = n};
        ssize_t sent;
        for (size_t i = 0; i < n; i++)
            iov[i] = (struct iovec){.iov_base = (void *)spans[i].p, .iov_len = spans[i].n};
        sent = sendmsg(s->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0)
            core_output_sent(&s->core, (size_t)sent);
        else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM)
            s->send_full = true;
        else if (errno != EINTR)
            s->send_over = true;
    }
}

/* Read what the socket holds, up to a bound. True: the input has ended. A short read means that the socket is empty, so
 * another recv follows only if the end of input is expected. */
static bool shell_read(struct shell *s)
{
    for (int turn = 0; turn < SHELL_READ_TURNS; turn++) {
        ssize_t n = recv(s->fd, s->read, SHELL_READ_BYTES, MSG_DONTWAIT);
        if (n == 0)
            return true;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return s->send_over; /* sending failed and there is nothing to read: treat it as the end */
        if (n < 0 && errno != EINTR)
            return true;
        if (n > 0)
            core_input_bytes(&s->core, shell_now(), span_of(s->read, (size_t)n));
        if (n > 0 && n < SHELL_READ_BYTES && !s->send_over && !core_wants_close(&s->core))
            return false;
    }
    return false;
}

/* Close the connection and report its end to the core. */
static void shell_leave(struct shell *s)
{
    shell_disconnect(s);
    core_eof(&s->core, shell_now());
}

void shell_pump(struct shell *s)
{
    struct client_core *c = &s->core;
    if (core_wants_connect(c))
        shell_connect(s);
    if (s->fd >= 0) {
        shell_send(s);
        if (shell_read(s) || core_wants_close(c))
            shell_leave(s);
        else
            shell_send(s); /* input may have allowed more output, by new credit for instance */
    }
    if (s->fd >= 0 && core_wants_close(c)) { /* BYE was just sent */
        shell_read(s);
        shell_leave(s);
    }
    core_tick(c, shell_now());
    if (s->fd >= 0 && core_wants_close(c))
        shell_leave(s);
    assert((s->fd >= 0) == c->linked);
}

void shell_wait(struct shell *s, uint64_t end_ms)
{
    struct pollfd p = {.fd = s->fd, .events = (short)(POLLIN | (s->send_full ? POLLOUT : 0))};
    uint64_t now = shell_now(), at;
    int timeout = -1;
    if (core_wants_connect(&s->core) && s->fd < 0)
        return;
    if (core_deadline(&s->core, &at) && at < end_ms)
        end_ms = at;
    if (end_ms != UINT64_MAX)
        timeout = end_ms <= now ? 0 : end_ms - now > INT_MAX / 2 ? INT_MAX / 2 : (int)(end_ms - now) + 1;
    poll(&p, p.fd >= 0 ? 1 : 0, timeout);
}
