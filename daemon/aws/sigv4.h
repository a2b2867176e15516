/* sigv4: AWS Signature Version 4 for requests of the awsJson1.0 protocol: POST /, no query, a JSON body.
 * Owner: one signer per lane (thread), embedded; creds and request are only read. No I/O and no clock: the time is an
 * argument.
 * Invariants: the headers written are exactly the headers signed, plus Host, which the HTTP library sends and the
 * caller names. The scope's date and X-Amz-Date come from the same time. A signing key exists only inside libcrypto,
 * which cleanses it.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include <stdint.h>

#include "daemon/aws/creds.h"
#include "daemon/aws/digest.h"
#include "daemon/aws/endpoint.h"
#include "proto/must_use.h"
#include "proto/span.h"

enum {
    SIGV4_SERVICE_MAX = 31,
    SIGV4_TARGET_MAX = 127,
    SIGV4_KEYS = 2,  /* two can be in use: around midnight UTC, and around a rotation */
    SIGV4_LINES = 5, /* Content-Type, X-Amz-Target, X-Amz-Date, X-Amz-Security-Token, Authorization */
    /* Room for the lines of any request without a session token; add the token's length. */
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
    uint32_t next_key; /* the slot that the next new key replaces */
};

/* All texts NUL-terminated, without control characters. */
struct sigv4_request {
    const char *host;    /* as sent in the Host header: endpoint.host */
    const char *region;  /* endpoint.region */
    const char *service; /* "dynamodb" */
    const char *target;  /* "DynamoDB_20120810.BatchWriteItem" */
    struct span body;    /* the exact bytes that are sent */
};

/* The finished header lines. The caller sets text and cap; the rest is the result. */
struct sigv4_lines {
    char *text;
    size_t cap;
    uint32_t count;
    char *line[SIGV4_LINES]; /* each "Name: value", NUL-terminated, inside text */
};

/* DDBS_OK, or DDBS_E_INTERNAL as digest_init. After a failure sigv4_fini is allowed but not needed. */
int sigv4_init(struct sigv4_signer *s) MUST_USE;
void sigv4_fini(struct sigv4_signer *s);

/* Erase every cached key, for credentials that are revoked. A rotation needs no call: a new key replaces the oldest. */
void sigv4_forget(struct sigv4_signer *s);

/* Sign one attempt at `wall_s` (UTC seconds since 1970, already corrected for clock skew) and write its header lines.
 * Every attempt needs its own signature. DDBS_OK; DDBS_E_INVALID_ARGUMENT if a text is empty or longer than its limit,
 * the time is in the year 10000 or later, or the lines do not fit (SIGV4_LINES_ROOM + creds->token_len is always
 * enough); DDBS_E_INTERNAL if libcrypto failed. On failure lines->count is 0. */
int sigv4_sign(struct sigv4_signer *s, const struct creds *creds, const struct sigv4_request *request, uint64_t wall_s,
               struct sigv4_lines *lines) MUST_USE;

#endif
