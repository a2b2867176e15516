/* item_duplicate: see the header.
 * Invariants: a table is never more than 7/8 full, so probing ends; members are compared exactly and the hash only
 * chooses the slot, so the result does not depend on it.
 * Method: open addressing. If there are more members than the table takes, they are partitioned by hash and each
 * partition is checked in a separate walk. An item of 400 KB has at most about 160,000 distinct members, so at most
 * five walks. The hash is seeded from the members' bytes: every byte an attacker changes to build a collision changes
 * the seed.
 */
#include "proto/item/item_duplicate.h"

#include <assert.h>

#include "proto/err.h"
#include "proto/hash64.h"
#include "proto/item/item_number.h"

enum { SMALL_SLOTS = 512, BIG_SLOTS = 65536 };

struct table {
    uint32_t *slots; /* offset of a member + 1; 0: empty */
    uint32_t mask;
    uint32_t filled;
    const uint8_t *base;
    const uint8_t *end;
    enum item_members kind;
    uint64_t seed;
};

struct member {
    struct span bytes; /* names, strings, binaries */
    struct num number;
};

static void member_read(struct mp_cursor *c, enum item_members kind, struct member *ret)
{
    struct mp_token t;
    int err = mp_read_next(c, &t);
    assert(err == DDBS_OK);
    if (kind == MEMBERS_NUMBERS)
        item_number_value(&t, &ret->number);
    else
        ret->bytes = span_of(t.bytes, t.count);
}

static uint64_t member_hash(const struct member *m, enum item_members kind, uint64_t seed)
{
    if (kind != MEMBERS_NUMBERS)
        return hash64(m->bytes.p, m->bytes.n, seed);
    const struct num *n = &m->number;
    return hash64(n->digits, n->ndigits, seed ^ (uint64_t)(n->exp * 2 + n->negative));
}

static bool member_equal(const struct member *a, const struct member *b, enum item_members kind)
{
    return kind == MEMBERS_NUMBERS ? num_equal(&a->number, &b->number) : span_equal(a->bytes, b->bytes);
}

/* Insert the member, or return true if an equal one is present. */
static bool table_has(struct table *t, const struct member *m, uint64_t hash, uint32_t at)
{
    uint32_t i = (uint32_t)hash & t->mask;
    for (; t->slots[i] != 0; i = (i + 1) & t->mask) {
        struct mp_cursor c = {.p = t->base + t->slots[i] - 1, .end = t->end};
        struct member other;
        member_read(&c, t->kind, &other);
        if (member_equal(m, &other, t->kind))
            return true;
    }
    t->slots[i] = at + 1;
    t->filled++;
    return false;
}

enum walk_end { WALK_NONE, WALK_FOUND, WALK_FULL };

/* Check all members whose hash falls into `part` of `parts`. */
static enum walk_end walk_part(struct table *t, uint32_t count, uint32_t part, uint32_t parts,
                               struct mp_cursor *ret_duplicate)
{
    struct mp_cursor c = {.p = t->base, .end = t->end};
    memset(t->slots, 0, (t->mask + 1) * sizeof t->slots[0]);
    t->filled = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct mp_cursor here = c;
        struct member m;
        member_read(&c, t->kind, &m);
        uint64_t hash = member_hash(&m, t->kind, t->seed);
        if (((hash >> 32) * parts) >> 32 == part) {
            if (t->filled > t->mask - t->mask / 8)
                return WALK_FULL;
            if (table_has(t, &m, hash, (uint32_t)(here.p - t->base))) {
                *ret_duplicate = here;
                return WALK_FOUND;
            }
        }
        if (t->kind == MEMBERS_NAMES) {
            int err = mp_read_skip(&c);
            assert(err == DDBS_OK);
        }
    }
    return WALK_NONE;
}

static bool walk_all(struct table *t, uint32_t count, struct mp_cursor *ret_duplicate)
{
    uint32_t parts = (count - 1) / ((t->mask + 1) / 2) + 1;
    for (uint32_t part = 0; part < parts; part++) {
        switch (walk_part(t, count, part, parts, ret_duplicate)) {
        case WALK_NONE:
            break;
        case WALK_FOUND:
            return true;
        case WALK_FULL:
            /* UNTESTED: needs 57,000 members in a part made for 32,768. Retry with a new seed and more parts. */
            t->seed = hash64_mix(t->seed, 0x9e3779b97f4a7c15u) + 1;
            parts = parts * 2;
            part = UINT32_MAX;
            break;
        }
    }
    return false;
}

/* Use a table of twice as many slots as members, at most `slots_max`. */
static bool walk_with(struct table *t, uint32_t *slots, uint32_t slots_max, uint32_t count,
                      struct mp_cursor *ret_duplicate)
{
    t->slots = slots;
    t->mask = 7;
    while (t->mask + 1 < slots_max && t->mask + 1 < 2 * (uint64_t)count)
        t->mask = t->mask * 2 + 1;
    return walk_all(t, count, ret_duplicate);
}

static __attribute__((noinline)) bool find_big(struct table *t, uint32_t count, struct mp_cursor *ret_duplicate)
{
    uint32_t slots[BIG_SLOTS];
    return walk_with(t, slots, BIG_SLOTS, count, ret_duplicate);
}

bool item_duplicate_find(struct mp_cursor members, uint32_t count, enum item_members kind,
                         struct mp_cursor *ret_duplicate)
{
    if (count < 2)
        return false;
    struct table t = {.base = members.p, .end = members.end, .kind = kind};
    t.seed = hash64(members.p, (size_t)(members.end - members.p), count);
    if (count > SMALL_SLOTS / 2)
        return find_big(&t, count, ret_duplicate);
    uint32_t slots[SMALL_SLOTS];
    return walk_with(&t, slots, SMALL_SLOTS, count, ret_duplicate);
}
