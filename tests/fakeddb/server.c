/* server: see server.h. */
#include "tests/fakeddb/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, LINGER_MS = 3000, BACKLOG = 1024 };
static const uint64_t in_bytes_max = (uint64_t)1 << 30;

static uint64_t clock_ms(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void take_time(struct server *s)
{
    s->serve.now_ms = clock_ms(CLOCK_MONOTONIC) - s->start_ms;
    s->serve.now_s = (int64_t)(clock_ms(CLOCK_REALTIME) / 1000);
}

static bool watch(struct server *s, int fd, void *what)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = what};
    return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static bool listen_on(struct server *s, int port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int on = 1;
    s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listen_fd < 0)
        return false;
    setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(s->listen_fd, (struct sockaddr *)&at, len) != 0 || listen(s->listen_fd, BACKLOG) != 0)
        return false;
    if (getsockname(s->listen_fd, (struct sockaddr *)&at, &len) != 0)
        return false;
    s->port = ntohs(at.sin_port);
    return watch(s, s->listen_fd, &s->listen_fd);
}

static bool take_signals(struct server *s)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return false;
    s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return s->signal_fd >= 0 && watch(s, s->signal_fd, &s->signal_fd);
}

bool server_init(struct server *s, struct fake *f, uint64_t seed, int port, char *errmsg, size_t errmsg_max)
{
    *s = (struct server){
        .listen_fd = -1, .signal_fd = -1, .conns_max = INFLIGHT_MAX, .start_ms = clock_ms(CLOCK_MONOTONIC)};
    serve_init(&s->serve, f, seed);
    timer_list_init(&s->due);
    take_time(s);
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll_fd >= 0 && take_signals(s) && listen_on(s, port))
        return true;
    snprintf(errmsg, errmsg_max, "cannot listen on 127.0.0.1:%d: %s; choose another --port (0 takes a free one)", port,
             strerror(errno));
    server_fini(s);
    return false;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void conn_drop(struct server *s, struct conn *c, bool reset)
{
    timer_remove(&c->timer);
    inflight_remove(&s->serve.fake->store.inflight, c->request);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    s->nconns--;
    s->in_bytes -= c->in_cap;
    conn_free(c, reset);
}

void server_fini(struct server *s)
{
    while (s->conns != NULL)
        conn_drop(s, s->conns, false);
    assert(s->nconns == 0 && s->in_bytes == 0);
    close_fd(s->listen_fd);
    close_fd(s->signal_fd);
    close_fd(s->epoll_fd);
    serve_fini(&s->serve);
}

/* Change the polled events, if they differ. */
static void conn_watch(struct server *s, struct conn *c, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = c};
    if (c->interest == events)
        return;
    c->interest = events;
    epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, c->fd, &ev);
}

static bool conn_grow(struct server *s, struct conn *c, size_t total)
{
    size_t before = c->in_cap;
    if (total > before && s->in_bytes + (total - before) > in_bytes_max)
        return false;
    bool ok = conn_reserve(c, total);
    s->in_bytes += c->in_cap - before;
    return ok;
}

/* Send what is in out. False if the connection is gone. */
static bool conn_flush(struct server *s, struct conn *c)
{
    c->state = CONN_WRITING;
    switch (conn_write(c)) {
    case CONN_IO_AGAIN:
        conn_watch(s, c, EPOLLOUT);
        return true;
    case CONN_IO_AGAIN_OTHER:
        conn_watch(s, c, EPOLLIN);
        return true;
    case CONN_IO_CLOSED:
        conn_drop(s, c, false);
        return false;
    case CONN_IO_DONE:
        break;
    }
    if (c->linger_after) {
        c->state = CONN_LINGERING;
        c->in_len = 0;
        shutdown(c->fd, SHUT_WR);
        timer_add(&s->due, &c->timer, s->serve.now_ms + LINGER_MS);
        conn_watch(s, c, EPOLLIN);
        return true;
    }
    if (c->close_after) {
        conn_drop(s, c, false);
        return false;
    }
    c->state = CONN_READING;
    conn_watch(s, c, EPOLLIN);
    return true;
}

/* Refuse input that is not a request; the rest of the input is discarded. */
static bool conn_refuse(struct server *s, struct conn *c, int status)
{
    serve_refuse(&s->serve, status, &c->out);
    c->linger_after = true;
    return conn_flush(s, c);
}

/* Serve one whole request. False if the connection is gone. */
static bool conn_serve(struct server *s, struct conn *c, const struct http_request *r)
{
    struct verdict v;
    serve_request(&s->serve, r, &c->out, &v);
    s->in_bytes -= c->in_cap;
    conn_consume(c, r->head_len + r->body.n);
    s->in_bytes += c->in_cap;
    c->need = 0;
    c->continued = false;
    c->close_after = v.close;
    if (v.kind == VERDICT_RESET || c->out.failed) {
        conn_drop(s, c, true);
        return false;
    }
    if (v.kind == VERDICT_HANG) {
        c->state = CONN_HUNG;
        conn_watch(s, c, EPOLLRDHUP);
        return true;
    }
    if (v.delay_ms > 0) {
        c->state = CONN_DELAYED;
        c->request = v.request;
        inflight_add(&s->serve.fake->store.inflight, v.request);
        timer_add(&s->due, &c->timer, s->serve.now_ms + v.delay_ms);
        conn_watch(s, c, EPOLLRDHUP);
        return true;
    }
    return conn_flush(s, c);
}

