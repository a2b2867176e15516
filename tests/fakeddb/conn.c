/* conn: see conn.h. */
#include "tests/fakeddb/conn.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

enum { IN_FIRST = 16 * 1024, IN_KEEP = 256 * 1024, OUT_MAX = 80 * 1024 * 1024, OUT_KEEP = 256 * 1024 };

struct conn *conn_new(int fd, SSL_CTX *tls)
{
    struct conn *c = calloc(1, sizeof(*c));
    int on = 1;
    if (c == NULL) {
        close(fd);
        return NULL;
    }
    c->fd = fd;
    c->state = CONN_READING;
    text_init(&c->out, OUT_MAX);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (tls != NULL) {
        c->ssl = SSL_new(tls);
        if (c->ssl == NULL || SSL_set_fd(c->ssl, fd) != 1) {
            conn_free(c, true);
            return NULL;
        }
        SSL_set_accept_state(c->ssl);
    }
    return c;
}

void conn_free(struct conn *c, bool reset)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    else if (c->ssl != NULL && c->handshake_done)
        SSL_shutdown(c->ssl);
    ERR_clear_error();
    SSL_free(c->ssl);
    close(c->fd);
    free(c->in);
    text_fini(&c->out);
    free(c);
}

bool conn_reserve(struct conn *c, size_t total)
{
    if (total <= c->in_cap)
        return true;
    size_t cap = total < IN_FIRST ? IN_FIRST : total;
    uint8_t *p = realloc(c->in, cap);
    if (p == NULL)
        return false;
    c->in = p;
    c->in_cap = cap;
    return true;
}

static enum conn_io tls_verdict(struct conn *c, int n, bool reading)
{
    int why = SSL_get_error(c->ssl, n);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ)
        return reading ? CONN_IO_AGAIN : CONN_IO_AGAIN_OTHER;
    if (why == SSL_ERROR_WANT_WRITE)
        return reading ? CONN_IO_AGAIN_OTHER : CONN_IO_AGAIN;
    return CONN_IO_CLOSED;
}

static enum conn_io read_some(struct conn *c, size_t *ret_n)
{
    size_t space = c->in_cap - c->in_len;
    if (c->ssl != NULL) {
        int n = SSL_read(c->ssl, c->in + c->in_len, space < INT_MAX ? (int)space : INT_MAX);
        if (n <= 0)
            return tls_verdict(c, n, true);
        *ret_n = (size_t)n;
        return CONN_IO_DONE;
    }
    ssize_t n = recv(c->fd, c->in + c->in_len, space, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return CONN_IO_AGAIN;
    if (n <= 0)
        return CONN_IO_CLOSED;
    *ret_n = (size_t)n;
    return CONN_IO_DONE;
}

enum conn_io conn_read(struct conn *c)
{
    enum conn_io io = CONN_IO_DONE;
    size_t n = 0;
    assert(c->in_len <= c->in_cap);
    while (c->in_len < c->in_cap && io == CONN_IO_DONE) {
        size_t space = c->in_cap - c->in_len;
        io = read_some(c, &n);
        if (io != CONN_IO_DONE)
            break;
        c->in_len += n;
        if (c->ssl == NULL && n < space)
            return CONN_IO_AGAIN; /* the socket was emptied; level triggering reports more */
    }
    return io;
}

enum conn_io conn_write(struct conn *c)
{
    while (c->out_at < c->out.len) {
        const char *p = c->out.p + c->out_at;
        size_t left = c->out.len - c->out_at;
        if (c->ssl != NULL) {
            int n = SSL_write(c->ssl, p, left < INT_MAX ? (int)left : INT_MAX);
            if (n <= 0)
                return tls_verdict(c, n, false);
            c->out_at += (size_t)n;
            continue;
        }
        ssize_t n = send(c->fd, p, left, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return CONN_IO_AGAIN;
        if (n < 0)
            return CONN_IO_CLOSED;
        c->out_at += (size_t)n;
    }
    text_clear(&c->out, OUT_KEEP);
    c->out_at = 0;
    return CONN_IO_DONE;
}

void conn_consume(struct conn *c, size_t n)
{
    assert(n <= c->in_len);
    c->in_len -= n;
    if (c->in_len > 0)
        memmove(c->in, c->in + n, c->in_len);
    if (c->in_len == 0 && c->in_cap > IN_KEEP) {
        free(c->in);
        c->in = NULL;
        c->in_cap = 0;
    }
}
