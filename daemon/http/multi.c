/* multi: curl on a uv loop. See multi.h.
 * A socket's life: opened by curl through socket_open (kept: true) or by curl's resolver (kept: false); `wanted` while
 * curl requests events on it. A kept socket ends with socket_close, any other when curl stops requesting events.
 * Exception: curl closes a socket that failed to connect without calling socket_close. The descriptor's number may then
 * belong to another socket, which the inode reveals. A socket that is used for a second request must have been
 * connected, so it is marked `proven` and its inode is not checked any more.
 */
#include "daemon/http/multi.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/list.h"
#include "daemon/base/mem.h"
#include "proto/err.h"

struct multi_socket {
    uv_poll_t poll;
    struct multi *multi;
    curl_socket_t fd;
    ino_t inode; /* of the socket when it was added, to detect that fd was reused */
    bool kept;   /* opened and closed through our callbacks: keeps its poll while curl requests no events */
    bool proven; /* it was connected: curl will close it through socket_close */
    bool failed; /* its poll reported an error before */
    int wanted;  /* the uv events that curl requests; 0: none */
    int polled;  /* the uv events polled for; 0: stopped */
};

static void finished_drain(struct multi *m)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(m->curl, &left)) != NULL) {
        if (msg->msg != CURLMSG_DONE)
            continue;
        CURL *easy = msg->easy_handle;
        CURLcode code = msg->data.result;
        curl_multi_remove_handle(m->curl, easy);
        m->done(m->ctx, easy, code);
    }
}

/* Report an event to curl, then always drain the finished transfers: a timeout event can end them too. */
static void action(struct multi *m, curl_socket_t fd, int flags)
{
    int running;
    if (curl_multi_socket_action(m->curl, fd, flags, &running) != CURLM_OK)
        m->broken = true;
    finished_drain(m);
    if (!m->broken)
        return;
    m->broken = false;
    m->on_broken(m->ctx);
}

static void on_timer(uv_timer_t *timer)
{
    action(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int timer_set(CURLM *curl, long timeout_ms, void *user)
{
    (void)curl;
    struct multi *m = user;
    if (timeout_ms < 0)
        return uv_timer_stop(&m->timer) == 0 ? 0 : -1;
    return uv_timer_start(&m->timer, on_timer, (uint64_t)timeout_ms, 0) == 0 ? 0 : -1;
}

static struct multi_socket *socket_find(const struct multi *m, curl_socket_t fd)
{
    return (size_t)fd < m->socket_places ? m->sockets[fd] : NULL;
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* Poll for the events that curl requests. */
static bool socket_poll(struct multi_socket *s)
{
    if (s->wanted == s->polled)
        return true;
    if (uv_poll_start(&s->poll, s->wanted, on_poll) != 0)
        return false;
    s->polled = s->wanted;
    return true;
}

/* Clear the error of an idle connection, so that only the end of input remains. curl recognizes a dead connection by
 * its end of input, but takes one with a pending error for alive, and it retries on only so many connections. */
static void error_clear(curl_socket_t fd)
{
    int error;
    socklen_t n = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n);
}

/* libuv stopped the poll because of an error. Let curl read first: the peer may have sent the answer before the error,
 * and curl then finds the error itself. A second error ends the transfer. */
static void on_poll_error(struct multi_socket *s)
{
    struct multi *m = s->multi;
    curl_socket_t fd = s->fd;
    int flags = s->failed ? CURL_CSELECT_ERR : CURL_CSELECT_ERR | CURL_CSELECT_IN;
    s->polled = 0;
    s->failed = true;
    if (s->wanted != 0)
        action(m, fd, flags);
    if (socket_find(m, fd) != s)
        return;
    if (s->wanted == 0)
        error_clear(fd);
    bool polled = socket_poll(s);
    assert(polled);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct multi_socket *s = CONTAINER_OF(poll, struct multi_socket, poll);
    if (status < 0) {
        on_poll_error(s);
        return;
    }
    if (s->wanted == 0) {
        /* The peer closed an idle connection; curl detects that when it wants to reuse it. */
        uv_poll_stop(poll);
        s->polled = 0;
        return;
    }
    action(s->multi, s->fd,
           ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) | ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0));
}

static bool sockets_reserve(struct multi *m, size_t places)
{
    if (places <= m->socket_places)
        return true;
    size_t want = m->socket_places > 0 ? m->socket_places : 64;
    while (want < places)
        want *= 2;
    struct multi_socket **grown = mem_realloc(m->sockets, want * sizeof(struct multi_socket *));
    if (grown == NULL)
        return false;
    memset(grown + m->socket_places, 0, (want - m->socket_places) * sizeof(struct multi_socket *));
    m->sockets = grown;
    m->socket_places = want;
    return true;
}

