/* failure_log: what went wrong with a table, for status and for the journal: its last failure, failures that live
 * clients were told of, counted by code, and throttling that lasts.
 * Owner: embedded in a queue.
 * Invariant: in_unlogged is on engine->unlogged exactly while a count of `unlogged` is not 0.
 */
#ifndef ENGINE_RECORD_FAILURE_LOG_H
#define ENGINE_RECORD_FAILURE_LOG_H

#include "daemon/base/list.h"
#include "daemon/dynamo/job.h"
#include "proto/err.h"

struct engine;

/* What went wrong last, and what of it the journal has not heard yet. */
struct failure_log {
    const char *table;
    int code;       /* of the last failure; 0: none yet */
    uint64_t at_ms; /* when it was */
    char text[JOB_TEXT];
    struct list_node in_unlogged;         /* engine->untold */
    uint64_t unlogged[DDBS_E_COUNT_ + 1]; /* records that failed, by -code */
    uint64_t log_ms;                      /* no line before */
    uint64_t throttled_ms;                /* since when every request was; 0: not */
    bool throttled_logged;
};

/* A record failed, or the table was paused: what status shows as its last failure. */
void failure_log_note(struct engine *e, struct failure_log *b, int code, struct span text);

/* A failure was told to a live client: the journal gets one line for all of them, at most once a minute for a table. */
void failure_log_count(struct engine *e, struct failure_log *b, int code);

/* Write these lines; `all`: also those whose minute is not over. */
void failure_log_write(struct engine *e, bool all);

/* Every item of a request was throttled, and `queued` records wait; one was not. */
void failure_log_throttled(struct engine *e, struct failure_log *b, uint64_t queued);
void failure_log_throttled_over(struct engine *e, struct failure_log *b);

#endif
