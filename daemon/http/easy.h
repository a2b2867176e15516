/* easy: curl easy handles for one endpoint: their fixed options, and a pool to use them again.
 * Owner: embedded in a lane; a handle is lent between easy_take and easy_give.
 * Invariants: verified TLS 1.2 or later, HTTP/1.1, no redirects, http and https only; a handle that is given back
 * holds no pointer into a transfer that curl would follow.
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
    const char *ca_bundle; /* whom to trust, and nobody else; NULL or "": the system's */
    long timeout_ms;       /* for a whole attempt */
};

struct easy_pool {
    struct easy_params params;
    struct multi *multi;
    CURLSH *share; /* TLS sessions, so that a new connection need not shake hands in full */
    struct rng rng;
    CURL *idle[EASY_IDLE_MAX];
    size_t idle_count;
};

/* The texts of `params` must outlive the pool. DDBS_OK or DDBS_E_OUT_OF_MEMORY. */
int easy_pool_init(struct easy_pool *p, const struct easy_params *params, struct multi *multi, uint64_t seed) MUST_USE;

/* After the multi handle is closed and every handle is given back. */
void easy_pool_fini(struct easy_pool *p);

/* Free the idle handles; before the multi handle is closed. */
void easy_pool_drop(struct easy_pool *p);

/* A handle with the fixed options set, NULL if memory ran out. */
CURL *easy_take(struct easy_pool *p) MUST_USE;

/* Back into the pool, or freed if that is full; it is on no multi handle. */
void easy_give(struct easy_pool *p, CURL *easy);

#endif
