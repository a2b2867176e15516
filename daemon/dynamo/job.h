/* job: the order that the engine gives a lane, and the answer it gets: one request to DynamoDB, one completion.
 * Owner: the engine owns the job and all it points at, and lends it for reading from start to completion; the lane owns
 * its job_result until the engine has taken it. Values only.
 * Invariants: between start and completion nothing in a job changes and no record of it is freed; body_len is exactly
 * what body_write writes.
 */
#ifndef DYNAMO_JOB_H
#define DYNAMO_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/item/item.h"
#include "proto/span.h"

enum {
    JOB_ITEMS_MAX = 25,              /* BatchWriteItem: at most 25 operations */
    JOB_BODY_MAX = 16 * 1000 * 1000, /* below the service's 16 MB in either reading of MB */
    JOB_RESPONSE_SLACK = 16 * 1024,  /* what an answer may hold besides the unprocessed items */
    JOB_TEXT = 256,
    JOB_REQUEST_ID = 64,
};

enum job_kind { JOB_WRITE, JOB_DESCRIBE };

struct job_item {
    uint8_t op;         /* enum msg_op */
    struct span item;   /* msgpack map, accepted by item_check */
    uint32_t json_len;  /* from item_check */
    struct key_ref key; /* offsets inside `item` */
};

struct job {
    uint64_t id;
    enum job_kind kind;
    const char *table;               /* as it goes on the wire: a name or an ARN, NUL-terminated */
    const struct key_schema *schema; /* JOB_WRITE: never NULL, count >= 1 */
    uint32_t count;                  /* JOB_WRITE: 1..25 */
    struct job_item items[JOB_ITEMS_MAX];
    uint32_t body_len;     /* exact bytes of the request's body */
    uint32_t response_max; /* the answer's body may not be longer; longer counts as a broken answer (transient) */
};

/* What became of the request as a whole. X(NAME, text) */
#define JOB_OUTCOMES(X)                                                                                                \
    X(DONE, "done")               /* answered 200 and understood: judge item by item */                                \
    X(THROTTLED, "throttled")     /* nothing was written, come back later */                                           \
    X(TRANSIENT, "transient")     /* 5xx, reset, timeout, broken answer: try again */                                  \
    X(UNREACHABLE, "unreachable") /* no connection came about: nothing was written */                                  \
    X(INVALID, "invalid")         /* refused as a whole for one bad item: send singly */                               \
    X(KEY_SCHEMA, "key_schema")   /* the key does not fit the table: describe it again */                              \
    X(TABLE_NOT_FOUND, "table_not_found")                                                                              \
    X(ACCESS_DENIED, "access_denied")                                                                                  \
    X(CREDENTIALS, "credentials")       /* none, expired, refused, or a signature that is refused */                   \
    X(TABLE_UNUSABLE, "table_unusable") /* KMS, table being created or deleted */

enum job_outcome {
#define X(NAME, text) JOB_##NAME,
    JOB_OUTCOMES(X)
#undef X
        JOB_OUTCOME_COUNT_
};

struct job_result {
    enum job_outcome outcome;
    bool maybe_written;              /* not DONE: the service may have applied (some of) it */
    bool unanswered;                 /* TRANSIENT: not even a status came */
    bool unprocessed[JOB_ITEMS_MAX]; /* DONE, JOB_WRITE: true = not written; false = written */
    uint32_t retry_after_ms;         /* the service's hint, 0 = none */
    struct key_schema schema;        /* DONE, JOB_DESCRIBE */
    bool table_active;               /* DONE, JOB_DESCRIBE: TableStatus is ACTIVE or UPDATING */
    uint32_t latency_ms;             /* from start to answer, set by the lane */
    /* Not DONE: "ValidationException: ..." or the transport's words; never secret. A table that is not active: its
     * state. */
    char text[JOB_TEXT];
    char request_id[JOB_REQUEST_ID]; /* x-amzn-RequestId, "" if none */
};

/* True if the endpoint gave no answer: it was not reached, or took the request and kept silent. */
static inline bool job_result_silent(const struct job_result *r)
{
    return r->outcome == JOB_UNREACHABLE || (r->outcome == JOB_TRANSIENT && r->unanswered);
}

const char *job_outcome_name(enum job_outcome o);

/* X-Amz-Target's operation: "BatchWriteItem" or "DescribeTable". */
const char *job_operation(enum job_kind k);

#endif
