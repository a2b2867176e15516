/* limiter: the congestion controller of one target: how many requests may be in flight, from when, and whether there is
 * room to spare.
 *
 * What it does, in ten lines:
 *  1. Without trouble, `max` requests (the setting max_in_flight) may be in flight.
 *  2. One failed request is chance. With the second in a row the window closes to one request, after a cooldown.
 *  3. The cooldown doubles with each further failure, with full jitter (backoff.h), up to half a second; up to two
 *     seconds if the service throttles, which it means, while a dead endpoint should be noticed soon when it is back.
 *  4. Of requests that fail together only two count: those that started before the last failure was known say nothing
 *     new. Another kind of trouble begins its count anew.
 *  5. Each answer that took something ends the trouble and opens the window by one request, until it is `max` again.
 *  6. Headroom: each answer that took every item shows room for one request more; any other answer shows none.
 *  7. While there is more headroom than requests in flight, records that back off may leave early: their delay was
 *     drawn when there was no room.
 *  8. If a request with such records is refused, the next ones must show twice as much room, up to eight answers.
 *  9. A hint of the service (retry after) keeps the cooldown, and early records, until it has passed.
 *
 * Owner: embedded in a target. Pure: the caller brings the time and the random numbers.
 * Invariants: window is 0 (no limit of its own) or 1 .. max - 1; only failures close it, only answers open it.
 * Sources: the SDKs' retry behaviour (backoff.h); additive increase as in TCP (RFC 5681), with a window of one after
 * trouble.
 */
#ifndef ENGINE_VALUE_LIMITER_H
#define ENGINE_VALUE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/rng.h"
#include "proto/reason.h"

/* Room that answers have shown. */
struct headroom {
    uint32_t shown;   /* answers in a row that took every item */
    uint32_t doubted; /* so many of them are not enough: records that left early were thrown back */
    uint64_t judged;  /* the last request when that was last said */
    uint64_t from_ms; /* not before: the service asked for patience */
};

struct limiter {
    uint64_t max;
    uint64_t started;     /* requests so far */
    enum reason reason;   /* of the last failure */
    uint32_t failures;    /* requests of which nothing was taken, without another between */
    uint64_t cooldown_ms; /* no request starts before; 0: none */
    uint32_t window;      /* requests that may be in flight; 0: max */
    struct headroom headroom;
};

/* What a request remembers of its start, for its answer. */
struct limiter_ticket {
    uint64_t serial;
    uint32_t failures;
    bool early; /* with records that left their backoff early */
};

enum limiter_taken { LIMITER_TOOK_ALL, LIMITER_TOOK_SOME, LIMITER_TOOK_UNKNOWN };

void limiter_init(struct limiter *l, uint64_t max);

/* True if one more request may start. */
bool limiter_may_start(const struct limiter *l, uint64_t in_flight, uint64_t now_ms);

/* When to ask again after a no (monotonic ms); UINT64_MAX: when an answer has come. */
uint64_t limiter_retry_ms(const struct limiter *l, uint64_t now_ms);

/* How many requests may be in flight now. */
uint64_t limiter_in_flight_max(const struct limiter *l);

/* True while the cooldown lasts. */
bool limiter_cools_down(const struct limiter *l, uint64_t now_ms);

/* True if records that back off may leave early. */
bool limiter_has_headroom(const struct limiter *l, uint64_t in_flight, uint64_t now_ms);

/* A request starts. */
struct limiter_ticket limiter_start(struct limiter *l, bool early);

/* An answer took something, or shows that the service takes requests. TOOK_UNKNOWN: it says nothing about room. */
void limiter_on_success(struct limiter *l, struct limiter_ticket t, enum limiter_taken taken, uint64_t now_ms);

/* The service threw everything back. hint_ms: when it wants to be asked again, 0: it did not say. */
void limiter_on_throttle(struct limiter *l, struct rng *rng, struct limiter_ticket t, uint32_t hint_ms,
                         uint64_t now_ms);

/* The request failed, or nobody answered: `reason` is REASON_BACKOFF or REASON_ENDPOINT_DOWN. */
void limiter_on_unanswered(struct limiter *l, struct rng *rng, struct limiter_ticket t, enum reason reason,
                           uint32_t hint_ms, uint64_t now_ms);

/* A question about the table (no ticket) failed: nothing starts for a while. */
void limiter_on_question_failed(struct limiter *l, struct rng *rng, enum reason reason, uint32_t hint_ms,
                                uint64_t now_ms);

/* The same, when something else decides when to ask again. */
void limiter_note_failure(struct limiter *l, enum reason reason);

/* The trouble is over: forget it, and the window that it left. */
void limiter_reset(struct limiter *l);

#endif
