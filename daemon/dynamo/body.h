/* body: the JSON body of a job: BatchWriteItem or DescribeTable.
 * Owner: none. Pure, no allocation.
 * Invariants: body_len() is exactly what body_write() writes; whatever the table is called, the body is one JSON text.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
#ifndef DYNAMO_BODY_H
#define DYNAMO_BODY_H

#include <stddef.h>

#include "daemon/dynamo/job.h"

/* Bytes that one item adds to a JOB_WRITE body, comma included (the first one has none, see body_len). */
size_t body_item_len(uint8_t op, uint32_t json_len);

/* Bytes of a JOB_WRITE body for this table without any item. */
size_t body_frame_len(const char *table);

/* Exact bytes of the job's body (body_len of the job itself need not be set). */
size_t body_len(const struct job *job);

/* Write the body; `out` has room for body_len bytes (no NUL). Returns the end. */
char *body_write(const struct job *job, char *out);

#endif
