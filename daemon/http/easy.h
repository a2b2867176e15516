/* easy: a pool of curl easy handles for one endpoint, with their fixed options.
 * Owner: embedded in a lane; a handle is lent between easy_take and easy_give.
 * Invariants: verified TLS 1.2 or later, HTTP/1.1, no redirects, http and https only. An idle handle holds no pointer
 * into a transfer that curl would follow.
 */
#ifndef HTTP_EASY_H
#define HTTP_EASY_H

#include <curl/curl.h>
#include <stddef.h>

#include "daemon/base/rng.h"
#include "daemon/http/multi.h"
#include "proto/must_use.h"

enum { EASY_IDLE_MAX = 256 };

struct easy_params {
    const char *url;
    const char *user_agent;
    const char *ca_bundle; /* the only CAs to trust; NULL or "": the system's */
    long timeout_ms;       /* of a whole attempt */
};

struct easy_pool {
    struct easy_params params;
    struct multi *multi;
    CURLSH *share; /* TLS sessions, so that a new connection can resume one without a full handshake */
    struct rng rng;
    CURL *idle[EASY_IDLE_MAX];
    size_t idle_count;
};

/* The texts of `params` must outlive the pool. DDBS_OK or DDBS_E_OUT_OF_MEMORY. */
int easy_pool_init(struct easy_pool *p, const struct easy_params *params, struct multi *multi, uint64_t seed) MUST_USE;

/* Free the pool. Call after the multi handle is closed and every handle is given back. */
void easy_pool_fini(struct easy_pool *p);

/* Free the idle handles. Call before the multi handle is closed. */
void easy_pool_drop(struct easy_pool *p);

/* A handle with the fixed options set; NULL if memory ran out. */
CURL *easy_take(struct easy_pool *p) MUST_USE;

/* Return a handle, which is on no multi handle, to the pool; it is freed if the pool is full. */
void easy_give(struct easy_pool *p, CURL *easy);

#endif
