/* http_script: the scripted server. See http_script.h. */
#include "tests/unit/http/http_script.h"

#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct peer_arg {
    struct http_script *script;
    int fd;
    SSL *ssl; /* NULL: without TLS */
};

/* True: input (or its end) is available; false: the server stops. */
static bool readable(const struct http_script *s, int fd)
{
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = s->wake[0], .events = POLLIN}};
    while (poll(p, 2, -1) < 0) {
    }
    return p[1].revents == 0;
}

/* Like recv. 0 or less: the end, or the server stops. */
static ssize_t peer_recv(struct peer_arg *p, char *out, size_t n)
{
    bool held = p->ssl != NULL && SSL_pending(p->ssl) > 0;
    if (!held && !readable(p->script, p->fd))
        return 0;
    return p->ssl != NULL ? SSL_read(p->ssl, out, (int)n) : recv(p->fd, out, n, 0);
}

static size_t length_read(const char *digits)
{
    size_t n = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        n = n * 10 + (size_t)(*digits - '0');
    return n;
}

/* Read one request, head and body. False at the end of the connection. */
static bool request_read(struct peer_arg *p)
{
    struct http_script *s = p->script;
    static const size_t CAP = 1 << 20;
    char *text = malloc(CAP);
    size_t n = 0, want = 0;
    bool whole = false;
    while (!whole) {
        ssize_t got = peer_recv(p, text + n, CAP - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
        text[n] = '\0';
        char *end = strstr(text, "\r\n\r\n");
        if (end == NULL)
            continue;
        char *length = strstr(text, "Content-Length: ");
        assert(length != NULL && length < end);
        want = (size_t)(end + 4 - text) + length_read(length + 16);
        whole = n >= want;
        if (whole) {
            pthread_mutex_lock(&s->lock);
            snprintf(s->head, sizeof s->head, "%.*s\r\n", (int)(end - text), text);
            pthread_mutex_unlock(&s->lock);
        }
    }
    free(text);
    return whole;
}

static void send_all(struct peer_arg *p, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t sent = p->ssl != NULL ? SSL_write(p->ssl, text, (int)n) : send(p->fd, text, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        n -= (size_t)sent;
    }
}

static void answer(struct peer_arg *p, const char *status, const char *headers, const char *body, size_t announced)
{
    char text[1024];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %s\r\nContent-Type: application/x-amz-json-1.0\r\nx-amzn-RequestId: REQ-1\r\n%s"
                     "Content-Length: %zu\r\n\r\n%s",
                     status, headers, announced, body);
    send_all(p, text, (size_t)n);
}

static void answer_long(struct peer_arg *p)
{
    enum { N = 1 << 20 };
    char *body = malloc(N);
    memset(body, ' ', N);
    answer(p, "200 OK", "", "", N);
    send_all(p, body, N);
    free(body);
}

static void answer_skew(struct peer_arg *p)
{
    static const char BODY[] = "{\"__type\":\"com.amazon.coral.service#InvalidSignatureException\","
                               "\"message\":\"expired\"}";
    char date[128];
    time_t then = time(NULL) + 3600;
    struct tm tm;
    strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&then, &tm));
    answer(p, "400 Bad Request", date, BODY, sizeof BODY - 1);
}

/* Perform an act. True: the connection continues. */
static bool act_play(struct peer_arg *p, enum act act)
{
    static const char DONE[] = "{\"UnprocessedItems\":{}}";
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    char rest[16];
    switch (act) {
    case ACT_OK:
        answer(p, "200 OK", "", DONE, sizeof DONE - 1);
        return true;
    case ACT_OK_END:
        answer(p, "200 OK", "", DONE, sizeof DONE - 1);
        return false;
    case ACT_OK_RESET:
        answer(p, "200 OK", "", DONE, sizeof DONE - 1);
        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        return false;
    case ACT_SILENT:
        while (peer_recv(p, rest, sizeof rest) > 0) {
        }
        return false;
    case ACT_RESET:
        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        return false;
    case ACT_TRUNCATE:
        answer(p, "200 OK", "", DONE, 100);
        return false;
    case ACT_LONG:
        answer_long(p);
        return true;
    case ACT_BAD_CRC:
        answer(p, "200 OK", "x-amz-crc32: 1\r\n", DONE, sizeof DONE - 1);
        return true;
    case ACT_BUSY:
        answer(p, "500 Internal Server Error", "x-amz-retry-after: 1500\r\n", "{}", 2);
        return true;
    case ACT_SKEW:
        answer_skew(p);
        return true;
    }
    return false;
}

