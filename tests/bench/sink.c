/* sink: an endpoint that accepts every request and stores nothing, so that the bench measures only the writer.
 * sink --port-file FILE [--port N] [--ca-file FILE] [--key NAME] [--delay MS] [--rate N]
 * Listens on the loopback, on the given or a free port, which it writes to the port file. With --ca-file it uses TLS
 * with a new certificate, written to that file. An answer is sent --delay milliseconds after its request, at most
 * --rate answers per second, in the order of the requests. BatchWriteItem is answered {"UnprocessedItems":{}},
 * DescribeTable with a table whose partition key is NAME (S). On SIGTERM it prints the number of requests and
 * connections as JSON. It does not check signatures and items: tests/fakeddb does.
 * Owner: one process, one thread, sleeping while idle.
 * Invariant: no pipelining (our clients do not use it): a connection has one request at a time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "daemon/base/list.h"
#include "tests/fakeddb/tls.h"

enum { HEAD_MAX = 8192, READ_MAX = 256 * 1024, EVENTS = 256, ANSWER_MAX = 1024, BACKLOG = 1024 };

struct answer {
    char text[ANSWER_MAX];
    size_t n;
};

struct conn {
    int fd;
    SSL *tls;                 /* NULL: without TLS */
    struct list_node waiting; /* for its answer; oldest first, hence ordered by due_ns */
    uint64_t due_ns;
    size_t body_left;
    bool describes;
    size_t head_len;
    char head[HEAD_MAX + 1];
};

struct sink {
    int epoll, listener;
    SSL_CTX *tls;
    struct answer written, described;
    uint64_t delay_ns, spacing_ns; /* both 0: answers are sent at once */
    struct list_head waiting;
    uint64_t last_due_ns;
    uint64_t requests, connections;
    char scratch[READ_MAX];
};

static volatile sig_atomic_t stopping;

static void on_term(int number)
{
    (void)number;
    stopping = 1;
}

static uint64_t now_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void answer_make(struct answer *a, const char *body)
{
    unsigned long crc = crc32(0, (const unsigned char *)body, (unsigned)strlen(body));
    a->n = (size_t)snprintf(a->text, sizeof a->text,
                            "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Wed, 01 Jan 2025 00:00:00 GMT\r\n"
                            "Content-Type: application/x-amz-json-1.0\r\nContent-Length: %zu\r\n"
                            "Connection: keep-alive\r\n"
                            "x-amzn-RequestId: QHJ3KT1VF5D3PPRN4SQ2BMI5VFVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
                            "x-amz-crc32: %lu\r\n\r\n%s",
                            strlen(body), crc, body);
}

/* An answer is far smaller than an empty socket buffer; a peer that does not read its answers is dropped. */
static bool answer_send(struct sink *s, struct conn *c)
{
    const struct answer *a = c->describes ? &s->described : &s->written;
    s->requests++;
    if (c->tls != NULL)
        return SSL_write(c->tls, a->text, (int)a->n) == (int)a->n;
    return send(c->fd, a->text, a->n, MSG_NOSIGNAL) == (ssize_t)a->n;
}

/* A request is complete: answer it, or schedule the answer. */
static bool request_take(struct sink *s, struct conn *c)
{
    if (s->delay_ns == 0 && s->spacing_ns == 0)
        return answer_send(s, c);
    c->due_ns = now_ns() + s->delay_ns;
    if (c->due_ns < s->last_due_ns + s->spacing_ns)
        c->due_ns = s->last_due_ns + s->spacing_ns;
    s->last_due_ns = c->due_ns;
    list_push_back(&s->waiting, &c->waiting);
    return true;
}

/* The head is complete: determine the operation and the length of the body. */
static bool head_read(struct conn *c)
{
    const char *length = strcasestr(c->head, "\ncontent-length:");
    const char *target = strcasestr(c->head, "\nx-amz-target:");
    if (length == NULL || target == NULL)
        return false;
    c->body_left = strtoul(length + sizeof "\ncontent-length:" - 1, NULL, 10);
    c->describes = memcmp(target + strcspn(target, "."), ".DescribeTable", sizeof ".DescribeTable" - 1) == 0;
    return true;
}

