/* multi: a curl multi handle driven by one uv loop through curl's socket and timer callbacks.
 * Owner: the thread of the loop; embedded in a lane.
 * Happy path: multi_add -> curl requests sockets and a timer -> the loop calls back -> curl_multi_socket_action ->
 * finished transfers are taken from curl and passed to `done`. Failure modes: after a poll error what the peer sent is
 * read, then the transfer ends. If memory runs out inside curl or for a socket, running transfers cannot be relied on,
 * and on_broken makes the owner start over.
 * Invariants: curl_multi_info_read is drained after every curl_multi_socket_action, and only there. A socket that curl
 * opened through us keeps its uv_poll until curl closes it, also while the connection is idle: arming and disarming it
 * for each request costs a quarter of the request. Every uv_poll is stopped before its descriptor is closed, except for
 * sockets that curl closes without calling back (see multi.c).
 */
#ifndef HTTP_MULTI_H
#define HTTP_MULTI_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "proto/must_use.h"

struct multi_socket;

/* A transfer has ended and is off the multi handle. It may be added again at once. */
typedef void (*multi_done_fn)(void *ctx, CURL *easy, CURLcode code);

/* Memory ran out inside curl or for a socket's uv_poll: a transfer may never be called back, and curl 7.88 may divide
 * by zero at its next event. The owner must remove every transfer and call multi_renew. */
typedef void (*multi_broken_fn)(void *ctx);

struct multi {
    CURLM *curl; /* NULL: multi_renew had no memory for a new one */
    uv_loop_t *loop;
    uv_timer_t timer;
    struct multi_socket **sockets; /* by descriptor */
    size_t socket_places;
    multi_done_fn done;
    multi_broken_fn on_broken;
    void *ctx;
    long connections_max;
    bool broken; /* on_broken is due */
};

/* `connections_max`: connections that curl keeps open. Not below the number of concurrent transfers, or curl would
 * close and open connections all the time. DDBS_OK, DDBS_E_OUT_OF_MEMORY or DDBS_E_INTERNAL. */
int multi_init(struct multi *m, uv_loop_t *loop, long connections_max, multi_done_fn done, multi_broken_fn broken,
               void *ctx) MUST_USE;

/* Set our socket callbacks on an easy handle; once, before its first use with this multi. */
CURLcode multi_adopt(struct multi *m, CURL *easy) MUST_USE;

/* Start a transfer; `done` follows, never from inside this call. False: curl refused it (no memory). */
bool multi_add(struct multi *m, CURL *easy) MUST_USE;

/* Remove an unfinished transfer; no `done` follows. */
void multi_remove(struct multi *m, CURL *easy);

/* Replace curl's state, idle connections included, with a new one. No transfer may be on it. */
void multi_renew(struct multi *m);

/* Close everything. No transfer may be on it. The loop must then run until the handles are closed. */
void multi_close(struct multi *m);

#endif
