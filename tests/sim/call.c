/* call: see call.h. */
#include "tests/sim/call.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/dynamo/body.h"

static bool read_describe(struct world *w, struct call *c, const char *body, size_t n)
{
    json_t *root = json_loadb(body, n, 0, NULL);
    const char *name = json_string_value(json_object_get(root, "TableName"));
    for (c->table = 0; name != NULL && c->table < SCENARIO_TABLES_MAX; c->table++)
        if (strcmp(name, truth_table_name(c->table)) == 0)
            break;
    bool ok = name != NULL && c->table < SCENARIO_TABLES_MAX;
    if (!ok)
        world_violate(w, "body", "DescribeTable of an unknown table: %.*s", (int)n, body);
    json_decref(root);
    return ok;
}

static bool read_body(struct world *w, struct call *c)
{
    struct job *job = c->job;
    char errmsg[ORDER_ERRMSG];
    size_t n = body_len(job);
    char *body = truth_alloc(n + 1);
    bool ok = (size_t)(body_write(job, body) - body) == n && n == job->body_len;
    if (!ok)
        world_violate(w, "body", "the request's body has %zu bytes, the job says %u", n, job->body_len);
    else if (job->kind == JOB_DESCRIBE)
        ok = read_describe(w, c, body, n);
    else if (!(ok = order_read(&c->order, &w->truth, body, n, errmsg)))
        world_violate(w, "P7", "%s", errmsg);
    else
        c->table = c->order.table;
    free(body);
    return ok;
}

struct call *call_new(struct world *w, struct job *job)
{
    struct call *c = truth_alloc(sizeof *c);
    *c = (struct call){.job = job, .epoch = w->host.epoch};
    if (!read_body(w, c)) {
        c->job = NULL;
        call_free(c);
        return NULL;
    }
    w->model.outstanding++;
    w->model.outstanding_items += c->order.count;
    for (uint32_t i = 0; i < c->order.count; i++) {
        w->truth.records[c->order.items[i].record].outstanding++;
        w->truth.keys[c->order.items[i].key]->outstanding++;
    }
    return c;
}

void call_free(struct call *c)
{
    list_drop(&c->node);
    order_fini(&c->order);
    free(c->text);
    free(c);
}

bool call_has_poison(const struct call *c)
{
    for (uint32_t i = 0; i < c->order.count; i++)
        if (c->order.items[i].poison)
            return true;
    return false;
}

void call_apply_some(struct call *c, struct rng *r, uint32_t rate)
{
    c->apply_count = 0;
    for (uint32_t i = 0; i < c->order.count; i++) {
        c->apply[i] = dice(r, rate);
        c->apply_count += c->apply[i];
    }
}

void call_end(struct world *w, struct call *c, bool heard)
{
    w->model.outstanding--;
    w->model.outstanding_items -= c->order.count;
    c->job = NULL;
    for (uint32_t i = 0; i < c->order.count; i++) {
        struct record *rec = &w->truth.records[c->order.items[i].record];
        rec->outstanding--;
        w->truth.keys[c->order.items[i].key]->outstanding--;
        if (heard && c->acked[i]) {
            rec->acked_epoch = c->epoch;
            w->model.acked++;
        }
    }
}
