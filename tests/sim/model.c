/* model: see model.h. */
#include "tests/sim/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "daemon/dynamo/body.h"
#include "daemon/dynamo/response.h"
#include "proto/err.h"
#include "tests/sim/answer.h"
#include "tests/sim/call.h"
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

enum { SILENCE_MS = 10000 };

static void add_window(struct world *w, enum window_kind kind, uint32_t table)
{
    struct model *m = &w->model;
    if (m->window_count == MODEL_WINDOWS_MAX)
        return;
    struct window_of *win = &m->windows[m->window_count++];
    uint32_t span_ms = (uint32_t)(w->scenario.heal_ms - w->now.mono_ms);
    *win = (struct window_of){.kind = kind, .table = table};
    win->from_ms = w->now.mono_ms + dice_between(&w->rng, 0, span_ms * 3 / 4);
    win->to_ms = win->from_ms + dice_between(&w->rng, 50, span_ms / 2);
    if (win->to_ms > w->scenario.heal_ms)
        win->to_ms = w->scenario.heal_ms;
}

static void add_dead_table(struct world *w)
{
    static const enum window_kind deaths[] = {WINDOW_THROTTLED, WINDOW_SILENT, WINDOW_DENIED, WINDOW_MISSING};
    struct window_of *win = &w->model.windows[w->model.window_count++];
    *win = (struct window_of){.kind = deaths[rng_below(&w->rng, 4)], .table = 1, .to_ms = w->scenario.heal_ms};
}

void model_init(struct world *w)
{
    const struct scenario *s = &w->scenario;
    w->model = (struct model){0};
    if (s->flood)
        add_dead_table(w);
    if (s->remakes > 0) {
        w->model.remade_table = dice_between(&w->rng, 0, s->tables - 1);
        w->model.remade_ms = w->now.mono_ms + dice_between(&w->rng, 100, (uint32_t)(s->heal_ms - w->now.mono_ms));
    }
    for (uint32_t i = 0; i < s->outages; i++)
        add_window(w, WINDOW_UNREACHABLE, 0);
    for (uint32_t i = 0; i < s->denials; i++)
        add_window(w, WINDOW_DENIED, dice_between(&w->rng, 0, s->tables - 1));
    for (uint32_t i = 0; i < s->vanishings; i++)
        add_window(w, WINDOW_MISSING, dice_between(&w->rng, 0, s->tables - 1));
}

bool model_remade(const struct world *w, uint32_t table)
{
    const struct model *m = &w->model;
    return m->remade_ms != 0 && m->remade_table == table && w->now.mono_ms >= m->remade_ms;
}

static bool in_window(const struct world *w, enum window_kind kind, uint32_t table)
{
    const struct model *m = &w->model;
    for (uint32_t i = 0; i < m->window_count; i++) {
        const struct window_of *win = &m->windows[i];
        if (win->kind == kind && win->from_ms <= w->now.mono_ms && w->now.mono_ms < win->to_ms &&
            (kind == WINDOW_UNREACHABLE || win->table == table))
            return true;
    }
    return false;
}

static bool window_began(const struct world *w, enum window_kind kind, uint32_t table, uint64_t ago_ms)
{
    for (uint32_t i = 0; i < w->model.window_count; i++) {
        const struct window_of *win = &w->model.windows[i];
        if (win->kind == kind && win->table == table && win->from_ms + ago_ms <= w->now.mono_ms)
            return true;
    }
    return false;
}

bool model_table_was_unusable(const struct world *w, uint32_t table, int code)
{
    enum window_kind kind = code == DDBS_E_ACCESS_DENIED ? WINDOW_DENIED : WINDOW_MISSING;
    if (code != DDBS_E_ACCESS_DENIED && code != DDBS_E_TABLE_NOT_FOUND)
        return false;
    uint32_t timeout_ms = w->scenario.table_error_timeout_ms;
    return timeout_ms > 0 && window_began(w, kind, table, 0) &&
           (window_began(w, WINDOW_DENIED, table, timeout_ms) || window_began(w, WINDOW_MISSING, table, timeout_ms));
}

bool model_table_had_trouble(const struct world *w, uint32_t table)
{
    return window_began(w, WINDOW_DENIED, table, 0) || window_began(w, WINDOW_MISSING, table, 0);
}

/* ---- the outcome of a request ---- */

static void answer_with(struct call *c, int status, char *text)
{
    c->transport = TRANSPORT_OK;
    c->status = status;
    free(c->text);
    c->text = text;
}

