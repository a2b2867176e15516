/* outage_log: decides when a failing endpoint is worth a log line: at the first failure, when the cause changes, and
 * once a minute.
 * Owner: embedded in the loop. Pure.
 * Invariant: the end of an outage is logged only after its beginning, and after several successes in a row.
 */
#ifndef IO_OUTAGE_LOG_H
#define IO_OUTAGE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/dynamo/job.h"
#include "proto/must_use.h"

enum { OUTAGE_LOG_PERIOD_MS = 60 * 1000, OUTAGE_LOG_LINE = 900 };

enum outage_log_event {
    OUTAGE_LOG_NOTHING,
    OUTAGE_LOG_BEGAN, /* log the cause (again), then set `failures` to 0 */
    OUTAGE_LOG_ENDED, /* log that requests succeed again */
};

struct outage_log {
    bool on;
    uint64_t logged_ms;
    uint64_t failures;  /* since the last line */
    uint64_t successes; /* in a row since the last failure */
    char cause[JOB_TEXT];
};

/* Record a request's result; returns what to log. Only transient failures and missing connections count: the engine
 * logs what the service refuses. */
enum outage_log_event outage_log_note(struct outage_log *o, const struct job_result *result, uint64_t now_ms) MUST_USE;

/* The log line for OUTAGE_LOG_BEGAN; `table` is the request's table. */
void outage_log_line(const struct outage_log *o, const char *table, const struct job_result *result,
                     char out[OUTAGE_LOG_LINE]);

#endif
