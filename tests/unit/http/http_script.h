/* http_script: a tiny HTTP server on the loopback, in threads, optionally with TLS, that answers by a script, one act
 * per request.
 * Owner: the test. Blocking threads, one per connection; http_script_stop ends them all.
 */
#ifndef TESTS_HTTP_SCRIPT_H
#define TESTS_HTTP_SCRIPT_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdint.h>

enum act {
    ACT_OK,       /* 200, every item written */
    ACT_SILENT,   /* no answer until the peer goes away */
    ACT_RESET,    /* RST instead of an answer */
    ACT_TRUNCATE, /* half a body, then the end */
    ACT_LONG,     /* a body of 1 MiB */
    ACT_BAD_CRC,  /* 200 with a wrong checksum */
    ACT_BUSY,     /* 500 */
    ACT_SKEW,     /* InvalidSignatureException and a Date one hour ahead */
    ACT_OK_END,   /* 200, then the connection is closed */
    ACT_OK_RESET, /* 200, then RST at once */
};

enum { SCRIPT_ACTS = 64, SCRIPT_CONNECTIONS = 256, SCRIPT_HEAD = 4096 };

struct http_script {
    pthread_mutex_t lock;
    int listener;
    SSL_CTX *tls; /* NULL: without TLS; owned by the test */
    int wake[2];  /* closing one end stops all threads */
    uint16_t port;
    pthread_t acceptor;
    pthread_t threads[SCRIPT_CONNECTIONS];
    int connections; /* accepted so far */
    int requests;    /* read so far */
    int ended;       /* connections closed by the server */
    enum act acts[SCRIPT_ACTS];
    int act_count;          /* the last act repeats */
    char head[SCRIPT_HEAD]; /* of the last request, NUL-terminated */
};

void http_script_start(struct http_script *s, const enum act *acts, int count);
/* The same on another loopback address (host byte order), with TLS unless `tls` is NULL. */
void http_script_start_at(struct http_script *s, const enum act *acts, int count, uint32_t address, SSL_CTX *tls);
void http_script_stop(struct http_script *s);

int http_script_requests(struct http_script *s);
int http_script_connections(struct http_script *s);
int http_script_ended(struct http_script *s);

/* The value of a header of the last request, "" if it is missing. `name` as it is sent, with the colon. */
void http_script_header(struct http_script *s, const char *name, char *out, size_t cap);

#endif
