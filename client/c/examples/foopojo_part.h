/* foopojo_part: the task of one partition, as a job on a cluster runs it: make pojos, publish the supplementary record
 * of each through ddbsidecard while the next is made, flush, and write the pojos out, one JSON object a line, only when
 * all records are known to be in DynamoDB.
 * Owner: the worker process. Each partition has its own client, closed at its end.
 * Failure: a message; no file with the partition's name exists then.
 */
#ifndef CLIENT_EXAMPLES_FOOPOJO_PART_H
#define CLIENT_EXAMPLES_FOOPOJO_PART_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct part_task {
    const char *table;
    const char *socket_path; /* NULL: the library's default */
    const char *output;      /* the folder of part-NNNNN.json */
    uint64_t seed;
    uint64_t size; /* records */
    uint32_t number;
    int connect_timeout_ms;
    int flush_timeout_ms; /* negative: no limit */
};

/* Progress counters of all partitions, in shared memory. */
struct part_progress {
    _Atomic uint64_t put;     /* records handed to the client library */
    _Atomic uint64_t written; /* records of flushed partitions */
    _Atomic uint32_t flushes;
};

/* 0: every record is in DynamoDB and the file exists. -1: `errmsg` says why not. */
int foopojo_part_run(const struct part_task *task, struct part_progress *progress, char *errmsg, size_t errmsg_max);

/* Remove the temporary file that a partition may have left when it ended abnormally. */
void foopojo_part_discard(const char *output, uint32_t number);

#endif
