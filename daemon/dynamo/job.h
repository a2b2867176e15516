/* job: one request to DynamoDB as the engine gives it to a lane, and the result that comes back.
 * Owner: the engine owns the job and everything it points at, and lends it for reading from start to completion. The
 * lane owns the job_result until the engine has taken it. Values only.
 * Invariants: between start and completion a job does not change, and none of its records is freed. body_len is exactly
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
    JOB_BODY_MAX = 16 * 1000 * 1000, /* the service's limit is 16 MB; this is safe for MB and MiB */
    JOB_RESPONSE_SLACK = 16 * 1024,  /* room in an answer for everything but the unprocessed items */
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
    const char *table;               /* a name or an ARN, sent as it is; NUL-terminated */
    const struct key_schema *schema; /* JOB_WRITE: never NULL, count >= 1 */
    uint32_t count;                  /* JOB_WRITE: 1..25 */
    struct job_item items[JOB_ITEMS_MAX];
    uint32_t body_len;     /* exact bytes of the request's body */
    uint32_t response_max; /* maximum length of the answer's body; a longer one counts as a broken answer (transient) */
};

/* The outcome of the request as a whole. X(NAME, text) */
#define JOB_OUTCOMES(X)                                                                                                \
    X(DONE, "done")               /* 200 and understood: each item has its own outcome */                              \
    X(THROTTLED, "throttled")     /* nothing was written: retry later */                                               \
    X(TRANSIENT, "transient")     /* 5xx, reset, timeout or broken answer: retry */                                    \
    X(UNREACHABLE, "unreachable") /* no connection: nothing was written */                                             \
    X(INVALID, "invalid")         /* one bad item makes the service refuse the batch: send singly */                   \
    X(KEY_SCHEMA, "key_schema")   /* the key does not match the table's: describe the table again */                   \
    X(TABLE_NOT_FOUND, "table_not_found")                                                                              \
    X(ACCESS_DENIED, "access_denied")                                                                                  \
    X(CREDENTIALS, "credentials")       /* missing, expired or refused, or the signature was refused */                \
    X(TABLE_UNUSABLE, "table_unusable") /* KMS, table being created or deleted */

enum job_outcome {
#define X(NAME, text) JOB_##NAME,
    JOB_OUTCOMES(X)
#undef X
        JOB_OUTCOME_COUNT_
};

struct job_result {
    enum job_outcome outcome;
    bool maybe_written;              /* not DONE: the service may have applied the request or a part of it */
    bool unanswered;                 /* TRANSIENT: no HTTP status came */
    bool unprocessed[JOB_ITEMS_MAX]; /* DONE, JOB_WRITE: true = not written; false = written */
    uint32_t retry_after_ms;         /* the service's hint, 0 = none */
    struct key_schema schema;        /* DONE, JOB_DESCRIBE */
    bool table_active;               /* DONE, JOB_DESCRIBE: TableStatus is ACTIVE or UPDATING */
    uint32_t latency_ms;             /* from start to answer, set by the lane */
    /* Not DONE: "ValidationException: ..." or the transport's sentence; never contains a secret. DONE, JOB_DESCRIBE of
     * a table that is not active: its state. */
    char text[JOB_TEXT];
    char request_id[JOB_REQUEST_ID]; /* x-amzn-RequestId, "" if none */
};

/* True if the endpoint did not answer: it was not reachable, or took the request and sent no HTTP status. */
static inline bool job_result_silent(const struct job_result *r)
{
    return r->outcome == JOB_UNREACHABLE || (r->outcome == JOB_TRANSIENT && r->unanswered);
}

const char *job_outcome_name(enum job_outcome o);

/* The operation as X-Amz-Target names it: "BatchWriteItem" or "DescribeTable". */
const char *job_operation(enum job_kind k);

#endif
