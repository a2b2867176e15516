/* store: every record that is not settled yet, kept ready for the wire so that resending copies nothing.
 * Owner: embedded in struct client_core; owns its segments. Pure, no clock.
 * A segment is one block: [op, item] pairs grow from its front, one 4-byte slot a record from its back. Records settle
 * in any order; a segment is freed with its last one, and squeezed when memory is short and most of it has settled.
 * Invariants: seqs are consecutive from 1; segments are in seq order; bytes <= bytes_max unless the store holds a
 * single record, or began anew behind one that settled while it is being sent; every live record in front of the send
 * position was sent or skipped on this connection, none behind it.
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
    STORE_SEGMENT_MIN = 4096,  /* whole allocation of the smallest and largest ordinary segment; a record above */
    STORE_SEGMENT_MAX = 65344, /* STORE_ALONE has a segment of its own size */
    STORE_ALONE = 16 * 1024,
};

struct store_segment;

struct store {
    struct store_segment *head;
    struct store_segment *tail;
    struct store_segment *lent;   /* its bytes are being sent: neither freed nor moved */
    struct store_segment *at_seg; /* send position: the first record not sent on this connection */
    uint32_t at;
    size_t bytes; /* allocated */
    size_t bytes_max;
    uint64_t next_seq;      /* the next record's */
    uint64_t sent_max;      /* highest seq ever handed out by store_take */
    uint64_t unsettled;     /* records */
    uint64_t live_bytes;    /* of unsettled records */
    uint64_t unsent;        /* records behind the send position, unsettled */
    uint64_t unsent_bytes;  /* their bytes */
    uint64_t settled_total; /* records ever settled */
    uint64_t squeezed_at;   /* settled_total when squeezing was last tried */
};

/* What the send position offers: consecutive records, contiguous bytes. */
struct store_run {
    uint64_t first_seq;
    uint32_t count;
    struct span bytes;
    uint64_t cost; /* credit, C1 */
};

struct store_limits {
    uint64_t credit; /* cost that may be spent */
    size_t bytes;    /* for a run of more than one record */
    uint64_t upto;   /* no seq above */
};

void store_init(struct store *s, size_t bytes_max);
void store_fini(struct store *s);

/* Keep [op, item] as the record `next_seq`. DDBS_OK; STORE_FULL with nothing kept if bytes_max does not allow it now
 * (an empty store takes a record of any size); DDBS_E_OUT_OF_MEMORY. */
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

/* The lowest live seq that was not sent on this connection; next_seq if there is none. With its bytes if wanted. */
uint64_t store_unsent_first(struct store *s, struct span *ret_bytes);

/* Take the longest run at the send position within the limits and step over it; its segment stays in place until
 * store_return. False: nothing fits. At most one run may be out. */
bool store_take(struct store *s, const struct store_limits *limits, struct store_run *ret_run) MUST_USE;
void store_return(struct store *s);

/* Step over everything up to `upto` without sending it on this connection. */
void store_skip(struct store *s, uint64_t upto);

/* A new connection: everything live is unsent again. No run is out. */
void store_rewind(struct store *s);

#endif
