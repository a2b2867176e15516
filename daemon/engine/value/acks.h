/* acks: which outcomes the client of one connection was notified of, and which are still to be reported (PROTOCOL S2,
 * C6): everything up to a seq, ranges above the first hole, failures one by one.
 * Owner: embedded in a writer. Pure: no clock, no allocation.
 * Invariants: ranges are sorted, disjoint, not adjacent, and lie above acked_upto; at most ACKS_RANGES_MAX of them.
 * While `resync` is set there are none: the gaps between the session's open records from resync_from on are reported
 * instead.
 */
#ifndef ENGINE_VALUE_ACKS_H
#define ENGINE_VALUE_ACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/engine/value/failures.h"
#include "proto/msg.h"

enum { ACKS_RANGES_MAX = 24 };

struct acks {
    uint64_t acked_upto;
    struct msg_range ranges[ACKS_RANGES_MAX]; /* settled above a hole, not yet acknowledged */
    uint32_t range_count;
    bool resync;          /* too many ranges, or a new connection: report the complement of the open records */
    uint64_t resync_from; /* where the complement continues */
    struct failure_cursor failure;
    uint64_t failure_since_ms; /* since when failures wait to be reported; 0: none */
};

/* A new connection of a session: report its recorded failures again and, if it has `open` records, what is settled
 * between them. */
void acks_start(struct acks *a, const struct failures *failures, bool open, uint64_t now_ms);

/* Records first..last settled; first == 0: nothing below is open, so the next `upto` covers them. */
void acks_note_settled(struct acks *a, uint64_t first, uint64_t last);

/* A failure was recorded. */
void acks_note_failure(struct acks *a, struct failure *f, uint64_t seq, uint64_t now_ms);

/* The recorded failures are freed: do not report them. */
void acks_forget_failures(struct acks *a);

/* True if a SETTLED is due; everything up to `upto` is settled. */
bool acks_due(const struct acks *a, uint64_t upto);

/* True once everything sent up to `upto` (at most last_seq) is settled and acknowledged. */
bool acks_reached(const struct acks *a, uint64_t upto, uint64_t last_seq);

/* Take up to `max` of the next failures to report; their texts are valid while the session records them. Returns how
 * many. */
uint32_t acks_take_failures(struct acks *a, struct msg_failure *out, uint32_t max);

/* Take the ranges above `upto`. Returns how many. */
uint32_t acks_take_ranges(struct acks *a, uint64_t upto, struct msg_range out[ACKS_RANGES_MAX]);

#endif
