/* store: the tables and what was written to them, in memory.
 * Owner: one per process; it owns its tables, entries and histories.
 * Invariants: entries are ordered by (hash, key bytes), and growing keeps that order, so a scan can continue from any
 * key, even a deleted one; live_count and live_bytes are sums over live entries; memory_bytes never exceeds memory_max.
 */
#ifndef FAKEDDB_STORE_H
#define FAKEDDB_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fakeddb/capacity.h"
#include "tests/fakeddb/inflight.h"
#include "tests/fakeddb/item.h"
#include "tests/fakeddb/text.h"

enum { TABLES_MAX = 64, HISTORY_VALUE_MAX = 64 };

/* One applied write to a key. */
struct trace {
    uint64_t seq;      /* numbers every write to the store */
    uint64_t request;  /* number of the request that contained it */
    uint64_t at_ms;    /* since the start */
    uint8_t digest[8]; /* of the item's canonical JSON; zero for a delete */
    bool put;
    char value[HISTORY_VALUE_MAX]; /* of the attribute named by --history-attr, as received; empty if it is too long */
};

struct entry {
    struct entry *next;
    uint64_t hash;
    struct trace *traces;
    uint32_t ntraces, traces_cap;
    uint32_t key_len, item_len;
    uint32_t size;   /* of the item, as the service counts it */
    bool live;       /* false: deleted, kept for its history */
    uint8_t bytes[]; /* key bytes, then the item's JSON as received */
};

struct table {
    char name[256];
    struct schema schema;
    struct text description; /* constant members of its description, each with a leading comma */
    struct entry **buckets;
    int bits; /* 1 << bits buckets, chosen by the hash's top bits */
    uint64_t entries, live_count, live_bytes;
    uint64_t puts, deletes;
    int64_t created_s;
    uint64_t active_ms;                  /* CREATING until then */
    uint64_t deleted_ms;                 /* DELETING until then; 0: not being deleted */
    uint64_t provisioned, on_demand_max; /* write units per second; 0: on demand, 0: none */
    struct capacity capacity;
};

enum table_state { TABLE_CREATING, TABLE_ACTIVE, TABLE_DELETING };

static inline enum table_state table_state(const struct table *t, uint64_t now_ms)
{
    return t->deleted_ms > 0 ? TABLE_DELETING : now_ms < t->active_ms ? TABLE_CREATING : TABLE_ACTIVE;
}

struct store {
    struct table *tables[TABLES_MAX];
    int ntables;
    uint64_t seq, seed;
    uint64_t memory_bytes, memory_max;
    uint64_t traces_lost; /* dropped for lack of memory; a test that checks order requires 0 */
    struct inflight inflight;
    uint64_t overlaps;               /* writes to a key whose previous write was not answered yet; needs history */
    int ndeleting;                   /* tables with deleted_ms */
    bool forget;                     /* count writes, keep nothing */
    bool history;                    /* keep a trace of every write */
    struct schema_attr history_attr; /* name_len 0: none */
};

/* Everything about one write besides its table. */
struct store_write {
    struct span key, item; /* item.p == NULL: delete */
    uint64_t hash;
    uint32_t size;
    uint64_t request, now_ms;
};

void store_init(struct store *s, uint64_t seed, uint64_t memory_max);
void store_fini(struct store *s);

/* The table of a name or an ARN that ends in table/NAME; NULL if there is none. */
struct table *store_find(const struct store *s, struct span name_or_arn);

/* Add an empty table; the name must be new. NULL if there is no room. The caller fills the description. */
struct table *store_add(struct store *s, const char *name, const struct schema *schema, int64_t now_s);
void store_remove(struct store *s, struct table *t);

uint64_t store_hash(const struct store *s, struct span key);

/* Apply a write. *ret_old_size: size of the previous item, 0 if none. False if memory_max would be exceeded. */
bool store_apply(struct store *s, struct table *t, const struct store_write *w, uint32_t *ret_old_size);

/* The entry of a key, or NULL; store_get only if it is live. */
struct entry *store_find_entry(const struct table *t, uint64_t hash, struct span key);
struct entry *store_get(const struct table *t, uint64_t hash, struct span key);

/* The first entry (live or not) after a position; with key.p == NULL the first with at least this hash. */
struct entry *store_after(const struct table *t, uint64_t hash, struct span key);
struct entry *store_next(const struct table *t, const struct entry *e);

static inline struct span entry_key(const struct entry *e)
{
    return span_of(e->bytes, e->key_len);
}

static inline struct span entry_item(const struct entry *e)
{
    return span_of(e->bytes + e->key_len, e->item_len);
}

#endif