/* Process bytes of a request, split anywhere. False: not the HTTP of our clients. */
static bool feed(struct sink *s, struct conn *c, const char *p, size_t n)
{
    while (n > 0) {
        if (c->body_left > 0) {
            size_t k = n < c->body_left ? n : c->body_left;
            c->body_left -= k;
            p += k;
            n -= k;
            if (c->body_left == 0 && !request_take(s, c))
                return false;
            continue;
        }
        size_t k = n < HEAD_MAX - c->head_len ? n : HEAD_MAX - c->head_len;
        size_t before = c->head_len;
        memcpy(c->head + before, p, k);
        c->head_len += k;
        char *end = memmem(c->head, c->head_len, "\r\n\r\n", 4);
        if (end == NULL)
            return c->head_len < HEAD_MAX;
        *end = '\0';
        size_t used = (size_t)(end + 4 - c->head) - before;
        c->head_len = 0;
        if (!head_read(c) || c->body_left == 0)
            return false;
        p += used;
        n -= used;
    }
    return true;
}

/* Let the kernel discard the body, except its last byte. */
static bool body_skip(struct sink *s, struct conn *c)
{
    char last;
    ssize_t n = recv(c->fd, NULL, c->body_left - 1, MSG_TRUNC);
    if (n > 0)
        c->body_left -= (size_t)n;
    else if (n == 0 || errno != EAGAIN)
        return false;
    if (c->body_left == 1 && recv(c->fd, &last, 1, 0) == 1)
        return feed(s, c, &last, 1);
    return true;
}

static bool read_plain(struct sink *s, struct conn *c)
{
    if (c->body_left > 1)
        return body_skip(s, c);
    ssize_t n = recv(c->fd, s->scratch, HEAD_MAX, 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    if (!feed(s, c, s->scratch, (size_t)n))
        return false;
    return c->body_left <= 1 || body_skip(s, c);
}

static bool read_tls(struct sink *s, struct conn *c)
{
    for (;;) {
        int n = SSL_read(c->tls, s->scratch, READ_MAX);
        if (n <= 0) {
            int why = SSL_get_error(c->tls, n);
            return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        }
        if (!feed(s, c, s->scratch, (size_t)n))
            return false;
        if (!SSL_has_pending(c->tls))
            return true;
    }
}

static void conn_close(struct conn *c)
{
    list_drop(&c->waiting);
    SSL_free(c->tls);
    close(c->fd);
    free(c);
}

static void conn_open(struct sink *s, int fd)
{
    int one = 1;
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return;
    }
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (s->tls != NULL) {
        c->tls = SSL_new(s->tls);
        SSL_set_fd(c->tls, fd);
        SSL_set_accept_state(c->tls);
    }
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0)
        s->connections++;
    else
        conn_close(c);
}

static void accept_all(struct sink *s)
{
    int fd;
    while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        conn_open(s, fd);
}

/* Send what is due. Returns how long to sleep then, in milliseconds; -1: until an event. */
static int answers_due(struct sink *s)
{
    while (s->waiting.first != NULL) {
        struct conn *c = CONTAINER_OF(s->waiting.first, struct conn, waiting);
        uint64_t now = now_ns();
        if (c->due_ns > now)
            return (int)((c->due_ns - now + 999999) / 1000000);
        list_remove(&c->waiting);
        if (!answer_send(s, c))
            conn_close(c);
    }
    return -1;
}

static void serve(struct sink *s)
{
    struct epoll_event events[EVENTS];
    sigset_t none;
    sigemptyset(&none);
    while (!stopping) {
        int n = epoll_pwait(s->epoll, events, EVENTS, answers_due(s), &none); /* SIGTERM is delivered only here */
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (c == NULL)
                accept_all(s);
            else if (c->tls != NULL ? !read_tls(s, c) : !read_plain(s, c))
                conn_close(c);
        }
    }
}

