/* loop: the daemon's main loop: it turns the engine once per loop turn, carries out its effects and keeps its timer.
 * Owner: daemon.c; one thread.
 * Happy path: callbacks of streams, lanes and signals feed events to the engine and call loop_turn_request. Before the
 * loop sleeps and after it wakes up, it turns the engine if an event came, pulls effects until there are none, and arms
 * the timer. Failure modes: a job that a lane has no memory for is reported to the engine as a transient failure.
 * Invariants: policy runs once per loop turn, not once per callback. No timer is armed while the engine has no
 * deadline.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <uv.h>

#include "daemon/engine/engine.h"
#include "daemon/http/lane.h"
#include "daemon/io/loop_turn.h"
#include "daemon/io/outage_log.h"
#include "daemon/io/stream.h"
#include "proto/must_use.h"

enum { LOOP_LANES_MAX = 64 };

struct loop {
    uv_loop_t uv;
    struct loop_turn turn;
    struct stream_set streams;
    uv_prepare_t before_sleep;
    uv_check_t after_sleep;
    uv_timer_t timer;
    uv_idle_t awake;   /* active while a turn is due, so that the loop does not sleep */
    uint64_t armed_ms; /* when the timer fires; UINT64_MAX: stopped */
    bool stopped;      /* EFFECT_STOPPED came */
    bool closing;      /* lanes are cutting off requests; these are no failures of the endpoint */
    struct lane *lanes[LOOP_LANES_MAX];
    size_t lane_count;
    struct outage_log outages;
};

/* Prepare the loop; loop_attach adds the engine. DDBS_OK or DDBS_E_INTERNAL. */
int loop_init(struct loop *l) MUST_USE;

/* Set the engine to turn; it must outlive loop_close. */
void loop_attach(struct loop *l, struct engine *e);

/* Start a lane on this loop. Sets loop, done and ctx of the parameters. Errors as lane_start. */
int loop_lane_add(struct loop *l, struct lane_params *p) MUST_USE;

/* Run until EFFECT_STOPPED or loop_break. True: the engine has stopped after its drain. */
bool loop_run(struct loop *l) MUST_USE;

/* Make loop_run return. */
void loop_break(struct loop *l);

/* Stop the lanes (their jobs go back to the engine), and close all streams, handles and the loop itself. Handles that
 * others opened on the loop must be closing already. */
void loop_close(struct loop *l);

#endif
