/* trouble: when a failing endpoint is worth a log line: at the first failure, when its cause changes, and once a
 * minute.
 * Owner: embedded in the loop. Pure.
 * Invariant: a beginning is said before its end, and an end only after some successes in a row.
 */
#ifndef IO_TROUBLE_H
#define IO_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/job.h"

enum { TROUBLE_PERIOD_MS = 60 * 1000, TROUBLE_LINE = 900 };

enum trouble_word {
    TROUBLE_NOTHING,
    TROUBLE_BEGAN, /* say the cause, then set `failures` to 0 */
    TROUBLE_ENDED, /* say that requests succeed again */
};

struct trouble {
    bool on;
    uint64_t told_ms;
    uint64_t failures;  /* since the last word */
    uint64_t successes; /* in a row since the last failure */
    char cause[JOB_TEXT];
};

/* Take note of a request's end; what is to be said about it. Only broken and missing connections count: what the
 * service itself refuses is the engine's to tell. */
enum trouble_word trouble_note(struct trouble *t, const struct job_result *result, uint64_t now_ms);

/* The journal's line for TROUBLE_BEGAN; `table`: whose request it was. */
void trouble_line(const struct trouble *t, const char *table, const struct job_result *result, char out[TROUBLE_LINE]);

#endif
