/* endpoint: resolve from options and environment which host to connect to and which region to sign for.
 * Owner: a value, copied freely. Pure: no DNS or other network access.
 * Invariants: `host` is exactly what libcurl sends as the Host header for `url`, so that it can be signed beforehand:
 * in lower case, addresses in their shortest form, the port only if it is not the scheme's default.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/aws/env.h"
#include "proto/must_use.h"

enum {
    ENDPOINT_REGION_MAX = 63,
    ENDPOINT_HOST_MAX = 253 + sizeof ":65535" - 1,
    ENDPOINT_URL_MAX = sizeof "https://" - 1 + 253 + sizeof ":65535/" - 1,
};

struct endpoint {
    bool tls;
    uint16_t port; /* the port to connect to, also if it is the scheme's default */
    char host[ENDPOINT_HOST_MAX + 1];
    char url[ENDPOINT_URL_MAX + 1];       /* "https://dynamodb.us-east-1.amazonaws.com/" */
    char region[ENDPOINT_REGION_MAX + 1]; /* what to sign for */
    bool region_known; /* false: it matches no partition known here; it is treated as a public region */
};

/* The region: the first of `option` (NULL or "": not given), AWS_REGION and AWS_DEFAULT_REGION. DDBS_OK, or
 * DDBS_E_BAD_CONFIG with a sentence: none is set, or the name is malformed. */
int endpoint_region(const struct env *env, const char *option, char ret_region[ENDPOINT_REGION_MAX + 1],
                    char errmsg[AWS_ERRMSG]) MUST_USE;

/* Parse "http[s]://host[:port][/]" into tls, port, host and url of *ret; the region is left alone. `where` names the
 * setting in the error sentence. DDBS_OK or DDBS_E_BAD_CONFIG. */
int endpoint_parse(const char *where, const char *text, struct endpoint *ret, char errmsg[AWS_ERRMSG]) MUST_USE;

/* Resolve region and endpoint. Region: as endpoint_region. Endpoint: the first of `endpoint_option`,
 * AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL, else the region's public host. Region "local" means
 * http://localhost:8000 unless an endpoint is given, and signs as us-east-1. DDBS_OK, or DDBS_E_BAD_CONFIG with a
 * sentence: the setting, what is wrong with it and what to write. */
int endpoint_resolve(const struct env *env, const char *region_option, const char *endpoint_option,
                     struct endpoint *ret, char errmsg[AWS_ERRMSG]) MUST_USE;

#endif
