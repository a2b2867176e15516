/* server: the event loop: accepts, reads requests, answers them at their time.
 * Owner: main.
 * Happy path: a request comes in one piece, is answered at once, and the connection waits for the next one. Failure
 * modes: peers that disconnect (closed), too many connections or buffered bytes (refused), requests that are not HTTP
 * (400 and closed).
 */
#ifndef FAKEDDB_SERVER_H
#define FAKEDDB_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "tests/fakeddb/conn.h"
#include "tests/fakeddb/serve.h"
#include "tests/fakeddb/timer.h"

struct server {
    struct serve serve;
    SSL_CTX *tls; /* borrowed; NULL: plain HTTP */
    int epoll_fd, listen_fd, signal_fd;
    int port;
    struct conn *conns;
    int nconns, conns_max;
    uint64_t in_bytes; /* total of all input buffers */
    struct timer_list due;
    uint64_t start_ms;
    bool stop;
};

/* Listen on 127.0.0.1:port (0: any). False with a message. SIGTERM and SIGINT end server_run. */
bool server_init(struct server *s, struct fake *f, uint64_t seed, int port, char *errmsg, size_t errmsg_max);

/* Serve until a signal; false with errno set if the loop itself fails. */
bool server_run(struct server *s);

void server_fini(struct server *s);

#endif
