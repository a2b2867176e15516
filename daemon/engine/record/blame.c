#include "daemon/engine/record/blame.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/text.h"
#include "daemon/engine/record/queue.h"
#include "daemon/engine/work/log.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

enum { BLAME_LOG_PERIOD_MS = 60 * 1000, THROTTLED_LONG_MS = 10 * 1000 };

void blame_note(struct engine *e, struct queue *q, int code, struct span text)
{
    struct blame *b = &q->blame;
    b->code = code;
    b->at_ms = e->now.mono_ms;
    text_shorten(b->text, sizeof b->text, text);
}

void blame_count(struct engine *e, struct queue *q, int code)
{
    assert(code < 0 && -code <= DDBS_E_COUNT_);
    struct blame *b = &q->blame;
    b->untold[-code]++;
    if (b->in_untold.head == NULL)
        list_push_back(&e->untold, &b->in_untold);
}

static void blame_tell(struct engine *e, struct queue *q)
{
    struct blame *b = &q->blame;
    for (int i = 1; i <= DDBS_E_COUNT_; i++) {
        if (b->untold[i] == 0)
            continue;
        const char *text = b->code == -i ? b->text : err_text(-i);
        engine_log_said(e, LOG_LEVEL_WARNING, span_of(text, strlen(text)),
                        "event=records_failed table=%s code=%s records=%llu", q->name, err_name(-i),
                        (unsigned long long)b->untold[i]);
        b->untold[i] = 0;
    }
    b->tell_ms = e->now.mono_ms + BLAME_LOG_PERIOD_MS;
    list_remove(&b->in_untold);
}

void blame_log(struct engine *e, bool all)
{
    struct list_node *next;
    for (struct list_node *n = e->untold.first; n != NULL; n = next) {
        next = n->next;
        struct queue *q = CONTAINER_OF(n, struct queue, blame.in_untold);
        if (all || e->now.mono_ms >= q->blame.tell_ms)
            blame_tell(e, q);
    }
}

void blame_throttled(struct engine *e, struct queue *q)
{
    struct blame *b = &q->blame;
    if (b->throttled_ms == 0)
        b->throttled_ms = e->now.mono_ms;
    if (b->throttled_told || e->now.mono_ms - b->throttled_ms < THROTTLED_LONG_MS)
        return;
    b->throttled_told = true;
    engine_log(e, LOG_LEVEL_WARNING,
               "event=table_throttled table=%s queued=%llu text=\"DynamoDB has thrown everything back for ten seconds; "
               "nothing is lost, writers wait\"",
               q->name, (unsigned long long)q->ledger.queued);
}

void blame_throttled_over(struct engine *e, struct queue *q)
{
    struct blame *b = &q->blame;
    if (b->throttled_told)
        engine_log(e, LOG_LEVEL_INFO, "event=table_throttled_over table=%s seconds=%llu", q->name,
                   (unsigned long long)(e->now.mono_ms - b->throttled_ms) / 1000);
    b->throttled_ms = 0;
    b->throttled_told = false;
}
