/* floor_http: minimal HTTP. See floor_http.h. */
#include "tests/bench/floor_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char ALL_WRITTEN[] = "{\"UnprocessedItems\":{}}";

static void tls_open(struct floor_http *h, const char *ca_file)
{
    h->tls = SSL_CTX_new(TLS_client_method());
    if (h->tls == NULL || SSL_CTX_load_verify_locations(h->tls, ca_file, NULL) != 1)
        floor_die("%s: not a file of certificates", ca_file);
    SSL_CTX_set_verify(h->tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(h->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(h->tls, 1);
}

/* Blocking: it is done before the first record comes. */
static void lane_connect(struct floor_http *h, struct floor_lane *l, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0 || connect(l->fd, (struct sockaddr *)&a, sizeof a) != 0)
        floor_die("connect to port %u: %s", port, strerror(errno));
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (h->tls != NULL) {
        l->tls = SSL_new(h->tls);
        if (l->tls == NULL || SSL_set1_host(l->tls, "127.0.0.1") != 1 || SSL_set_fd(l->tls, l->fd) != 1 ||
            SSL_connect(l->tls) != 1)
            floor_die("the TLS handshake failed (verify result %ld)",
                      l->tls != NULL ? SSL_get_verify_result(l->tls) : 0);
    }
    fcntl(l->fd, F_SETFL, O_NONBLOCK);
}

void floor_http_open(struct floor_http *h, int epoll, uint16_t port, const char *ca_file)
{
    if (ca_file != NULL)
        tls_open(h, ca_file);
    for (uint32_t i = 0; i < FLOOR_LANES; i++) {
        lane_connect(h, &h->lanes[i], port);
        floor_watch(epoll, h->lanes[i].fd, EPOLLIN | EPOLLOUT | EPOLLET, i);
    }
}

/* Like write and read; -1 if they would block. */
static ssize_t lane_write(struct floor_lane *l, const char *p, size_t n)
{
    if (l->tls == NULL) {
        ssize_t k = send(l->fd, p, n, MSG_NOSIGNAL);
        if (k < 0 && errno != EAGAIN)
            floor_die("send: %s", strerror(errno));
        return k;
    }
    int k = SSL_write(l->tls, p, (int)n);
    if (k > 0)
        return k;
    if (SSL_get_error(l->tls, k) != SSL_ERROR_WANT_WRITE)
        floor_die("the endpoint closed a TLS connection");
    return -1;
}

static ssize_t lane_read(struct floor_lane *l, char *p, size_t n)
{
    if (l->tls == NULL) {
        ssize_t k = recv(l->fd, p, n, 0);
        if (k == 0 || (k < 0 && errno != EAGAIN))
            floor_die("the endpoint closed a connection");
        return k;
    }
    int k = SSL_read(l->tls, p, (int)n);
    if (k > 0)
        return k;
    if (SSL_get_error(l->tls, k) != SSL_ERROR_WANT_READ)
        floor_die("the endpoint closed a TLS connection");
    return -1;
}

static void lane_push(struct floor_lane *l)
{
    l->full = false;
    while (l->sent < l->n) {
        ssize_t k = lane_write(l, l->request + l->sent, l->n - l->sent);
        if (k < 0) {
            l->full = true;
            return;
        }
        l->sent += (size_t)k;
    }
}

void floor_http_send(struct floor_http *h, uint32_t lane, const char *request, size_t n)
{
    struct floor_lane *l = &h->lanes[lane];
    l->request = request;
    l->n = n;
    l->sent = 0;
    l->answer_len = 0;
    l->busy = true;
    lane_push(l);
}

/* Start of the answer's body, or NULL until it is complete. */
static const char *answer_body(const struct floor_lane *l, size_t *ret_n)
{
    const char *end = memmem(l->answer, l->answer_len, "\r\n\r\n", 4);
    if (end == NULL)
        return NULL;
    size_t n = SIZE_MAX;
    for (const char *p = l->answer; p < end;) {
        if ((p[0] | 32) == 'c' && strncasecmp(p, "content-length:", 15) == 0)
            n = strtoul(p + 15, NULL, 10);
        p = (const char *)memchr(p, '\n', (size_t)(end + 2 - p)) + 1;
    }
    if (n == SIZE_MAX)
        floor_die("an answer without Content-Length");
    *ret_n = n;
    return l->answer_len - (size_t)(end + 4 - l->answer) >= n ? end + 4 : NULL;
}

static void answer_check(const struct floor_lane *l, const char *body, size_t n)
{
    if (memcmp(l->answer, "HTTP/1.1 200", 12) != 0 || n != sizeof ALL_WRITTEN - 1 || memcmp(body, ALL_WRITTEN, n) != 0)
        floor_die("an answer that is not 'everything written': %s", l->answer);
}

static void lane_pull(struct floor_http *h, uint32_t lane)
{
    struct floor_lane *l = &h->lanes[lane];
    while (l->busy) {
        size_t room = sizeof l->answer - 1 - l->answer_len;
        size_t n;
        if (room == 0)
            floor_die("an answer of more than %zu bytes: %s", sizeof l->answer - 1, l->answer);
        ssize_t k = lane_read(l, l->answer + l->answer_len, room);
        if (k < 0)
            return;
        l->answer_len += (size_t)k;
        l->answer[l->answer_len] = '\0';
        const char *body = answer_body(l, &n);
        if (body == NULL)
            continue;
        answer_check(l, body, n);
        l->busy = false;
        h->answered(h->ctx, lane);
        return; /* nothing more can come: one request at a time */
    }
}

void floor_http_ready(struct floor_http *h, uint32_t lane, uint32_t events)
{
    if ((events & EPOLLOUT) != 0 && h->lanes[lane].full)
        lane_push(&h->lanes[lane]);
    if ((events & EPOLLIN) != 0)
        lane_pull(h, lane);
}
