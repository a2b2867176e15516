#include "daemon/engine/record/failure_log.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/text.h"
#include "daemon/engine/value/log.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

enum { FAILURE_LOG_PERIOD_MS = 60 * 1000, THROTTLED_LONG_MS = 10 * 1000 };

void failure_log_note(struct engine *e, struct failure_log *b, int code, struct span text)
{
    b->code = code;
    b->at_ms = e->now.mono_ms;
    text_shorten(b->text, sizeof b->text, text);
}

void failure_log_count(struct engine *e, struct failure_log *b, int code)
{
    assert(code < 0 && -code <= DDBS_E_COUNT_);
    b->unlogged[-code]++;
    if (b->in_unlogged.head == NULL)
        list_push_back(&e->unlogged, &b->in_unlogged);
}

static void failure_log_write_table(struct engine *e, struct failure_log *b)
{
    for (int i = 1; i <= DDBS_E_COUNT_; i++) {
        if (b->unlogged[i] == 0)
            continue;
        const char *text = b->code == -i ? b->text : err_text(-i);
        log_write_text(&e->log, LOG_LEVEL_WARNING, span_of(text, strlen(text)),
                       "event=records_failed table=%s code=%s records=%llu", b->table, err_name(-i),
                       (unsigned long long)b->unlogged[i]);
        b->unlogged[i] = 0;
    }
    b->log_ms = e->now.mono_ms + FAILURE_LOG_PERIOD_MS;
    list_remove(&b->in_unlogged);
}

void failure_log_write(struct engine *e, bool all)
{
    struct list_node *next;
    for (struct list_node *n = e->unlogged.first; n != NULL; n = next) {
        next = n->next;
        struct failure_log *b = CONTAINER_OF(n, struct failure_log, in_unlogged);
        if (all || e->now.mono_ms >= b->log_ms)
            failure_log_write_table(e, b);
    }
}

void failure_log_throttled(struct engine *e, struct failure_log *b, uint64_t queued)
{
    if (b->throttled_ms == 0)
        b->throttled_ms = e->now.mono_ms;
    if (b->throttled_logged || e->now.mono_ms - b->throttled_ms < THROTTLED_LONG_MS)
        return;
    b->throttled_logged = true;
    log_write(&e->log, LOG_LEVEL_WARNING,
              "event=table_throttled table=%s queued=%llu text=\"DynamoDB has throttled every request for ten seconds; "
              "nothing is lost, writers wait\"",
              b->table, (unsigned long long)queued);
}

void failure_log_throttled_over(struct engine *e, struct failure_log *b)
{
    if (b->throttled_logged)
        log_write(&e->log, LOG_LEVEL_INFO, "event=table_throttled_over table=%s seconds=%llu", b->table,
                  (unsigned long long)(e->now.mono_ms - b->throttled_ms) / 1000);
    b->throttled_ms = 0;
    b->throttled_logged = false;
}
