/* sigv4: AWS Signature Version 4 for requests of the awsJson1.0 protocol: POST /, no query, a JSON body.
 * Owner: one signer per lane (thread), embedded; creds and request are only read. No I/O and no clock: the time comes
 * in.
 * Invariants: the headers written are exactly the headers signed (Host besides, which the HTTP library sends and the
 * caller names); scope date and X-Amz-Date come from one time; a signing key lives only inside libcrypto and is
 * cleansed there.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include <stdint.h>

#include "daemon/aws/creds/creds.h"
#include "daemon/aws/digest.h"
#include "daemon/aws/endpoint.h"
#include "proto/must_use.h"
#include "proto/span.h"

enum {
    SIGV4_SERVICE_MAX = 31,
    SIGV4_TARGET_MAX = 127,
    SIGV4_KEYS = 2,  /* two live ones: across midnight UTC, across a rotation */
    SIGV4_LINES = 5, /* Content-Type, X-Amz-Target, X-Amz-Date, X-Amz-Security-Token, Authorization */
    /* Room for the lines of any request without a session token; with one, add its length. */
    SIGV4_LINES_ROOM = 1024,
};

struct sigv4_key {
    uint64_t generation; /* of the credentials; 0: the slot is empty */
    uint64_t day;        /* days since 1970-01-01 */
    char region[ENDPOINT_REGION_MAX + 1];
    char service[SIGV4_SERVICE_MAX + 1];
    struct digest_key mac;
};

struct sigv4_signer {
    struct digest digest;
    struct sigv4_key keys[SIGV4_KEYS];
    uint32_t next_key; /* the slot that the next new key takes */
};

/* All texts NUL-terminated, without control characters. */
struct sigv4_request {
    const char *host;    /* as sent in the Host header: endpoint.host */
    const char *region;  /* endpoint.region */
    const char *service; /* "dynamodb" */
    const char *target;  /* "DynamoDB_20120810.BatchWriteItem" */
    struct span body;    /* the exact bytes that are sent */
};

/* Where the finished header lines go: text and cap are the caller's, the rest is the result. */
struct sigv4_lines {
    char *text;
    size_t cap;
    uint32_t count;
    char *line[SIGV4_LINES]; /* each "Name: value", NUL-terminated, inside text */
};

/* DDBS_OK or DDBS_E_INTERNAL: libcrypto has not what it takes. After a failure sigv4_fini is allowed, not needed. */
int sigv4_init(struct sigv4_signer *s) MUST_USE;
void sigv4_fini(struct sigv4_signer *s);

/* Forget every cached key, for credentials that are withdrawn. A rotation needs no call: the old key's slot is taken
 * over. */
void sigv4_forget(struct sigv4_signer *s);

/* Sign one attempt at `wall_s` (UTC seconds since 1970; skew already corrected) and write its header lines. Sign again
 * for every attempt. DDBS_OK; DDBS_E_INVALID_ARGUMENT if a text is empty or longer than its limit, or the lines do not
 * fit (SIGV4_LINES_ROOM + creds->token_len always do); DDBS_E_INTERNAL if libcrypto failed. On failure lines->count is
 * 0. */
int sigv4_sign(struct sigv4_signer *s, const struct creds *creds, const struct sigv4_request *request, uint64_t wall_s,
               struct sigv4_lines *lines) MUST_USE;

#endif
