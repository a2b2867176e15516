/* multi: a curl multi handle driven by one uv loop, by its socket and timer callbacks.
 * Owner: the thread of the loop; embedded in a lane.
 * Happy path: multi_add -> curl asks for sockets and a timer -> the loop calls back -> curl is told -> finished
 * transfers are taken from curl and handed to `done`. Failure modes: after a poll error what the peer had sent is read,
 * then the transfer ends; when memory ran out inside curl, or for a socket, nothing that runs can be relied on, and
 * on_broken has the owner begin anew.
 * Invariants: curl_multi_info_read is drained whenever curl was driven and after nothing else; a socket
 * that curl opened through us keeps its uv_poll until curl closes it, also while its connection is idle (arming and
 * disarming it for every request costs a quarter of the request); every uv_poll is stopped before its descriptor
 * closes, but for what curl closes without a word (multi.c).
 */
#ifndef HTTP_MULTI_H
#define HTTP_MULTI_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "proto/must_use.h"

struct multi_socket;

/* A transfer is over and off the multi handle. It may be added again at once. */
typedef void (*multi_done_fn)(void *ctx, CURL *easy, CURLcode code);

/* Memory ran out inside curl, or for what watches a socket: some transfer may never be called back, and curl 7.88 may
 * divide by zero at its next event. The owner takes every transfer off and calls multi_renew. */
typedef void (*multi_broken_fn)(void *ctx);

struct multi {
    CURLM *curl; /* NULL: there was no memory for another one */
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

/* `connections_max`: idle connections kept; at least the transfers that run at once, or curl closes and opens all the
 * time. DDBS_OK, DDBS_E_OUT_OF_MEMORY or DDBS_E_INTERNAL. */
int multi_init(struct multi *m, uv_loop_t *loop, long connections_max, multi_done_fn done, multi_broken_fn broken,
               void *ctx) MUST_USE;

/* Give an easy handle our socket callbacks: once, before its first use with this multi. */
CURLcode multi_adopt(struct multi *m, CURL *easy) MUST_USE;

/* Start a transfer; `done` follows, never from inside this call. False: curl refused (memory). */
bool multi_add(struct multi *m, CURL *easy) MUST_USE;

/* Take an unfinished transfer off; no `done` follows. */
void multi_remove(struct multi *m, CURL *easy);

/* Throw curl's state away, idle connections too, and begin anew; no transfer is on it. */
void multi_renew(struct multi *m);

/* Close everything; no transfer is on it. The loop has to run until its handles are closed. */
void multi_close(struct multi *m);

#endif