static bool draw_window_fate(struct world *w, struct call *c)
{
    if (in_window(w, WINDOW_UNREACHABLE, c->table)) {
        c->transport = TRANSPORT_UNREACHABLE;
    } else if (in_window(w, WINDOW_SILENT, c->table)) {
        c->transport = TRANSPORT_LOST;
        c->latency_ms = SILENCE_MS;
    } else if (in_window(w, WINDOW_DENIED, c->table)) {
        answer_with(c, 400, answer_error("AccessDeniedException", "User is not authorized to perform this action"));
    } else if (in_window(w, WINDOW_MISSING, c->table)) {
        answer_with(c, 400, answer_error("ResourceNotFoundException", "Requested resource not found"));
    } else if (in_window(w, WINDOW_THROTTLED, c->table)) {
        answer_with(c, 400,
                    answer_error("ProvisionedThroughputExceededException", "The level of configured throughput"));
    } else {
        return false;
    }
    c->apply_count = 0;
    return true;
}

static bool refuse_poison(struct call *c)
{
    if (!call_has_poison(c))
        return false;
    answer_with(c, 400, answer_error("ValidationException", "One or more parameter values were invalid: poison"));
    c->apply_count = 0;
    return true;
}

/* The service's answer to keys of the table's previous schema. */
static bool refuse_old_keys(struct world *w, struct call *c)
{
    static const char missing[] = "One or more parameter values were invalid: Missing the key alt in the item";
    static const char other[] = "The provided key element does not match the schema";
    for (uint32_t i = 0; i < c->order.count && model_remade(w, c->table); i++) {
        const struct order_item *it = &c->order.items[i];
        if (it->has_alt)
            continue;
        answer_with(c, 400, answer_error("ValidationException", it->is_delete ? other : missing));
        c->apply_count = 0;
        return true;
    }
    return false;
}

static bool draw_refusal(struct world *w, struct call *c)
{
    const struct scenario *s = &w->scenario;
    if (dice(&w->rng, s->throttle_rate)) {
        bool table = dice(&w->rng, 500);
        answer_with(
            c, 400,
            answer_error(table ? "ProvisionedThroughputExceededException" : "ThrottlingException", "Slow down"));
    } else if (dice(&w->rng, s->lost_before_rate)) {
        c->transport = TRANSPORT_LOST;
    } else {
        return refuse_old_keys(w, c) || refuse_poison(c);
    }
    c->apply_count = 0;
    return true;
}

/* Applied in full or in part, but the daemon never sees the answer. */
static bool draw_loss(struct world *w, struct call *c)
{
    const struct scenario *s = &w->scenario;
    if (dice(&w->rng, s->error_rate)) {
        bool busy = dice(&w->rng, 500);
        answer_with(c, busy ? 503 : 500,
                    answer_error(busy ? "ServiceUnavailable" : "InternalServerError", "Internal error"));
        call_apply_some(c, &w->rng, 300);
    } else if (dice(&w->rng, s->lost_after_rate)) {
        c->transport = TRANSPORT_LOST;
        call_apply_some(c, &w->rng, 800);
    } else if (dice(&w->rng, s->late_rate)) {
        c->transport = TRANSPORT_LOST;
        call_apply_some(c, &w->rng, 800);
        c->apply_ms = c->latency_ms + 1 + rng_below(&w->rng, s->late_ms);
    } else if (dice(&w->rng, s->corrupt_rate)) {
        c->corrupt = true;
        return false; /* the answer is generated first, then corrupted */
    } else {
        return false;
    }
    return true;
}

static void draw_answer(struct world *w, struct call *c)
{
    bool unprocessed[ORDER_ITEMS_MAX] = {false};
    if (c->job->kind == JOB_DESCRIBE) {
        answer_with(c, 200, answer_describe(c->table, model_remade(w, c->table)));
        return;
    }
    if (!w->healed && dice(&w->rng, w->scenario.partial_rate)) /* or one record may be returned unprocessed for
                                                                * minutes */
        call_apply_some(c, &w->rng, 600);
    for (uint32_t i = 0; i < c->order.count; i++)
        unprocessed[i] = !c->apply[i];
    answer_with(c, 200, answer_batch(&c->order, unprocessed, &w->rng));
    memcpy(c->acked, c->apply, sizeof c->acked);
}

static void draw_fate(struct world *w, struct call *c)
{
    const struct scenario *s = &w->scenario;
    c->latency_ms = dice_between(&w->rng, 1, s->latency_ms);
    if (dice(&w->rng, s->slow_rate) && !w->healed)
        c->latency_ms += s->slow_ms;
    c->apply_ms = rng_below(&w->rng, c->latency_ms + 1);
    call_apply_some(c, &w->rng, 1000);
    if (w->healed) {
        if (!refuse_old_keys(w, c) && !refuse_poison(c))
            draw_answer(w, c);
        return;
    }
    if (!draw_window_fate(w, c) && !draw_refusal(w, c) && !draw_loss(w, c))
        draw_answer(w, c);
}

/* ---- the life of a request ---- */

static void release_if_over(struct world *w, struct call *c)
{
    (void)w;
    if (c->job == NULL && !event_armed(&c->apply_event) && !event_armed(&c->answer_event))
        call_free(c);
}

