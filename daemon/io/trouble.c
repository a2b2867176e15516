/* trouble: see trouble.h. */
#include "daemon/io/trouble.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/core/text.h"

/* Single successes between failures are no end of it. */
enum { CALM_SUCCESSES = 10 };

enum trouble_word trouble_note(struct trouble *t, const struct job_result *result, uint64_t now_ms)
{
    if (result->outcome != JOB_TRANSIENT && result->outcome != JOB_UNREACHABLE) {
        t->successes++;
        if (!t->on || t->successes < CALM_SUCCESSES)
            return TROUBLE_NOTHING;
        *t = (struct trouble){0};
        return TROUBLE_ENDED;
    }
    t->successes = 0;
    t->failures++;
    if (t->on && strcmp(t->cause, result->text) == 0 && now_ms - t->told_ms < TROUBLE_PERIOD_MS)
        return TROUBLE_NOTHING;
    t->on = true;
    t->told_ms = now_ms;
    memcpy(t->cause, result->text, sizeof t->cause);
    return TROUBLE_BEGAN;
}

void trouble_line(const struct trouble *t, const char *table, const struct job_result *result, char out[TROUBLE_LINE])
{
    enum { TABLE_SHOWN = 320 }; /* an ARN of any real table fits */
    int n = snprintf(out, TROUBLE_LINE,
                     "event=request_failed table=%.*s outcome=%s failures=%" PRIu64 " text=", TABLE_SHOWN, table,
                     job_outcome_name(result->outcome), t->failures);
    text_quote(out + n, TROUBLE_LINE - (size_t)n, span_of(result->text, strlen(result->text)));
}