/* Send "100 Continue" to a client that waits for it. */
static bool conn_continue(struct server *s, struct conn *c)
{
    c->continued = true;
    text_puts(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    if (conn_write(c) == CONN_IO_DONE)
        return true;
    conn_drop(s, c, true); /* 25 bytes that do not fit an empty socket buffer: not worth a state */
    return false;
}

/* Serve all requests that are in the buffer. False if the connection is gone. */
static bool conn_process(struct server *s, struct conn *c)
{
    while (c->state == CONN_READING && c->in_len > 0 && c->in_len >= c->need) {
        struct http_request r;
        switch (http_parse(span_of(c->in, c->in_len), &r)) {
        case HTTP_MORE:
            return conn_grow(s, c, HTTP_HEAD_MAX) || conn_refuse(s, c, 503);
        case HTTP_BAD:
            return conn_refuse(s, c, 400);
        case HTTP_HEAD_TOO_LARGE:
            return conn_refuse(s, c, 431);
        case HTTP_OK:
            break;
        }
        if (r.chunked)
            return conn_refuse(s, c, 411);
        if (r.content_length > HTTP_BODY_MAX)
            return conn_refuse(s, c, 413);
        c->need = r.head_len + (size_t)r.content_length;
        if (c->in_len < c->need) {
            if (r.expect_continue && !c->continued && !conn_continue(s, c))
                return false;
            return conn_grow(s, c, c->need) || conn_refuse(s, c, 503);
        }
        r.body = span_of(c->in + r.head_len, (size_t)r.content_length);
        if (!conn_serve(s, c, &r))
            return false;
    }
    return true;
}

static void on_readable(struct server *s, struct conn *c)
{
    enum conn_io io;
    do {
        if (!conn_grow(s, c, c->need > HTTP_HEAD_MAX ? c->need : HTTP_HEAD_MAX)) {
            conn_drop(s, c, true);
            return;
        }
        io = conn_read(c);
        if (c->ssl != NULL && !c->handshake_done && SSL_is_init_finished(c->ssl)) {
            c->handshake_done = true;
            s->serve.fake->counters.handshakes++;
        }
        if (c->state == CONN_LINGERING)
            c->in_len = 0;
        if (!conn_process(s, c))
            return;
        if (io == CONN_IO_CLOSED) {
            conn_drop(s, c, false);
            return;
        }
    } while (io == CONN_IO_DONE && (c->state == CONN_READING || c->state == CONN_LINGERING));
    if (c->state == CONN_READING)
        conn_watch(s, c, io == CONN_IO_AGAIN_OTHER ? EPOLLOUT : EPOLLIN);
}

static void conn_event(struct server *s, struct conn *c, uint32_t events)
{
    switch (c->state) {
    case CONN_READING:
    case CONN_LINGERING:
        on_readable(s, c);
        break;
    case CONN_WRITING:
        if (conn_flush(s, c) && c->state == CONN_READING && conn_process(s, c) && c->ssl != NULL &&
            c->state == CONN_READING)
            on_readable(s, c); /* TLS may hold decrypted bytes that epoll does not report */
        break;
    case CONN_DELAYED:
    case CONN_HUNG:
        if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
            conn_drop(s, c, false);
        break;
    }
}

static void accept_all(struct server *s)
{
    for (;;) {
        int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (s->nconns == s->conns_max) {
            close(fd);
            continue;
        }
        struct conn *c = conn_new(fd, s->tls);
        if (c == NULL)
            continue;
        c->next = s->conns;
        if (s->conns != NULL)
            s->conns->prev = c;
        s->conns = c;
        s->nconns++;
        s->serve.fake->counters.connections++;
        c->interest = EPOLLIN;
        if (!watch(s, fd, c))
            conn_drop(s, c, true);
    }
}

/* Send answers that are due, and close connections that have lingered long enough. */
static void run_due(struct server *s)
{
    struct timer *t;
    while ((t = timer_first(&s->due)) != NULL && t->due_ms <= s->serve.now_ms) {
        struct conn *c = (struct conn *)t;
        timer_remove(t);
        inflight_remove(&s->serve.fake->store.inflight, c->request);
        c->request = 0;
        if (c->state == CONN_LINGERING)
            conn_drop(s, c, false);
        else if (conn_flush(s, c) && c->state == CONN_READING && conn_process(s, c) && c->state == CONN_READING)
            on_readable(s, c);
    }
    serve_tick(&s->serve);
}

/* Milliseconds until the next timer, -1 if there is none. */
static int wait_ms(const struct server *s)
{
    const struct timer *first = timer_first(&s->due);
    uint64_t due = serve_due_ms(&s->serve);
    due = first != NULL && first->due_ms < due ? first->due_ms : due;
    if (due == UINT64_MAX)
        return -1;
    if (due <= s->serve.now_ms)
        return 0;
    return due - s->serve.now_ms > INT_MAX ? INT_MAX : (int)(due - s->serve.now_ms);
}

bool server_run(struct server *s)
{
    struct epoll_event events[EVENTS_MAX];
    while (!s->stop) {
        int n = epoll_wait(s->epoll_fd, events, EVENTS_MAX, wait_ms(s));
        if (n < 0 && errno != EINTR)
            return false;
        take_time(s);
        for (int i = 0; i < n; i++) {
            void *what = events[i].data.ptr;
            if (what == &s->listen_fd)
                accept_all(s);
            else if (what == &s->signal_fd)
                s->stop = true;
            else
                conn_event(s, what, events[i].events);
        }
        run_due(s);
    }
    return true;
}
