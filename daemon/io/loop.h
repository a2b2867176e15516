/* loop: the daemon's main loop: turns the engine once per loop turn, carries out its effects, keeps its one timer.
 * Owner: daemon.c; one thread.
 * Happy path: callbacks of streams, lanes and signals feed events to the engine and call loop_turn_request; before the
 * loop sleeps and after it woke, loop turns the engine if an event came, pulls effects until there are none and arms
 * the timer. Failure modes: a lane that has no memory for a job is answered to the engine as a transient failure.
 * Invariants: policy runs once per loop turn, not per callback; no timer is armed while the engine waits for nothing.
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
    uv_idle_t awake;   /* running: there is more to do, do not sleep */
    uint64_t armed_ms; /* what the timer is set to, UINT64_MAX: stopped */
    bool stopped;      /* EFFECT_STOPPED came */
    bool closing;      /* what lanes cut off now is no failure of the endpoint's */
    struct lane *lanes[LOOP_LANES_MAX];
    size_t lane_count;
    struct outage_log outages;
};

/* Prepare the loop; the engine follows by loop_attach. DDBS_OK or DDBS_E_INTERNAL. */
int loop_init(struct loop *l) MUST_USE;

/* The engine to turn; it must outlive loop_close. */
void loop_attach(struct loop *l, struct engine *e);

/* Start a lane on this loop; loop and done of the parameters are set here. Errors as lane_start. */
int loop_lane_add(struct loop *l, struct lane_params *p) MUST_USE;

/* Run until EFFECT_STOPPED or loop_break. True: stopped in order. */
bool loop_run(struct loop *l) MUST_USE;

/* Make loop_run return. */
void loop_break(struct loop *l);

/* End the lanes (their jobs go back to the engine), close every stream and handle, and the loop itself. Handles that
 * others opened on it are closing already. */
void loop_close(struct loop *l);

#endif
