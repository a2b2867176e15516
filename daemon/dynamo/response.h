/* response: classifies the service's answer to a job: transport result, status, headers and body become one job_result.
 * Owner: none. Pure (jansson allocates and frees inside). Runs on the lane's thread.
 * Invariants: a result is DONE only if the status is 200, the checksum matches and the JSON is valid. Only then are
 * items written: those whose key is not among UnprocessedItems. An unprocessed item that matches no sent key makes the
 * answer TRANSIENT.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
#ifndef DYNAMO_RESPONSE_H
#define DYNAMO_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/dynamo/job.h"

/* How the exchange ended below HTTP. */
enum transport {
    TRANSPORT_OK,          /* a whole HTTP answer was read */
    TRANSPORT_UNREACHABLE, /* name, connect or TLS failed: no byte of the request was sent */
    TRANSPORT_LOST,        /* reset, timeout, truncated or too long: the service may have applied the request */
};

struct response {
    enum transport transport;
    const char *transport_text; /* not OK: one sentence that says what happened */
    int status;                 /* HTTP status */
    struct span body;
    bool crc_given;          /* x-amz-crc32 was there */
    uint32_t crc;            /* its value */
    struct span request_id;  /* x-amzn-RequestId, n == 0: none */
    struct span error_type;  /* x-amzn-errortype header, n == 0: none */
    uint32_t retry_after_ms; /* x-amz-retry-after, 0: none */
};

/* Make jansson allocate through base/mem, so that running out of memory is survived; for the whole process. Call on the
 * thread that starts the lanes, before any other use of jansson. Free what jansson allocates only through jansson. */
void response_init(void);

/* Classify an answer. Never fails: one that cannot be understood is TRANSIENT with maybe_written and a sentence. */
void response_classify(const struct job *job, const struct response *r, struct job_result *ret);

#endif
