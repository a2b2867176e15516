#include "daemon/engine/target/target.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/config/config.h"
#include "daemon/engine/record/queue.h"
#include "daemon/engine/value/limiter.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/timer.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"

enum { TARGETS_MAX = 1024 };

bool target_name_ok(struct span name)
{
    if (name.n >= 4 && memcmp(name.p, "arn:", 4) == 0) {
        for (size_t i = 0; i < name.n; i++)
            if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == '"' || name.p[i] == '\\')
                return false;
        return name.n <= MSG_TABLE_MAX;
    }
    for (size_t i = 0; i < name.n; i++) {
        uint8_t ch = name.p[i];
        bool ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_' ||
                  ch == '-' || ch == '.';
        if (!ok)
            return false;
    }
    return name.n >= 3 && name.n <= 255;
}

static struct target *target_find(struct engine *e, struct span name, uint64_t hash)
{
    for (struct hmap_node *n = hmap_first(&e->targets, hash); n != NULL; n = hmap_next(n)) {
        struct target *t = CONTAINER_OF(n, struct target, by_name);
        if (span_equal(name, span_of(t->name, strlen(t->name))))
            return t;
    }
    return NULL;
}

/* Nobody uses it, not even a connection that is being closed, which is still counted in its budget. */
static bool target_idle(const struct target *t)
{
    bool unused = list_empty(&t->queue.sessions) && list_empty(&t->queue.budget.users) && list_empty(&t->queue.all) &&
                  list_empty(&t->describe_requests);
    bool describing = t->state == TARGET_DESCRIBING || t->in_describe.head != NULL || t->pause.probing;
    return unused && t->in_flight == 0 && !describing;
}

/* C9: an idle target is dropped when its place is needed. */
static bool target_make_room(struct engine *e)
{
    if (e->target_list.count < TARGETS_MAX)
        return true;
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        struct target *t = CONTAINER_OF(n, struct target, in_engine);
        if (target_idle(t)) {
            target_free(e, t);
            return true;
        }
    }
    return false;
}

int target_get(struct engine *e, struct span name, struct target **ret)
{
    uint64_t hash = hmap_hash(name.p, name.n, e->hash_seed);
    struct target *t = target_find(e, name, hash);
    if (t == NULL) {
        if (!target_make_room(e))
            return DDBS_E_BUSY;
        t = mem_zalloc(sizeof *t);
        if (t == NULL)
            return DDBS_E_OUT_OF_MEMORY;
        assert(name.n <= MSG_TABLE_MAX);
        memcpy(t->name, name.p, name.n);
        t->config = config_table(e->config, name);
        t->queue.name = t->queue.failure_log.table = t->name;
        limiter_init(&t->limiter, t->config->max_in_flight);
        t->queue.linger_ms = t->config->linger_ms;
        t->timer.kind = TIMER_TARGET;
        t->queue.schema = t->config->key_schema;
        t->queue.schema_known = t->queue.schema.count > 0;
        t->state = t->queue.schema_known ? TARGET_OPEN : TARGET_UNKNOWN;
        if (!queue_open(&t->queue) || !hmap_put(&e->targets, &t->by_name, hash)) {
            queue_close(&t->queue);
            mem_free(t);
            return DDBS_E_OUT_OF_MEMORY;
        }
        list_push_back(&e->target_list, &t->in_engine);
    }
    *ret = t;
    return DDBS_OK;
}

void target_free(struct engine *e, struct target *t)
{
    assert(list_empty(&t->queue.all) && list_empty(&t->queue.sessions) && list_empty(&t->describe_requests) &&
           list_empty(&t->queue.budget.users));
    work_set_timer(e, &t->timer, HEAP_NEVER);
    list_drop(&t->queue.in_dirty);
    list_drop(&t->in_describe);
    list_drop(&t->in_described);
    list_drop(&t->in_slot_wait);
    list_drop(&t->queue.failure_log.in_unlogged);
    target_give_slot(e, t);
    list_remove(&t->in_engine);
    hmap_remove(&e->targets, &t->by_name);
    queue_close(&t->queue);
    mem_free(t);
}

void target_touch(struct engine *e, struct target *t)
{
    work_touch_target(e, &t->queue.in_dirty);
}

void target_note_described(struct engine *e, struct target *t)
{
    if (!list_empty(&t->describe_requests) && t->in_described.head == NULL)
        list_push_back(&e->described, &t->in_described);
}

void target_touch_lingering(struct engine *e)
{
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        struct target *t = CONTAINER_OF(n, struct target, in_engine);
        if (t->queue.ready_count > 0)
            target_touch(e, t);
    }
}

void target_give_slot(struct engine *e, struct target *t)
{
    if (!t->has_slot)
        return;
    assert(e->slots_kept > 0);
    t->has_slot = false;
    e->slots_kept--;
}

uint64_t target_slots_free(const struct engine *e)
{
    uint64_t busy = e->starting.count + e->running.count + e->slots_kept;
    return busy < e->config->max_in_flight ? e->config->max_in_flight - busy : 0;
}
