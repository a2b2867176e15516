/* store: the unsettled records, encoded as they are sent, so that resending copies nothing.
 * Owner: embedded in struct client_core; owns its segments. Pure, no clock.
 * A segment is one block: [op, item] pairs grow from its front, and one 4-byte slot per record grows from its back.
 * Records settle in any order. A segment is freed when its last record settles, and compacted if memory is short and
 * most of it has settled. A live record is one that is not settled.
 * Invariants: seqs are consecutive from 1. Segments are in seq order. bytes <= bytes_max unless the store holds a
 * single record, or one that was put while a settled one was still being sent. Every live record before the send
 * position was sent or skipped on this connection, none after it.
 */
#ifndef CLIENT_STORE_H
#define CLIENT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"
#include "proto/span.h"

enum {
    STORE_FULL = 1,            /* store_put: no room now */
    STORE_SEGMENT_MIN = 4096,  /* allocated size of the smallest ordinary segment */
    STORE_SEGMENT_MAX = 65344, /* allocated size of the largest ordinary segment */
    STORE_ALONE = 16 * 1024,   /* a larger record gets a new segment that just fits it */
};

struct store_segment;

struct store {
    struct store_segment *head;
    struct store_segment *tail;
    struct store_segment *lent;   /* its bytes are being sent, so it is neither freed nor moved */
    struct store_segment *at_seg; /* send position: the segment of the first record not sent on this connection ... */
    uint32_t at;                  /* ... and that record's slot */
    size_t bytes;                 /* allocated */
    size_t bytes_max;
    uint64_t next_seq;      /* the next record's */
    uint64_t sent_max;      /* highest seq ever handed out by store_take */
    uint64_t unsettled;     /* records */
    uint64_t live_bytes;    /* of unsettled records */
    uint64_t unsent;        /* unsettled records at or after the send position */
    uint64_t unsent_bytes;  /* their bytes */
    uint64_t settled_total; /* records ever settled */
    uint64_t squeezed_at;   /* settled_total when compaction was last tried */
};

/* Consecutive records in contiguous bytes, to be sent as one WRITE. */
struct store_run {
    uint64_t first_seq;
    uint32_t count;
    struct span bytes;
    uint64_t cost; /* credit, C1 */
};

struct store_limits {
    uint64_t credit; /* maximum cost (C1) */
    size_t bytes;    /* maximum bytes of a run of more than one record */
    uint64_t upto;   /* the last seq to take */
};

void store_init(struct store *s, size_t bytes_max);
void store_fini(struct store *s);

/* Store [op, item] as the record `next_seq`. DDBS_OK; STORE_FULL if bytes_max does not allow it now (an empty store
 * takes a record of any size); DDBS_E_OUT_OF_MEMORY. On failure nothing is stored. */
int store_put(struct store *s, uint8_t op, struct span item, uint64_t *ret_seq) MUST_USE;

/* Settle every live record of first..last (inclusive). Returns how many were live. */
uint64_t store_settle(struct store *s, uint64_t first, uint64_t last);

/* True if the record is live; its bytes in *ret_bytes (may be NULL), valid until the next call that changes the
 * store. */
bool store_find(const struct store *s, uint64_t seq, struct span *ret_bytes) MUST_USE;

/* The lowest live seq; next_seq if there is none. */
uint64_t store_first(const struct store *s);

/* The lowest live seq from `seq` on; next_seq if there is none. */
uint64_t store_first_from(const struct store *s, uint64_t seq);

/* The lowest live seq that was not sent on this connection, with its bytes (may be NULL); next_seq if there is none. */
uint64_t store_unsent_first(struct store *s, struct span *ret_bytes);

/* Take the longest run at the send position within the limits, and advance the position. The run's bytes stay in place
 * until store_return; at most one run may be lent. False: nothing fits. */
bool store_take(struct store *s, const struct store_limits *limits, struct store_run *ret_run) MUST_USE;
void store_return(struct store *s);

/* Advance the send position past `upto`: those records are not sent on this connection. */
void store_skip(struct store *s, uint64_t upto);

/* For a new connection: every live record is unsent again. No run may be lent. */
void store_rewind(struct store *s);

#endif