static void run_apply(struct world *w, struct event *ev)
{
    struct call *c = CONTAINER_OF(ev, struct call, apply_event);
    for (uint32_t i = 0; i < c->order.count && !w->violated; i++)
        if (c->apply[i])
            oracle_on_apply(w, c, &c->order.items[i]);
    release_if_over(w, c);
}

/* Corrupt the answer: a wrong checksum, half a body, a proxy's page, or an invalid body. */
static void spoil(struct world *w, struct call *c, struct response *r)
{
    static const char page[] = "<html><body>Bad Gateway</body></html>";
    switch (rng_below(&w->rng, 4)) {
    case 0:
        r->crc_given = true;
        r->crc ^= 1;
        break;
    case 1:
        r->body.n /= 2;
        break;
    case 2:
        r->status = 502;
        r->body = span_of(page, sizeof page - 1);
        break;
    default:
        free(c->text);
        c->text = answer_nonsense(c->table, &w->rng);
        r->body = span_of(c->text, strlen(c->text));
        break;
    }
}

static void fill_response(struct world *w, struct call *c, struct response *r)
{
    *r =
        (struct response){.transport = c->transport, .status = c->status, .transport_text = "the connection was reset"};
    if (c->transport != TRANSPORT_OK)
        return;
    r->body = span_of(c->text, strlen(c->text));
    r->crc_given = !c->corrupt && dice(&w->rng, 500);
    r->crc = (uint32_t)crc32(0, r->body.p, (unsigned)r->body.n);
    r->request_id = span_of("REQUEST", 7);
    if (c->corrupt)
        spoil(w, c, r);
}

static void run_answer(struct world *w, struct event *ev)
{
    struct call *c = CONTAINER_OF(ev, struct call, answer_event);
    struct response response;
    struct job_result *result = &w->model.result;
    *result = (struct job_result){0};
    fill_response(w, c, &response);
    response_classify(c->job, &response, result);
    result->latency_ms = c->latency_ms;
    oracle_on_answer(w, c, result);
    world_trace(w, "service: request %llu %s", (unsigned long long)c->job->id, job_outcome_name(result->outcome));
    struct job *job = c->job;
    call_end(w, c, c->transport == TRANSPORT_OK && !c->corrupt);
    release_if_over(w, c);
    host_job_done(w, job, result);
}

/* Check max_in_flight. Probes of paused tables come on top. */
static void check_in_flight(struct world *w, const struct call *c)
{
    uint32_t all = 0, of_table = 0;
    bool probes = w->scenario.denials + w->scenario.vanishings > 0 || w->scenario.flood;
    for (struct list_node *n = w->model.calls.first; n != NULL; n = n->next) {
        const struct call *other = CONTAINER_OF(n, struct call, node);
        bool counts = other->job != NULL && other->order.count > 0;
        all += counts;
        of_table += counts && other->table == c->table;
    }
    if (of_table > w->scenario.max_in_flight + probes)
        world_violate(w, "P3", "%u requests to %s are in flight, max_in_flight is %u", of_table,
                      truth_table_name(c->table), w->scenario.max_in_flight);
    else if (all > w->scenario.slots + (probes ? w->scenario.tables : 0))
        world_violate(w, "P3", "%u requests are in flight, max_in_flight of all tables is %u", all, w->scenario.slots);
}

void model_start(struct world *w, struct job *job)
{
    struct call *c = call_new(w, job);
    if (c == NULL)
        return;
    list_push_back(&w->model.calls, &c->node);
    c->answer_event.run = run_answer;
    c->apply_event.run = run_apply;
    draw_fate(w, c);
    oracle_on_start(w, c);
    check_in_flight(w, c);
    if (c->apply_count > 0)
        world_in(w, &c->apply_event, c->apply_ms);
    world_in(w, &c->answer_event, c->latency_ms);
    world_trace(w, "service: request %llu %s %s, %u items, %u to apply, answer in %u ms", (unsigned long long)job->id,
                job_operation(job->kind), job->table, job->count, c->apply_count, c->latency_ms);
}

void model_forsake(struct world *w)
{
    struct job_result *result = &w->model.result;
    for (struct list_node *n = w->model.calls.first, *next; n != NULL; n = next) {
        struct call *c = CONTAINER_OF(n, struct call, node);
        next = n->next;
        struct job *job = c->job;
        if (job == NULL)
            continue;
        *result = (struct job_result){.outcome = JOB_TRANSIENT, .maybe_written = true};
        call_end(w, c, false);
        world_cancel(w, &c->answer_event);
        if (event_armed(&c->apply_event) && dice(&w->rng, 300))
            world_cancel(w, &c->apply_event);
        release_if_over(w, c);
        engine_job_done(w->host.engine, job, result, w->now);
    }
    w->model.acked = 0;
}

void model_fini(struct world *w)
{
    struct list_node *n;
    while ((n = w->model.calls.first) != NULL)
        call_free(CONTAINER_OF(n, struct call, node));
}
