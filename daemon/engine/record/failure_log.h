/* failure_log: what went wrong with a table, for status and for the journal: its last failure, counts by code of the
 * failures that were reported to live clients, and lasting throttling.
 * Owner: embedded in a queue.
 * Invariant: in_unlogged is on engine->unlogged exactly while a count of `unlogged` is not 0.
 */
#ifndef ENGINE_RECORD_FAILURE_LOG_H
#define ENGINE_RECORD_FAILURE_LOG_H

#include "daemon/base/list.h"
#include "daemon/dynamo/job.h"
#include "proto/err.h"

struct engine;

struct failure_log {
    const char *table;
    int code;       /* of the last failure; 0: none yet */
    uint64_t at_ms; /* when it was */
    char text[JOB_TEXT];
    struct list_node in_unlogged;         /* engine->unlogged */
    uint64_t unlogged[DDBS_E_COUNT_ + 1]; /* failed records not yet in the journal, by -code */
    uint64_t log_ms;                      /* no line in the journal before */
    uint64_t throttled_ms;                /* since when every request is throttled; 0: not throttled */
    bool throttled_logged;
};

/* A record failed, or the table was paused: status shows this as the last failure. */
void failure_log_note(struct engine *e, struct failure_log *b, int code, struct span text);

/* Count a failure that a live client is notified of: the journal gets one line per code, at most once a minute. */
void failure_log_count(struct engine *e, struct failure_log *b, int code);

/* Write the lines that are due; `all`: the others too. */
void failure_log_write(struct engine *e, bool all);

/* A request was throttled entirely, while `queued` records wait; or a request was not. */
void failure_log_throttled(struct engine *e, struct failure_log *b, uint64_t queued);
void failure_log_throttled_over(struct engine *e, struct failure_log *b);

#endif
