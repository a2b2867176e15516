/* limiter: the congestion controller of one target: how many requests may be in flight, when the next may start, and
 * whether there is headroom.
 *
 * How it works:
 *  1. Normally `max` requests (the setting max_in_flight) may be in flight.
 *  2. One failed request may be chance. After the second in a row the window closes to one request, after a cooldown.
 *  3. The cooldown doubles with each further failure, with full jitter (backoff.h): up to half a second, so that the
 *     return of a dead endpoint is noticed soon; up to two seconds while the service throttles.
 *  4. Of requests that fail together only two count: one that started before the last failure was known adds no
 *     information. Another kind of failure restarts the count.
 *  5. Each answer that took something ends the cooldown and opens the window by one request, until it is `max` again.
 *  6. Headroom: each answer that took every item shows room for one more request; a refused item, a throttle or a
 *     failure resets it to none.
 *  7. While there is more headroom than requests in flight, records may leave their backoff early: their delay was
 *     drawn when there was no room.
 *  8. If a request with such records is refused, the next early release needs twice as much surplus headroom, up to
 *     eight answers.
 *  9. The service's hint (retry after) extends the cooldown, and holds back early releases, until it has passed.
 *
 * Owner: embedded in a target. Pure: the caller passes the time and the random numbers.
 * Invariants: window is 0 (no limit of its own) or 1 .. max - 1; only failures close it, only answers open it.
 * Sources: the SDKs' retry behaviour (backoff.h); additive increase as in TCP (RFC 5681), with a window of one after
 * repeated failures.
 */
#ifndef ENGINE_VALUE_LIMITER_H
#define ENGINE_VALUE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/rng.h"
#include "proto/reason.h"

/* Room for more requests, as recent answers have shown it. */
struct headroom {
    uint32_t shown;      /* answers in a row that took every item */
    uint32_t doubted;    /* so many of these do not count, because early releases were refused */
    uint64_t doubted_at; /* the last request started when `doubted` last grew */
    uint64_t from_ms;    /* no early release before: hint of the service */
};

struct limiter {
    uint64_t max;
    uint64_t started;     /* requests so far */
    enum reason reason;   /* of the last failure */
    uint32_t failures;    /* failed or fully throttled requests in a row */
    uint64_t cooldown_ms; /* no request starts before; 0: none */
    uint32_t window;      /* requests that may be in flight; 0: max */
    struct headroom headroom;
};

/* The limiter's state when a request started, for its answer. */
struct limiter_ticket {
    uint64_t serial;
    uint32_t failures;
    bool early; /* it carries records that left their backoff early */
};

enum limiter_taken { LIMITER_TOOK_ALL, LIMITER_TOOK_SOME, LIMITER_TOOK_UNKNOWN };

void limiter_init(struct limiter *l, uint64_t max);

/* True if one more request may start. */
bool limiter_may_start(const struct limiter *l, uint64_t in_flight, uint64_t now_ms);

/* When to retry after limiter_may_start returned false (monotonic ms); UINT64_MAX: after the next answer. */
uint64_t limiter_retry_ms(const struct limiter *l, uint64_t now_ms);

/* How many requests may be in flight now. */
uint64_t limiter_in_flight_max(const struct limiter *l);

/* True while the cooldown lasts. */
bool limiter_cools_down(const struct limiter *l, uint64_t now_ms);

/* True if records that back off may leave early. */
bool limiter_has_headroom(const struct limiter *l, uint64_t in_flight, uint64_t now_ms);

/* A request starts. */
struct limiter_ticket limiter_start(struct limiter *l, bool early);

/* An answer took something, or shows that the service accepts requests. TOOK_UNKNOWN: headroom does not change. */
void limiter_on_success(struct limiter *l, struct limiter_ticket t, enum limiter_taken taken, uint64_t now_ms);

/* The service throttled every item. hint_ms: its retry-after, 0: none. */
void limiter_on_throttle(struct limiter *l, struct rng *rng, struct limiter_ticket t, uint32_t hint_ms,
                         uint64_t now_ms);

/* The request failed, or was not answered: `reason` is REASON_BACKOFF or REASON_ENDPOINT_DOWN. */
void limiter_on_unanswered(struct limiter *l, struct rng *rng, struct limiter_ticket t, enum reason reason,
                           uint32_t hint_ms, uint64_t now_ms);

/* A DescribeTable (no ticket) failed: start a cooldown. */
void limiter_on_describe_failed(struct limiter *l, struct rng *rng, enum reason reason, uint32_t hint_ms,
                                uint64_t now_ms);

/* Count such a failure without a cooldown: the caller schedules the retry. */
void limiter_note_failure(struct limiter *l, enum reason reason);

/* The target works again: clear failures, cooldown and window. */
void limiter_reset(struct limiter *l);

#endif
