#include "daemon/engine/ops/flush.h"

#include <assert.h>

#include "daemon/engine/conn/request.h"
#include "daemon/engine/ops/status.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"

static void flush_answer(struct engine *e, struct request *r, int status)
{
    assert(e->ledger.failed >= r->failed);
    struct json_writer w;
    json_writer_init(&w, REQUEST_TEXT_MAX);
    json_open_object(&w, NULL);
    json_put_u64(&w, "pending", status_pending(e, r->serial));
    json_put_u64(&w, "failed", e->ledger.failed - r->failed);
    json_close_object(&w);
    request_answer_json(e, r, status, &w);
}

static bool flush_timeout(struct span arguments, uint64_t *ret_ms)
{
    struct mp_cursor c = mp_read_open(arguments);
    uint32_t pairs = 0;
    uint64_t ms = HEAP_NEVER;
    if (arguments.n > 0 && mp_read_map(&c, &pairs) != DDBS_OK)
        return false;
    for (uint32_t i = 0; i < pairs; i++) {
        struct span key;
        if (mp_read_str(&c, &key) != DDBS_OK)
            return false;
        bool known = span_equal(key, span_of("timeout_ms", 10));
        if (!known || mp_read_uint(&c, &ms) != DDBS_OK)
            return false;
    }
    *ret_ms = ms;
    return true;
}

void flush_open(struct engine *e, struct request *r)
{
    uint64_t timeout_ms;
    if (!flush_timeout(r->arguments, &timeout_ms)) {
        request_refuse(e, r, DDBS_E_INVALID_ARGUMENT, "flush takes {timeout_ms: milliseconds} and nothing else");
        return;
    }
    if (e->drain != DRAIN_NO && e->drain != DRAIN_HANDOVER) {
        flush_answer(e, r, DDBS_E_SHUTTING_DOWN);
        return;
    }
    list_push_back(&e->flushes, &r->waiting);
    if (timeout_ms != HEAP_NEVER)
        work_set_timer(e, &r->timer,
                       timeout_ms < HEAP_NEVER - e->now.mono_ms ? e->now.mono_ms + timeout_ms : HEAP_NEVER);
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next)
        target_touch(e, CONTAINER_OF(n, struct target, in_engine));
}

static bool flush_done(const struct engine *e, const struct request *r)
{
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        const struct target *t = CONTAINER_OF(n, struct target, in_engine);
        if (!list_empty(&t->queue.all) &&
            CONTAINER_OF(t->queue.all.first, struct record, in_target)->serial <= r->serial)
            return false;
    }
    return true;
}

void flush_check(struct engine *e)
{
    struct list_node *next;
    for (struct list_node *n = e->flushes.first; n != NULL; n = next) {
        next = n->next;
        struct request *r = CONTAINER_OF(n, struct request, waiting);
        if (flush_done(e, r))
            flush_answer(e, r, DDBS_OK);
    }
}

void flush_refuse_all(struct engine *e)
{
    while (!list_empty(&e->flushes))
        flush_answer(e, CONTAINER_OF(e->flushes.first, struct request, waiting), DDBS_E_SHUTTING_DOWN);
}

void flush_on_timer(struct engine *e, struct request *r)
{
    if (r->waiting.head != NULL)
        flush_answer(e, r, DDBS_E_TIMED_OUT);
}