static ino_t inode_of(curl_socket_t fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* True if curl has closed the socket and the descriptor's number was reused. */
static bool socket_stale(const struct multi_socket *s)
{
    return !s->proven && inode_of(s->fd) != s->inode;
}

static struct multi_socket *socket_add(struct multi *m, curl_socket_t fd, bool kept)
{
    if (!sockets_reserve(m, (size_t)fd + 1))
        return NULL;
    assert(m->sockets[fd] == NULL);
    struct multi_socket *s = mem_zalloc(sizeof *s);
    if (s == NULL)
        return NULL;
    if (uv_poll_init_socket(m->loop, &s->poll, fd) != 0) {
        mem_free(s);
        return NULL;
    }
    s->multi = m;
    s->fd = fd;
    s->inode = inode_of(fd);
    s->kept = kept;
    m->sockets[fd] = s;
    return s;
}

static void on_socket_closed(uv_handle_t *handle)
{
    mem_free(CONTAINER_OF(handle, struct multi_socket, poll));
}

/* Close the socket's poll. Its descriptor may be closed right after this, or is closed already. */
static void socket_retire(struct multi *m, curl_socket_t fd)
{
    struct multi_socket *s = m->sockets[fd];
    m->sockets[fd] = NULL;
    uv_close((uv_handle_t *)&s->poll, on_socket_closed);
}

static curl_socket_t socket_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct multi *m = user;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    if (socket_find(m, fd) != NULL)
        socket_retire(m, fd);
    if (socket_add(m, fd, true) == NULL) {
        close(fd);
        return CURL_SOCKET_BAD;
    }
    return fd;
}

static int socket_close(void *user, curl_socket_t fd)
{
    struct multi *m = user;
    if (socket_find(m, fd) != NULL)
        socket_retire(m, fd);
    return close(fd);
}

/* CURLMOPT_SOCKETFUNCTION. It never returns an error, after which curl would fail all running transfers without driving
 * them any more; `broken` is set instead. */
static int socket_want(CURL *easy, curl_socket_t fd, int what, void *user, void *unused)
{
    (void)easy;
    (void)unused;
    struct multi *m = user;
    struct multi_socket *s = socket_find(m, fd);
    if (what == CURL_POLL_REMOVE) {
        if (s == NULL)
            return 0;
        s->wanted = 0;
        if (!s->kept || socket_stale(s))
            socket_retire(m, fd);
        return 0;
    }
    if (s != NULL && s->wanted == 0) {
        if (socket_stale(s)) {
            socket_retire(m, fd);
            s = NULL;
        } else {
            s->proven = s->polled != 0; /* events were requested before, so this is a second use */
        }
    }
    if (s == NULL && (s = socket_add(m, fd, false)) == NULL) {
        m->broken = true;
        return 0;
    }
    s->wanted = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    if (!socket_poll(s))
        m->broken = true;
    return 0;
}

static bool options_set(struct multi *m)
{
    return curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, socket_want) == CURLM_OK &&
           curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m) == CURLM_OK &&
           curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, timer_set) == CURLM_OK &&
           curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m) == CURLM_OK &&
           curl_multi_setopt(m->curl, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) == CURLM_OK &&
           curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, m->connections_max) == CURLM_OK;
}

static int curl_open(struct multi *m)
{
    m->curl = curl_multi_init();
    if (m->curl == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    if (options_set(m))
        return DDBS_OK;
    curl_multi_cleanup(m->curl);
    m->curl = NULL;
    return DDBS_E_INTERNAL;
}

static void curl_close(struct multi *m)
{
    curl_multi_cleanup(m->curl);
    m->curl = NULL;
    for (size_t fd = 0; fd < m->socket_places; fd++) {
        if (m->sockets[fd] != NULL)
            socket_retire(m, (curl_socket_t)fd);
    }
}

int multi_init(struct multi *m, uv_loop_t *loop, long connections_max, multi_done_fn done, multi_broken_fn broken,
               void *ctx)
{
    *m =
        (struct multi){.loop = loop, .connections_max = connections_max, .done = done, .on_broken = broken, .ctx = ctx};
    int rc = curl_open(m);
    if (rc != DDBS_OK)
        return rc;
    uv_timer_init(loop, &m->timer); /* cannot fail, as it touches no descriptor */
    m->timer.data = m;
    return DDBS_OK;
}

void multi_renew(struct multi *m)
{
    curl_close(m);
    uv_timer_stop(&m->timer);
    /* If there is no memory for a new handle now, multi_add tries again. */
    int rc = curl_open(m);
    (void)rc;
}

CURLcode multi_adopt(struct multi *m, CURL *easy)
{
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, socket_open);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, m);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, socket_close);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, m);
    return rc;
}

bool multi_add(struct multi *m, CURL *easy)
{
    if (m->curl == NULL && curl_open(m) != DDBS_OK)
        return false;
    return curl_multi_add_handle(m->curl, easy) == CURLM_OK;
}

void multi_remove(struct multi *m, CURL *easy)
{
    curl_multi_remove_handle(m->curl, easy);
}

void multi_close(struct multi *m)
{
    curl_close(m);
    mem_free(m->sockets);
    m->sockets = NULL;
    m->socket_places = 0;
    uv_close((uv_handle_t *)&m->timer, NULL);
}
