/* endpoint: which host to talk to and for which region to sign, from options and environment.
 * Owner: a value, copied freely. Pure; looks nothing up in the network.
 * Invariants: `host` is exactly what libcurl puts into the Host header for `url`, so that it can be signed beforehand:
 * host in lower case, addresses in their shortest form, the port only if it is not the scheme's own.
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
    uint16_t port; /* the port to connect to, the scheme's own included */
    char host[ENDPOINT_HOST_MAX + 1];
    char url[ENDPOINT_URL_MAX + 1];       /* "https://dynamodb.us-east-1.amazonaws.com/" */
    char region[ENDPOINT_REGION_MAX + 1]; /* what to sign for */
    bool region_known; /* false: the name fits no partition known here; treated as one of the public cloud */
};

/* The region: `option` (NULL or "": not given), AWS_REGION, AWS_DEFAULT_REGION. DDBS_OK, or DDBS_E_BAD_CONFIG with a
 * sentence: none is set, or the name cannot be one. */
int endpoint_region(const struct env *env, const char *option, char ret_region[ENDPOINT_REGION_MAX + 1],
                    char errmsg[AWS_ERRMSG]) MUST_USE;

/* Read "http[s]://host[:port][/]" into tls, port, host and url of *ret (region is left alone). `where` names the
 * setting in the sentence. DDBS_OK or DDBS_E_BAD_CONFIG. */
int endpoint_parse(const char *where, const char *text, struct endpoint *ret, char errmsg[AWS_ERRMSG]) MUST_USE;

/* The whole resolution. Region: as endpoint_region. Endpoint: `option`, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL,
 * else the region's public host. Region "local" is http://localhost:8000 unless an endpoint is given, and signs as
 * us-east-1. DDBS_OK or DDBS_E_BAD_CONFIG with a sentence that says which setting, what is wrong and what to write. */
int endpoint_resolve(const struct env *env, const char *region_option, const char *endpoint_option,
                     struct endpoint *ret, char errmsg[AWS_ERRMSG]) MUST_USE;

#endif
