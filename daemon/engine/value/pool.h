/* pool: memory as numbers: a pool of bytes, and who may take from it (PROTOCOL C3, C4).
 * Owner: the engine. Pure.
 * Invariants: used <= size (checked); used is the sum of what the tenants hold (share.h).
 * Source of the rule: dynamic thresholds, Choudhury and Hahne, "Dynamic queue length thresholds" (1998), with alpha 1.
 */
#ifndef ENGINE_VALUE_POOL_H
#define ENGINE_VALUE_POOL_H

#include <stdbool.h>
#include <stdint.h>

/* POOL_LONG is a part of POOL_RECORD: what long WRITEs that are still being read have reserved there. */
enum pool_kind { POOL_RECORD, POOL_BODY, POOL_INPUT, POOL_LONG, POOL_COUNT };

struct pool {
    uint64_t size, used;
    uint64_t largest;  /* one largest object: below that much free space only a tenant that holds nothing may take */
    uint64_t used_max; /* high-water mark, for status and tests */
    bool freed;        /* something was given back since the engine looked */
};

struct share;
struct tenant;

/* True if n more bytes may be taken. share may be NULL (body pool). */
bool pool_may_take(const struct pool *p, enum pool_kind kind, const struct tenant *t, const struct share *s,
                   uint64_t n);

/* Book n bytes; pool_may_take said yes just before, or the bytes change from one purpose to another. */
void pool_take(struct pool *p, enum pool_kind kind, struct tenant *t, struct share *s, uint64_t n);
void pool_give(struct pool *p, enum pool_kind kind, struct tenant *t, struct share *s, uint64_t n);

/* True while windows must not grow. */
bool pool_short(const struct pool *p);

#endif
