/* response: the service's answer to a job, classified: transport facts, status, headers and body in, one job_result
 * out.
 * Owner: none. Pure (jansson allocates and frees inside). Runs on the lane's thread.
 * Invariants: a result is DONE only if status, checksum and JSON all say so; an item is written only if the answer says
 * 200 and its key is not among UnprocessedItems; an unprocessed item that matches no sent key makes the answer
 * TRANSIENT.
 * Source: classes as in https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
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
    TRANSPORT_LOST,        /* reset, timeout, truncated, too long: the service may have applied it */
};

struct response {
    enum transport transport;
    const char *transport_text; /* not OK: what happened, one sentence */
    int status;                 /* HTTP status */
    struct span body;
    bool crc_given;          /* x-amz-crc32 was there */
    uint32_t crc;            /* its value */
    struct span request_id;  /* x-amzn-RequestId, n == 0: none */
    struct span error_type;  /* x-amzn-errortype header, n == 0: none */
    uint32_t retry_after_ms; /* x-amz-retry-after, 0: none */
};

/* Have jansson's memory counted and its exhaustion survived, for the whole process: to be called by the thread that
 * starts those that classify, before any other use of jansson. What jansson allocates is then freed by jansson alone.
 */
void response_init(void);

/* Classify an answer. Never fails: what cannot be understood is TRANSIENT with maybe_written and a sentence. */
void response_classify(const struct job *job, const struct response *r, struct job_result *ret);

#endif
