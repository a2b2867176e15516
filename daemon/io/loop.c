/* loop: the main loop. See loop.h. */
#include "daemon/io/loop.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "daemon/io/journal.h"
#include "proto/err.h"

enum {
    EFFECTS_MAX = 65536, /* about this many a turn; then the sockets are polled again */
    ROUNDS_MAX = 4,      /* turns in a row for events that effects caused */
};

/* Log that the endpoint fails, or that it works again, when outage_log says so. */
static void log_outage(struct loop *l, const struct job *job, const struct job_result *result)
{
    char line[OUTAGE_LOG_LINE];
    switch (outage_log_note(&l->outages, result, uv_now(&l->uv))) {
    case OUTAGE_LOG_BEGAN:
        outage_log_line(&l->outages, job->table, result, line);
        l->outages.failures = 0;
        journal_limited(LOG_LEVEL_WARNING, line);
        break;
    case OUTAGE_LOG_ENDED:
        journal_limited(LOG_LEVEL_INFO, "event=requests_succeed_again");
        break;
    case OUTAGE_LOG_NOTHING:
        break;
    }
}

static void on_job_done(void *ctx, struct job *job, const struct job_result *result)
{
    struct loop *l = ctx;
    if (!l->closing)
        log_outage(l, job, result);
    engine_job_done(l->turn.engine, job, result, loop_turn_moment(&l->turn));
    loop_turn_request(&l->turn);
}

/* Submit to the lane with the fewest jobs. */
static void job_start(struct loop *l, struct job *job)
{
    struct lane *best = l->lanes[0];
    for (size_t i = 1; i < l->lane_count; i++) {
        if (lane_load(l->lanes[i]) < lane_load(best))
            best = l->lanes[i];
    }
    if (lane_submit(best, job) == DDBS_OK)
        return;
    struct job_result r = {.outcome = JOB_TRANSIENT};
    snprintf(r.text, sizeof r.text, "the daemon has no memory for the request");
    on_job_done(l, job, &r);
}

static void effect_apply(struct loop *l, const struct effect *f)
{
    switch (f->kind) {
    case EFFECT_WRITE:
        stream_flush(stream_find(&l->streams, f->conn));
        break;
    case EFFECT_READ_ON:
        stream_reading(stream_find(&l->streams, f->conn), true);
        break;
    case EFFECT_READ_OFF:
        stream_reading(stream_find(&l->streams, f->conn), false);
        break;
    case EFFECT_CLOSE:
        stream_close(stream_find(&l->streams, f->conn));
        break;
    case EFFECT_START:
        job_start(l, f->job);
        break;
    case EFFECT_LOG:
        journal_limited(f->level, f->text);
        break;
    case EFFECT_STOPPED:
        l->stopped = true;
        loop_break(l);
        break;
    case EFFECT_NONE:
        break;
    }
}

/* Turn the engine once and carry out its effects. */
static void turn_once(struct loop *l)
{
    struct effect f;
    l->turn.due = false;
    engine_turn(l->turn.engine, loop_turn_moment(&l->turn));
    for (unsigned n = 0; engine_next_effect(l->turn.engine, &f); n++) {
        effect_apply(l, &f);
        if (n >= EFFECTS_MAX) {
            l->turn.due = true;
            break;
        }
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    l->armed_ms = UINT64_MAX;
    loop_turn_request(&l->turn);
}

static void timer_arm(struct loop *l)
{
    uint64_t due = engine_deadline(l->turn.engine);
    if (due == l->armed_ms)
        return;
    l->armed_ms = due;
    int rc;
    if (due == UINT64_MAX) {
        rc = uv_timer_stop(&l->timer);
    } else {
        uint64_t now = uv_now(&l->uv);
        rc = uv_timer_start(&l->timer, on_timer, due > now ? due - now : 0, 0);
    }
    assert(rc == 0);
}

static void on_awake(uv_idle_t *idle)
{
    (void)idle; /* its presence keeps the loop from sleeping */
}

static void pump(struct loop *l)
{
    if (!l->turn.due || l->turn.engine == NULL)
        return;
    for (int round = 0; l->turn.due && round < ROUNDS_MAX; round++)
        turn_once(l);
    for (size_t i = 0; i < l->lane_count; i++)
        lane_wake(l->lanes[i]);
    timer_arm(l);
    int rc = l->turn.due ? uv_idle_start(&l->awake, on_awake) : uv_idle_stop(&l->awake);
    assert(rc == 0);
}

static void on_before_sleep(uv_prepare_t *handle)
{
    pump(handle->data);
}

static void on_after_sleep(uv_check_t *handle)
{
    pump(handle->data);
}

/* These calls cannot fail: they use no descriptor. */
static void handles_open(struct loop *l)
{
    uv_prepare_init(&l->uv, &l->before_sleep);
    uv_check_init(&l->uv, &l->after_sleep);
    uv_timer_init(&l->uv, &l->timer);
    uv_idle_init(&l->uv, &l->awake);
    l->before_sleep.data = l->after_sleep.data = l->timer.data = l->awake.data = l;
    int rc = uv_prepare_start(&l->before_sleep, on_before_sleep) | uv_check_start(&l->after_sleep, on_after_sleep);
    assert(rc == 0);
}

int loop_init(struct loop *l)
{
    *l = (struct loop){.armed_ms = UINT64_MAX};
    if (uv_loop_init(&l->uv) != 0)
        return DDBS_E_INTERNAL;
    l->turn.uv = &l->uv;
    l->streams.turn = &l->turn;
    handles_open(l);
    return DDBS_OK;
}

void loop_attach(struct loop *l, struct engine *e)
{
    l->turn.engine = e;
    l->turn.due = true;
}

int loop_lane_add(struct loop *l, struct lane_params *p)
{
    assert(l->lane_count < LOOP_LANES_MAX);
    p->loop = &l->uv;
    p->done = on_job_done;
    p->ctx = l;
    int rc = lane_start(p, &l->lanes[l->lane_count]);
    if (rc == DDBS_OK)
        l->lane_count++;
    return rc;
}

bool loop_run(struct loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
    return l->stopped;
}

void loop_break(struct loop *l)
{
    uv_stop(&l->uv);
}

void loop_close(struct loop *l)
{
    l->closing = true;
    while (l->lane_count > 0)
        lane_stop(l->lanes[--l->lane_count]);
    stream_set_close(&l->streams);
    uv_close((uv_handle_t *)&l->before_sleep, NULL);
    uv_close((uv_handle_t *)&l->after_sleep, NULL);
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->awake, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&l->uv);
    assert(rc == 0);
}
