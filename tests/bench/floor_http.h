/* floor_http: hand-written HTTP/1.1 over keep-alive connections, each with one request at a time; TLS by OpenSSL.
 * Owner: one per process; the caller owns a request's bytes and keeps them until its answer.
 * Invariants: every answer must be a 200 that reports everything as written; anything else ends the program.
 */
#ifndef BENCH_FLOOR_HTTP_H
#define BENCH_FLOOR_HTTP_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/floor.h"

struct floor_lane {
    int fd;
    SSL *tls; /* NULL: without TLS */
    const char *request;
    size_t n, sent;
    bool busy, full; /* waiting for an answer; the socket took no more */
    char answer[2048];
    size_t answer_len;
};

/* A valid answer came. */
typedef void floor_answered_fn(void *ctx, uint32_t lane);

struct floor_http {
    SSL_CTX *tls;
    struct floor_lane lanes[FLOOR_LANES];
    floor_answered_fn *answered;
    void *ctx;
};

/* Connect all lanes to the loopback port and watch them; with `ca_file` over TLS verified by it. */
void floor_http_open(struct floor_http *h, int epoll, uint16_t port, const char *ca_file);

/* Send a whole request on an idle lane. */
void floor_http_send(struct floor_http *h, uint32_t lane, const char *request, size_t n);

/* The lane's socket is ready (edge-triggered). */
void floor_http_ready(struct floor_http *h, uint32_t lane, uint32_t events);

#endif
