/* foopojo_job: the parent process of the job. It assigns partitions to worker processes through shared memory, waits
 * for all of them, and counts. Like executors on a cluster, workers run one partition after the other; some leave early
 * and are replaced, so that tasks, clients and processes come and go in any order.
 * Owner: main. The parent never opens a client; a worker opens one for each partition.
 * Failure: errmsg gets the message of the first failed partition; the other workers finish the partition that they have
 * begun.
 */
#ifndef CLIENT_EXAMPLES_FOOPOJO_JOB_H
#define CLIENT_EXAMPLES_FOOPOJO_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "client/c/examples/foopojo_part.h"

#define JOB_ERRMSG_SIZE 1024

struct job_options {
    struct part_task task; /* common to all partitions; number and size are filled in for each */
    uint64_t records;
    uint32_t partitions;
    uint32_t workers;
    bool progress; /* a line on stderr while it runs */
};

struct job_report {
    uint64_t records;    /* written and flushed */
    uint32_t partitions; /* completed, with their files */
    uint32_t processes;  /* started */
    uint32_t left_early;
    double seconds;
    double cpu_seconds; /* of all workers */
};

/* Returns in the parent and in every worker: *ret_worker says which. In a worker the result is its exit code, with
 * which main ends the process. In the parent it is 0 (all partitions are done), 1 (one failed, see errmsg) or 130
 * (interrupted), and *ret_report is filled in. The output folder must exist. */
int foopojo_job_run(const struct job_options *options, struct job_report *ret_report, bool *ret_worker,
                    char errmsg[JOB_ERRMSG_SIZE]);

#endif
