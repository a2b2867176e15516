/* easy: curl easy handles of a lane. See easy.h. */
#include "daemon/http/easy.h"

#include <stdbool.h>
#include <unistd.h>

#include "proto/err.h"

enum {
    CONNECT_TIMEOUT_MS = 3000,
    IDLE_AGE_S = 55,         /* below the idle timeout of common gateways */
    LIFETIME_S = 300,        /* limited, so that connections follow DNS changes */
    LIFETIME_JITTER_S = 120, /* so that connections do not expire all at once */
    DNS_CACHE_S = 10,
    KEEPALIVE_IDLE_S = 30,
    KEEPALIVE_INTERVAL_S = 15,
};

int easy_pool_init(struct easy_pool *p, const struct easy_params *params, struct multi *multi, uint64_t seed)
{
    *p = (struct easy_pool){.params = *params, .multi = multi};
    rng_seed(&p->rng, seed);
    p->share = curl_share_init();
    if (p->share == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    if (curl_share_setopt(p->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
        return DDBS_OK;
    curl_share_cleanup(p->share);
    return DDBS_E_OUT_OF_MEMORY;
}

void easy_pool_drop(struct easy_pool *p)
{
    while (p->idle_count > 0)
        curl_easy_cleanup(p->idle[--p->idle_count]);
}

void easy_pool_fini(struct easy_pool *p)
{
    easy_pool_drop(p);
    curl_share_cleanup(p->share);
}

static CURLcode long_set(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value);
}

static CURLcode text_set(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value);
}

static CURLcode connection_options(struct easy_pool *p, CURL *easy)
{
    const struct {
        CURLoption option;
        long value;
    } LONGS[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_QUICK_EXIT, 1}, /* or closing would wait for a resolver thread whose name server is silent */
        {CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS},
        {CURLOPT_TIMEOUT_MS, p->params.timeout_ms},
        {CURLOPT_TCP_NODELAY, 1},
        {CURLOPT_TCP_KEEPALIVE, 1},
        {CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
        {CURLOPT_MAXAGE_CONN, IDLE_AGE_S},
        {CURLOPT_MAXLIFETIME_CONN, LIFETIME_S + (long)rng_below(&p->rng, LIFETIME_JITTER_S)},
        {CURLOPT_DNS_CACHE_TIMEOUT, DNS_CACHE_S},
        {CURLOPT_DNS_SHUFFLE_ADDRESSES, 1},
    };
    CURLcode rc = CURLE_OK;
    for (size_t i = 0; rc == CURLE_OK && i < sizeof LONGS / sizeof LONGS[0]; i++)
        rc = long_set(easy, LONGS[i].option, LONGS[i].value);
    return rc;
}

/* Trust the CAs of one file: the configured one, else the system's. By default curl also trusts its built-in CA folder,
 * and then reads all CAs again for each connection (20 ms of the lane's CPU); CAs from a file alone are cached. */
static CURLcode ca_option(struct easy_pool *p, CURL *easy)
{
    const char *named = p->params.ca_bundle, *builtin = NULL;
    bool own = named != NULL && named[0] != '\0';
    CURLcode rc = own ? text_set(easy, CURLOPT_CAINFO, named) : curl_easy_getinfo(easy, CURLINFO_CAINFO, &builtin);
    if (rc == CURLE_OK && (own || (builtin != NULL && access(builtin, R_OK) == 0)))
        rc = text_set(easy, CURLOPT_CAPATH, NULL);
    return rc == CURLE_NOT_BUILT_IN ? CURLE_OK : rc; /* a TLS library without CA folders */
}

static CURLcode security_options(struct easy_pool *p, CURL *easy)
{
    CURLcode rc = text_set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (rc == CURLE_OK)
        rc = long_set(easy, CURLOPT_FOLLOWLOCATION, 0);
    if (rc == CURLE_OK)
        rc = long_set(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (rc == CURLE_OK)
        rc = long_set(easy, CURLOPT_SSL_VERIFYPEER, 1);
    if (rc == CURLE_OK)
        rc = long_set(easy, CURLOPT_SSL_VERIFYHOST, 2);
    if (rc == CURLE_OK)
        rc = ca_option(p, easy);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_SHARE, p->share);
    return rc;
}

static CURLcode request_options(struct easy_pool *p, CURL *easy)
{
    CURLcode rc = text_set(easy, CURLOPT_URL, p->params.url);
    if (rc == CURLE_OK)
        rc = text_set(easy, CURLOPT_USERAGENT, p->params.user_agent);
    if (rc == CURLE_OK)
        rc = long_set(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    if (rc == CURLE_OK)
        rc = long_set(easy, CURLOPT_POST, 1);
    return rc;
}

CURL *easy_take(struct easy_pool *p)
{
    if (p->idle_count > 0)
        return p->idle[--p->idle_count];
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    if (connection_options(p, easy) == CURLE_OK && security_options(p, easy) == CURLE_OK &&
        request_options(p, easy) == CURLE_OK && multi_adopt(p->multi, easy) == CURLE_OK)
        return easy;
    curl_easy_cleanup(easy);
    return NULL;
}

void easy_give(struct easy_pool *p, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    if (p->idle_count < EASY_IDLE_MAX)
        p->idle[p->idle_count++] = easy;
    else
        curl_easy_cleanup(easy);
}
