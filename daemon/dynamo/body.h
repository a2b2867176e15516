/* body: writes the JSON body of a job: BatchWriteItem or DescribeTable.
 * Owner: none. Pure, no allocation.
 * Invariants: body_len() is exactly the number of bytes that body_write() writes. The body is one JSON text, whatever
 * bytes the table's name contains.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
#ifndef DYNAMO_BODY_H
#define DYNAMO_BODY_H

#include <stddef.h>

#include "daemon/dynamo/job.h"

/* Bytes that one item adds to a JOB_WRITE body, comma included. The first item has no comma (see body_len). */
size_t body_item_len(uint8_t op, uint32_t json_len);

/* Bytes of a JOB_WRITE body for this table without its items. */
size_t body_frame_len(const char *table);

/* The exact length of the job's body. Does not read job->body_len. */
size_t body_len(const struct job *job);

/* Write the body into `out`, which has room for body_len bytes (no NUL). Returns the end. */
char *body_write(const struct job *job, char *out);

#endif
