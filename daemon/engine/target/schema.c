#include "daemon/engine/target/schema.h"

#include <assert.h>

#include "daemon/engine/record/queue.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/settle.h"
#include "daemon/engine/target/batch.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/limiter.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"
#include "proto/item/item_key.h"

/* E2: keys by the old schema are void: every record waits, in order of receipt, to be checked against the new one. */
static void schema_unkey_all(struct engine *e, struct target *t)
{
    for (struct list_node *n = t->queue.all.first; n != NULL; n = n->next)
        queue_unkey(e, &t->queue, CONTAINER_OF(n, struct record, in_target));
    assert(t->queue.ready_count == 0 && t->queue.keys.count == 0);
}

void schema_describe_again(struct engine *e, struct target *t)
{
    t->queue.schema_known = false;
    if (t->in_flight > 0) {
        if (t->state != TARGET_PAUSED)
            t->state = TARGET_SETTLING;
        return;
    }
    schema_unkey_all(e, t);
    if (t->state == TARGET_PAUSED)
        t->pause.probing = true;
    else
        t->state = TARGET_DESCRIBING;
    if (t->in_describe.head == NULL)
        list_push_back(&e->describe_queue, &t->in_describe);
}

void schema_start_describes(struct engine *e)
{
    while (e->describes < SCHEMA_DESCRIBES_MAX && !list_empty(&e->describe_queue)) {
        struct target *t = CONTAINER_OF(e->describe_queue.first, struct target, in_describe);
        struct batch *b = batch_describe(e, t);
        if (b == NULL)
            return; /* out of memory: engine_deadline schedules the retry */
        list_remove(&t->in_describe);
        e->describes++;
        list_push_back(&e->starting, &b->node);
    }
}

void schema_take(struct engine *e, struct target *t, const struct key_schema *schema)
{
    assert(schema->count > 0 && t->in_flight == 0);
    t->queue.schema = *schema;
    t->queue.schema_known = true;
    t->described_ms = e->now.mono_ms;
    t->state = TARGET_OPEN;
    limiter_reset(&t->limiter);
    t->pause = (struct pause){0};
    while (!list_empty(&t->queue.unkeyed)) {
        struct record *r = CONTAINER_OF(t->queue.unkeyed.first, struct record, queue);
        char errmsg[ITEM_ERRMSG];
        int rc = item_key_find(record_item(r), &t->queue.schema, r->op == OP_DELETE, &r->key, errmsg);
        if (rc != DDBS_OK) {
            settle_record(e, r, LEDGER_FAILED, rc, errmsg);
            continue;
        }
        list_remove(&r->queue);
        queue_add(e, &t->queue, r);
    }
    target_touch(e, t);
}