/* Listen on the loopback port (0: any); the listener has a NULL pointer in the epoll set. */
static bool sink_listen(struct sink *s, uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(*port)};
    int one = 1;
    socklen_t n = sizeof a;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->epoll < 0 || s->listener < 0 || setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(s->listener, (struct sockaddr *)&a, n) != 0 || listen(s->listener, BACKLOG) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&a, &n) != 0 ||
        epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &e) != 0)
        return false;
    *port = ntohs(a.sin_port);
    return true;
}

/* Written to a temporary file and renamed, so that a reader always sees a complete number. */
static bool port_write(const char *path, uint16_t port)
{
    char part[512];
    snprintf(part, sizeof part, "%s.part", path);
    FILE *f = fopen(part, "we");
    if (f == NULL)
        return false;
    bool ok = fprintf(f, "%u\n", port) > 0;
    ok = fclose(f) == 0 && ok;
    return ok && rename(part, path) == 0;
}

static bool tls_open(struct sink *s, const char *ca_file, char *errmsg, size_t errmsg_max)
{
    s->tls = tls_new(ca_file, errmsg, errmsg_max);
    if (s->tls == NULL)
        return false;
    SSL_CTX_clear_mode(s->tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(s->tls, 1);
    SSL_CTX_set_default_read_buffer_len(s->tls, 65536);
    return SSL_CTX_set_ciphersuites(s->tls, "TLS_AES_128_GCM_SHA256") == 1;
}

struct options {
    const char *port_file, *ca_file, *key;
    uint16_t port;
};

static int run(struct sink *s, struct options *o)
{
    char errmsg[256] = "OpenSSL refuses the cipher";
    char table[ANSWER_MAX / 2];
    answer_make(&s->written, "{\"UnprocessedItems\":{}}");
    snprintf(table, sizeof table,
             "{\"Table\":{\"TableName\":\"bench\",\"TableStatus\":\"ACTIVE\",\"AttributeDefinitions\":[{"
             "\"AttributeName\":\"%.64s\",\"AttributeType\":\"S\"}],\"KeySchema\":[{\"AttributeName\":\"%.64s\","
             "\"KeyType\":\"HASH\"}]}}",
             o->key, o->key);
    answer_make(&s->described, table);
    if (o->ca_file != NULL && !tls_open(s, o->ca_file, errmsg, sizeof errmsg)) {
        fprintf(stderr, "sink: %s\n", errmsg);
        return 1;
    }
    if (!sink_listen(s, &o->port) || !port_write(o->port_file, o->port)) {
        fprintf(stderr, "sink: listening, or writing %s: %s\n", o->port_file, strerror(errno));
        return 1;
    }
    serve(s);
    printf("{\"requests\": %llu, \"connections\": %llu}\n", (unsigned long long)s->requests,
           (unsigned long long)s->connections);
    return 0;
}

static void number_take(struct sink *s, struct options *o, int option, uint64_t number)
{
    if (option == 'n')
        o->port = (uint16_t)number;
    else if (option == 'd')
        s->delay_ns = number * 1000000;
    else if (number > 0)
        s->spacing_ns = 1000000000 / number;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"port-file", required_argument, NULL, 'p'},
        {"port", required_argument, NULL, 'n'},
        {"ca-file", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},
        {"delay", required_argument, NULL, 'd'},
        {"rate", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    static struct sink s;
    struct options o = {.key = "pk"};
    struct sigaction term = {.sa_handler = on_term};
    int option;
    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (option == '?')
            return 2;
        if (option == 'p' || option == 'c' || option == 'k')
            *(option == 'p' ? &o.port_file : option == 'c' ? &o.ca_file : &o.key) = optarg;
        else
            number_take(&s, &o, option, strtoull(optarg, NULL, 10));
    }
    if (o.port_file == NULL || optind < argc) {
        fprintf(stderr,
                "usage: sink --port-file FILE [--port N] [--ca-file FILE] [--key NAME] [--delay MS] [--rate N]\n");
        return 2;
    }
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    sigaction(SIGTERM, &term, NULL);
    signal(SIGPIPE, SIG_IGN);
    return run(&s, &o);
}
