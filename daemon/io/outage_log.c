/* outage_log: see outage_log.h. */
#include "daemon/io/outage_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/text.h"

/* Successes in a row that end an outage; single ones between failures do not. */
enum { CALM_SUCCESSES = 10 };

enum outage_log_event outage_log_note(struct outage_log *o, const struct job_result *result, uint64_t now_ms)
{
    if (result->outcome != JOB_TRANSIENT && result->outcome != JOB_UNREACHABLE) {
        o->successes++;
        if (!o->on || o->successes < CALM_SUCCESSES)
            return OUTAGE_LOG_NOTHING;
        *o = (struct outage_log){0};
        return OUTAGE_LOG_ENDED;
    }
    o->successes = 0;
    o->failures++;
    if (o->on && strcmp(o->cause, result->text) == 0 && now_ms - o->logged_ms < OUTAGE_LOG_PERIOD_MS)
        return OUTAGE_LOG_NOTHING;
    o->on = true;
    o->logged_ms = now_ms;
    memcpy(o->cause, result->text, sizeof o->cause);
    return OUTAGE_LOG_BEGAN;
}

void outage_log_line(const struct outage_log *o, const char *table, const struct job_result *result,
                     char out[OUTAGE_LOG_LINE])
{
    enum { TABLE_SHOWN = 320 }; /* fits the ARN of any table */
    int n = snprintf(out, OUTAGE_LOG_LINE,
                     "event=request_failed table=%.*s outcome=%s failures=%" PRIu64 " text=", TABLE_SHOWN, table,
                     job_outcome_name(result->outcome), o->failures);
    text_quote(out + n, OUTAGE_LOG_LINE - (size_t)n, span_of(result->text, strlen(result->text)));
}
