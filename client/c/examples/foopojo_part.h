/* foopojo_part: the task of one partition, as a job on a cluster runs it: make pojos, publish the supplementary record
 * of each through ddbsidecard while the next is made, flush, and only when all are known to be in DynamoDB write the
 * pojos out, one JSON object a line.
 * Owner: the worker process. One client of its own for each partition, closed at its end.
 * Failure: a sentence; no file of the partition's name is left then.
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
    int flush_timeout_ms; /* negative: wait as long as it takes */
};

/* What everybody may watch while it happens. */
struct part_progress {
    _Atomic uint64_t put;     /* records handed to the client library */
    _Atomic uint64_t written; /* records of flushed partitions */
    _Atomic uint32_t flushes;
};

/* 0: every record is in DynamoDB and the file is there under its name. -1: `errmsg` has the sentence. */
int foopojo_part_run(const struct part_task *task, struct part_progress *progress, char *errmsg, size_t errmsg_max);

/* Remove what a partition that ended abnormally may have left under its temporary name. */
void foopojo_part_discard(const char *output, uint32_t number);

#endif
