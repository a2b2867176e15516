/* pool: memory as numbers: a pool of bytes, and who may take from it (PROTOCOL C3, C4).
 * A tenant is a target (or the lobby of connections without one); inside it every uid has a share.
 * Owner: the engine owns the pools, a target its tenant; a share lives as long as a session or connection uses it.
 * Invariants: used <= size (checked); used is the sum of what the tenants hold; a tenant's is the sum of its shares',
 * the body pool apart, which no single uid owns. Source of the rule: dynamic thresholds, Choudhury and Hahne, "Dynamic
 * queue length thresholds" (1998), with alpha 1.
 */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/list.h"

/* POOL_LONG is a part of POOL_RECORD: what long WRITEs that are still being read have reserved there. */
enum pool_kind { POOL_RECORD, POOL_BODY, POOL_INPUT, POOL_LONG, POOL_COUNT };

struct pool {
    uint64_t size, used;
    uint64_t largest;  /* one largest object: below that much free space only a tenant that holds nothing may take */
    uint64_t used_max; /* high-water mark, for status and tests */
    bool freed;        /* something was given back since the engine looked */
};

struct tenant {
    uint64_t held[POOL_COUNT];
    struct list_head shares;
};

struct share {
    struct list_node node; /* in tenant->shares */
    struct tenant *tenant;
    uint32_t uid;
    uint32_t users; /* sessions and connections that hold this pointer */
    uint64_t held[POOL_COUNT];
    uint64_t books;                       /* of held[POOL_RECORD]: the failures that its sessions remember */
    struct list_head waiting[POOL_COUNT]; /* connections that wait for memory of this kind, oldest first */
    struct list_node in_waiting;          /* in the engine's list while one of them is not empty */
};

/* The share of a uid, made if need be; one more user of it. NULL if memory ran out. */
struct share *share_get(struct tenant *t, uint32_t uid);

/* One user less; the last one frees it (it then holds nothing). NULL is allowed. */
void share_put(struct share *s);

/* True if n more bytes may be taken. share may be NULL (body pool). */
bool pool_may_take(const struct pool *p, enum pool_kind kind, const struct tenant *t, const struct share *s,
                   uint64_t n);

/* Book n bytes; pool_may_take said yes just before, or the bytes change from one purpose to another. */
void pool_take(struct pool *p, enum pool_kind kind, struct tenant *t, struct share *s, uint64_t n);
void pool_give(struct pool *p, enum pool_kind kind, struct tenant *t, struct share *s, uint64_t n);

/* True if a connection of this share waits for memory. */
bool share_waits(const struct share *s);

/* True while windows must not grow. */
bool pool_short(const struct pool *p);

#endif