static void *connection_run(void *arg)
{
    struct peer_arg *p = arg;
    struct http_script *s = p->script;
    bool on = p->ssl == NULL || SSL_accept(p->ssl) == 1;
    while (on && request_read(p)) {
        pthread_mutex_lock(&s->lock);
        int i = s->requests++;
        enum act act = s->acts[i < s->act_count ? i : s->act_count - 1];
        pthread_mutex_unlock(&s->lock);
        on = act_play(p, act);
    }
    SSL_free(p->ssl);
    close(p->fd);
    free(p);
    pthread_mutex_lock(&s->lock);
    s->ended++;
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void *acceptor_run(void *arg)
{
    struct http_script *s = arg;
    while (readable(s, s->listener)) {
        struct peer_arg *p = malloc(sizeof *p);
        *p = (struct peer_arg){.script = s, .fd = accept(s->listener, NULL, NULL)};
        assert(p->fd >= 0);
        if (s->tls != NULL) {
            p->ssl = SSL_new(s->tls);
            SSL_set_fd(p->ssl, p->fd);
        }
        pthread_mutex_lock(&s->lock);
        int i = s->connections++;
        pthread_mutex_unlock(&s->lock);
        assert(i < SCRIPT_CONNECTIONS);
        int rc = pthread_create(&s->threads[i], NULL, connection_run, p);
        assert(rc == 0);
    }
    return NULL;
}

void http_script_start(struct http_script *s, const enum act *acts, int count)
{
    http_script_start_at(s, acts, count, INADDR_LOOPBACK, NULL);
}

void http_script_start_at(struct http_script *s, const enum act *acts, int count, uint32_t address, SSL_CTX *tls)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    socklen_t n = sizeof at;
    assert(count <= SCRIPT_ACTS);
    memset(s, 0, sizeof *s);
    memcpy(s->acts, acts, (size_t)count * sizeof *acts);
    s->act_count = count;
    s->tls = tls;
    pthread_mutex_init(&s->lock, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    int rc = bind(s->listener, (struct sockaddr *)&at, n) | listen(s->listener, 128) |
             getsockname(s->listener, (struct sockaddr *)&at, &n) | pipe(s->wake);
    assert(s->listener >= 0 && rc == 0);
    s->port = ntohs(at.sin_port);
    rc = pthread_create(&s->acceptor, NULL, acceptor_run, s);
    assert(rc == 0);
}

void http_script_stop(struct http_script *s)
{
    close(s->wake[1]);
    pthread_join(s->acceptor, NULL);
    for (int i = 0; i < s->connections; i++)
        pthread_join(s->threads[i], NULL);
    close(s->wake[0]);
    close(s->listener);
    pthread_mutex_destroy(&s->lock);
}

static int counter_read(struct http_script *s, const int *counter)
{
    pthread_mutex_lock(&s->lock);
    int n = *counter;
    pthread_mutex_unlock(&s->lock);
    return n;
}

int http_script_requests(struct http_script *s)
{
    return counter_read(s, &s->requests);
}

int http_script_connections(struct http_script *s)
{
    return counter_read(s, &s->connections);
}

int http_script_ended(struct http_script *s)
{
    return counter_read(s, &s->ended);
}

void http_script_header(struct http_script *s, const char *name, char *out, size_t cap)
{
    char line[64];
    snprintf(line, sizeof line, "\r\n%s", name);
    out[0] = '\0';
    pthread_mutex_lock(&s->lock);
    const char *p = strstr(s->head, line);
    if (p != NULL) {
        p += strlen(line);
        p += strspn(p, " ");
        snprintf(out, cap, "%.*s", (int)strcspn(p, "\r"), p);
        if (out[0] == '\0')
            snprintf(out, cap, "(empty)");
    }
    pthread_mutex_unlock(&s->lock);
}
