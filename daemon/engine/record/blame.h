/* blame: what went wrong with a table, for status and for the journal: its last failure, failures told to live clients
 * counted by code, and throttling that lasts.
 * Owner: embedded in a queue.
 * Invariants: in_untold is on engine->untold exactly while a count of `untold` is not 0.
 */
#ifndef ENGINE_RECORD_BLAME_H
#define ENGINE_RECORD_BLAME_H

#include "daemon/base/list.h"
#include "daemon/dynamo/job.h"
#include "proto/err.h"

struct engine;
struct queue;

/* What went wrong last, and what of it the journal has not heard yet. */
struct blame {
    int code;       /* of the last failure; 0: none yet */
    uint64_t at_ms; /* when it was */
    char text[JOB_TEXT];
    struct list_node in_untold;         /* engine->untold */
    uint64_t untold[DDBS_E_COUNT_ + 1]; /* records that failed, by -code */
    uint64_t tell_ms;                   /* no line before */
    uint64_t throttled_ms;              /* since when every request was; 0: not */
    bool throttled_told;
};

/* A record failed, or the table was paused: what status shows as its last failure. */
void blame_note(struct engine *e, struct queue *q, int code, struct span text);

/* A failure was told to a live client: the journal gets one line for all of them, at most once a minute for a table. */
void blame_count(struct engine *e, struct queue *q, int code);

/* Write these lines; `all`: also those whose minute is not over. */
void blame_log(struct engine *e, bool all);

/* Every item of a request was throttled; one was not. */
void blame_throttled(struct engine *e, struct queue *q);
void blame_throttled_over(struct engine *e, struct queue *q);

#endif
