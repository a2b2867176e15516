/* conn: one client connection: bytes in and out, with or without TLS; no policy.
 * Owner: the server's list.
 * Invariants: `in` holds at most one head and one body plus what came with them; a conn is on the server's list until
 * it is closed.
 */
#ifndef FAKEDDB_CONN_H
#define FAKEDDB_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "tests/fakeddb/http.h"
#include "tests/fakeddb/text.h"
#include "tests/fakeddb/timer.h"

enum conn_state {
    CONN_READING, /* waits for a request */
    CONN_DELAYED, /* the answer is ready and waits for its time */
    CONN_WRITING,
    CONN_HUNG,      /* never answered; waits for the peer to close */
    CONN_LINGERING, /* refused and shut down; reads on so that the refusal arrives */
};

struct conn {
    struct timer timer; /* first, so that the server can convert it back */
    struct conn *prev, *next;
    int fd;
    SSL *ssl; /* NULL: without TLS */
    enum conn_state state;
    uint32_t interest; /* epoll events asked for */
    bool handshake_done, continued, close_after, linger_after;
    uint8_t *in;
    size_t in_len, in_cap;
    size_t need; /* bytes of the request being read, once its head is complete; else 0 */
    struct text out;
    size_t out_at;
    uint64_t request; /* number of the request whose answer waits; else 0 */
};

enum conn_io { CONN_IO_DONE, CONN_IO_AGAIN, CONN_IO_AGAIN_OTHER, CONN_IO_CLOSED };

/* Create one for an accepted descriptor, which it owns from then on, also on failure. NULL if out of memory. */
struct conn *conn_new(int fd, SSL_CTX *tls);

/* Close; `reset` sends RST instead of FIN. Frees it. */
void conn_free(struct conn *c, bool reset);

/* Make room for `total` bytes of input. */
bool conn_reserve(struct conn *c, size_t total);

/* Read until nothing is left or the buffer is full (CONN_IO_DONE); AGAIN_OTHER: TLS must write first. */
enum conn_io conn_read(struct conn *c);

/* Write the rest of `out`; DONE when all is written. */
enum conn_io conn_write(struct conn *c);

/* Drop the first n bytes of input. */
void conn_consume(struct conn *c, size_t n);

#endif
