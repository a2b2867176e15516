/* acks: what the client of one connection has been told of its records' outcomes, and what it has still to be told
 * (PROTOCOL S2, C6): everything up to a seq, ranges above the first hole, failures one by one.
 * Owner: embedded in a writer. Pure: no clock, no allocation.
 * Invariants: ranges are sorted, disjoint, do not touch, and lie above told_upto; at most ACKS_RANGES_MAX of them.
 * While `resync` is set there are none: the gaps between the session's open records from resync_from on are told
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
    uint64_t told_upto;
    struct msg_range ranges[ACKS_RANGES_MAX]; /* settled above a hole, not yet told */
    uint32_t range_count;
    bool resync;          /* too many ranges, or a new connection: tell the complement of the open records */
    uint64_t resync_from; /* where the complement goes on */
    struct failure_cursor failure;
    uint64_t failure_since_ms; /* since when failures wait to be told; 0: none */
};

/* A new connection of a session: the failures in its book are told again, and, if it has `open` records, what is
 * settled between them. */
void acks_start(struct acks *a, const struct failures *book, bool open, uint64_t now_ms);

/* Records first..last settled; first == 0: nothing is open below, so that the next `upto` says it. */
void acks_note_settled(struct acks *a, uint64_t first, uint64_t last);

/* A failure was noted in the book. */
void acks_note_failure(struct acks *a, struct failure *f, uint64_t seq, uint64_t now_ms);

/* The book is gone, and what it had to tell. */
void acks_forget_failures(struct acks *a);

/* True if a SETTLED is due; everything up to `upto` is settled. */
bool acks_due(const struct acks *a, uint64_t upto);

/* True once everything up to `upto` that was sent (at most up to last_seq) is settled and told. */
bool acks_told(const struct acks *a, uint64_t upto, uint64_t last_seq);

/* Take up to `max` failures that are to be told next; the texts are valid while the book is. Returns how many. */
uint32_t acks_take_failures(struct acks *a, struct msg_failure *out, uint32_t max);

/* Take the ranges above `upto`. Returns how many. */
uint32_t acks_take_ranges(struct acks *a, uint64_t upto, struct msg_range out[ACKS_RANGES_MAX]);

#endif
