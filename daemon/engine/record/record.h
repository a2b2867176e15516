/* record: one write from acceptance to its outcome.
 * Owner: the engine; its session and queue list it until record_free.
 * Invariants: `state` names the one scheduling list that it is on: UNKEYED (queue->unkeyed), BLOCKED (behind another
 * record in the chain of its key), READY (session->ready), BACKOFF (queue->backoff), IN_FLIGHT (in a job: only
 * conn_serial may change then). A record that is not UNKEYED and not BLOCKED is the head of its key's chain.
 */
#ifndef ENGINE_RECORD_RECORD_H
#define ENGINE_RECORD_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/heap.h"
#include "daemon/base/hmap.h"
#include "daemon/base/list.h"
#include "proto/item/item.h"
#include "proto/msg.h"
#include "proto/must_use.h"

struct session;

enum record_state { RECORD_UNKEYED, RECORD_BLOCKED, RECORD_READY, RECORD_BACKOFF, RECORD_IN_FLIGHT };

struct record {
    struct list_node in_session; /* session->open, by seq */
    struct list_node in_target;  /* queue->all, in order of receipt */
    union {
        struct list_node queue;   /* UNKEYED, READY */
        struct heap_node backoff; /* BACKOFF */
    };
    struct hmap_node key_node;          /* head of a chain: in queue->keys */
    struct record *key_prev, *key_next; /* the chain of one key, in order of receipt */
    struct record *key_last;            /* head of a chain: its last record */
    struct session *session;
    uint64_t seq;
    uint64_t serial;      /* order of receipt over the whole engine */
    uint64_t conn_serial; /* the connection whose window it occupies */
    uint32_t cost;        /* PROTOCOL C1 */
    uint32_t item_off, item_len, json_len;
    struct key_ref key;
    uint8_t op;
    uint8_t state;      /* enum record_state */
    uint8_t failures;   /* attempts that ended in a transient error */
    uint8_t throttles;  /* attempts that were throttled, with the whole batch or alone; outages do not count */
    bool maybe_written; /* an earlier attempt may have been applied */
    bool alone;         /* send it in a request of its own */
    uint8_t bytes[];    /* holds the item at item_off */
};

/* What malloc and the key table add to a record: MSG_COST_OVERHEAD covers it and the struct. */
enum { RECORD_MALLOC_OVERHEAD = 32 };
_Static_assert(sizeof(struct record) + RECORD_MALLOC_OVERHEAD <= MSG_COST_OVERHEAD, "C1: cost must cover the overhead");

/* A record with room for `capacity` bytes; NULL if memory ran out. */
struct record *record_new(uint32_t capacity) MUST_USE;

/* Free a record that is on no list. NULL is allowed. */
void record_free(struct record *r);

/* The session's next open record; NULL: r is the last one. */
static inline struct record *record_next(const struct record *r)
{
    return r->in_session.next != NULL ? CONTAINER_OF(r->in_session.next, struct record, in_session) : NULL;
}

static inline struct span record_item(const struct record *r)
{
    return span_of(r->bytes + r->item_off, r->item_len);
}

#endif
