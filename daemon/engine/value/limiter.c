#include "daemon/engine/value/limiter.h"

#include <assert.h>

#include "daemon/engine/value/backoff.h"

/* While requests fail, one request per cooldown probes the endpoint: often enough to notice its recovery soon, seldom
 * enough to cost little. */
enum { COOLDOWN_CAP_MS = 500, COOLDOWN_THROTTLED_MS = 100, COOLDOWN_THROTTLED_CAP_MS = 2000 };

/* The highest value of headroom.doubted, which doubles with each refused early release. */
enum { DOUBTED_MAX = 8 };

void limiter_init(struct limiter *l, uint64_t max)
{
    assert(max > 0);
    *l = (struct limiter){.max = max};
}

uint64_t limiter_in_flight_max(const struct limiter *l)
{
    return l->window > 0 ? l->window : l->max;
}

bool limiter_cools_down(const struct limiter *l, uint64_t now_ms)
{
    return l->cooldown_ms > now_ms;
}

bool limiter_may_start(const struct limiter *l, uint64_t in_flight, uint64_t now_ms)
{
    return !limiter_cools_down(l, now_ms) && in_flight < limiter_in_flight_max(l);
}

uint64_t limiter_retry_ms(const struct limiter *l, uint64_t now_ms)
{
    return limiter_cools_down(l, now_ms) ? l->cooldown_ms : UINT64_MAX;
}

bool limiter_has_headroom(const struct limiter *l, uint64_t in_flight, uint64_t now_ms)
{
    const struct headroom *h = &l->headroom;
    return h->shown > h->doubted + in_flight && now_ms >= h->from_ms;
}

struct limiter_ticket limiter_start(struct limiter *l, bool early)
{
    return (struct limiter_ticket){.serial = ++l->started, .failures = l->failures, .early = early};
}

/* ---- headroom ---- */

static void headroom_on_taken(struct limiter *l, struct limiter_ticket t)
{
    struct headroom *h = &l->headroom;
    h->shown += h->shown < DOUBTED_MAX + l->max;
    h->doubted = t.early ? 0 : h->doubted;
}

static void headroom_on_refused(struct limiter *l, struct limiter_ticket t, uint32_t hint_ms, uint64_t now_ms)
{
    struct headroom *h = &l->headroom;
    uint64_t from_ms = now_ms + backoff_hinted_ms(0, hint_ms);
    if (from_ms > h->from_ms)
        h->from_ms = from_ms;
    h->shown = 0;
    if (!t.early || t.serial <= h->doubted_at)
        return; /* requests that were in flight together count once */
    h->doubted = h->doubted == 0 ? 1 : h->doubted < DOUBTED_MAX ? 2 * h->doubted : DOUBTED_MAX;
    h->doubted_at = l->started;
}

/* ---- window and cooldown ---- */

static void window_on_answer(struct limiter *l)
{
    uint32_t window = l->window == 0 ? 0 : l->window + 1;
    l->reason = REASON_NONE;
    l->failures = 0;
    l->cooldown_ms = 0;
    l->window = window < l->max ? window : 0;
}

static void window_on_failure(struct limiter *l, struct rng *rng, struct limiter_ticket t, enum reason reason,
                              uint32_t hint_ms, uint64_t now_ms)
{
    if (l->failures > 1 && t.failures < l->failures)
        return; /* it started before the last failure was known: no new information */
    bool throttled = reason == REASON_THROTTLED;
    if (l->failures > 1 && throttled != (l->reason == REASON_THROTTLED))
        l->failures = 1; /* another kind of failure: back to the first cooldown */
    limiter_note_failure(l, reason);
    if (l->failures == 1)
        return; /* a single failure may be chance */
    l->window = 1;
    uint32_t base = throttled ? COOLDOWN_THROTTLED_MS : BACKOFF_TRANSIENT_MS;
    uint32_t cap = throttled ? COOLDOWN_THROTTLED_CAP_MS : COOLDOWN_CAP_MS;
    uint32_t delay = backoff_delay_ms(rng, base, l->failures - 2, 0);
    l->cooldown_ms = now_ms + 1 + backoff_hinted_ms(delay < cap ? delay : cap, hint_ms);
}

/* ---- results of requests ---- */

void limiter_on_success(struct limiter *l, struct limiter_ticket t, enum limiter_taken taken, uint64_t now_ms)
{
    assert(t.serial > 0 && t.serial <= l->started);
    if (taken == LIMITER_TOOK_ALL)
        headroom_on_taken(l, t);
    else if (taken == LIMITER_TOOK_SOME)
        headroom_on_refused(l, t, 0, now_ms);
    window_on_answer(l);
}

void limiter_on_throttle(struct limiter *l, struct rng *rng, struct limiter_ticket t, uint32_t hint_ms, uint64_t now_ms)
{
    assert(t.serial > 0 && t.serial <= l->started);
    headroom_on_refused(l, t, hint_ms, now_ms);
    window_on_failure(l, rng, t, REASON_THROTTLED, hint_ms, now_ms);
}

void limiter_on_unanswered(struct limiter *l, struct rng *rng, struct limiter_ticket t, enum reason reason,
                           uint32_t hint_ms, uint64_t now_ms)
{
    assert(t.serial > 0 && t.serial <= l->started);
    headroom_on_refused(l, t, hint_ms, now_ms);
    window_on_failure(l, rng, t, reason, hint_ms, now_ms);
}

void limiter_on_describe_failed(struct limiter *l, struct rng *rng, enum reason reason, uint32_t hint_ms,
                                uint64_t now_ms)
{
    uint32_t base = reason == REASON_THROTTLED ? BACKOFF_THROTTLED_MS : BACKOFF_TRANSIENT_MS;
    l->cooldown_ms = now_ms + 1 + backoff_delay_ms(rng, base, l->failures, hint_ms);
    limiter_note_failure(l, reason);
}

void limiter_note_failure(struct limiter *l, enum reason reason)
{
    l->reason = reason;
    l->failures++;
}

void limiter_reset(struct limiter *l)
{
    l->window = 0;
    window_on_answer(l);
}
