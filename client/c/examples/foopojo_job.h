/* foopojo_job: the parent of the job. It hands the partitions out to worker processes through shared memory, sees every
 * one of them end, and counts. Like executors on a cluster, workers run one partition after the other, some leave early
 * and others take their place, so that tasks, clients and processes come and go in any order.
 * Owner: main. The parent never opens a client; a worker opens one for each partition.
 * Failure: the first failed partition's sentence; the others finish what they have begun.
 */
#ifndef CLIENT_EXAMPLES_FOOPOJO_JOB_H
#define CLIENT_EXAMPLES_FOOPOJO_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "client/c/examples/foopojo_part.h"

#define JOB_ERRMSG_SIZE 1024

struct job_options {
    struct part_task task; /* what all partitions share; number and size are filled in for each */
    uint64_t records;
    uint32_t partitions;
    uint32_t workers;
    bool progress; /* a line on stderr while it runs */
};

struct job_report {
    uint64_t records;    /* written and flushed */
    uint32_t partitions; /* whose files are there */
    uint32_t processes;  /* started */
    uint32_t left_early;
    double seconds;
    double cpu_seconds; /* of all workers */
};

/* Runs in the parent and, after a fork, in the workers: *ret_worker says which. In a worker the value returned is its
 * exit code, and main ends the process with it. In the parent 0 (all partitions are done), 1 (one failed: errmsg), or
 * 130 (interrupted); *ret_report is written then, too. The output folder must exist. */
int foopojo_job_run(const struct job_options *options, struct job_report *ret_report, bool *ret_worker,
                    char errmsg[JOB_ERRMSG_SIZE]);

#endif
