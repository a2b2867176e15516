/* store: see store.h. */
#include "tests/fakeddb/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fakeddb/trace.h"

enum { BITS_MIN = 8, BITS_MAX = 26, DESCRIPTION_MAX = 64 * 1024 };

void store_init(struct store *s, uint64_t seed, uint64_t memory_max)
{
    memset(s, 0, sizeof(*s));
    s->seed = seed;
    s->memory_max = memory_max;
}

static uint64_t entry_bytes(const struct entry *e)
{
    return sizeof(*e) + e->key_len + e->item_len + e->traces_cap * sizeof(struct trace);
}

static void entry_free(struct store *s, struct entry *e)
{
    s->memory_bytes -= entry_bytes(e);
    free(e->traces);
    free(e);
}

static void table_free(struct store *s, struct table *t)
{
    for (size_t i = 0; i < (size_t)1 << t->bits; i++) {
        while (t->buckets[i] != NULL) {
            struct entry *e = t->buckets[i];
            t->buckets[i] = e->next;
            entry_free(s, e);
        }
    }
    free(t->buckets);
    text_fini(&t->description);
    free(t);
}

void store_fini(struct store *s)
{
    while (s->ntables > 0)
        table_free(s, s->tables[--s->ntables]);
    assert(s->memory_bytes == 0);
}

struct table *store_find(const struct store *s, struct span name)
{
    static const char arn[] = "arn:", mark[] = ":table/";
    if (name.n > 4 && memcmp(name.p, arn, 4) == 0) {
        const uint8_t *at = memmem(name.p, name.n, mark, sizeof(mark) - 1);
        if (at != NULL)
            name = span_from(name, (size_t)(at - name.p) + sizeof(mark) - 1);
    }
    for (int i = 0; i < s->ntables; i++) {
        if (span_equal(name, span_of(s->tables[i]->name, strlen(s->tables[i]->name))))
            return s->tables[i];
    }
    return NULL;
}

struct table *store_add(struct store *s, const char *name, const struct schema *schema, int64_t now_s)
{
    struct table *t = s->ntables < TABLES_MAX ? calloc(1, sizeof(*t)) : NULL;
    if (t == NULL)
        return NULL;
    t->bits = BITS_MIN;
    t->buckets = calloc((size_t)1 << BITS_MIN, sizeof(struct entry *));
    if (t->buckets == NULL) {
        free(t);
        return NULL;
    }
    assert(strlen(name) < sizeof(t->name));
    memcpy(t->name, name, strlen(name) + 1);
    t->schema = *schema;
    t->created_s = now_s;
    text_init(&t->description, DESCRIPTION_MAX);
    s->tables[s->ntables++] = t;
    return t;
}

void store_remove(struct store *s, struct table *t)
{
    for (int i = 0; i < s->ntables; i++) {
        if (s->tables[i] == t) {
            memmove(&s->tables[i], &s->tables[i + 1], (size_t)(s->ntables - i - 1) * sizeof(s->tables[0]));
            s->ntables--;
            table_free(s, t);
            return;
        }
    }
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

uint64_t store_hash(const struct store *s, struct span key)
{
    uint64_t h = s->seed ^ key.n * 0x9e3779b97f4a7c15u;
    while (key.n >= 8) {
        uint64_t w;
        memcpy(&w, key.p, 8);
        h = mix(h ^ w) + 0x9e3779b97f4a7c15u;
        key = span_from(key, 8);
    }
    uint64_t w = 0;
    if (key.n > 0)
        memcpy(&w, key.p, key.n);
    return mix(h ^ w);
}

static struct entry **bucket_of(const struct table *t, uint64_t hash)
{
    return &t->buckets[hash >> (64 - t->bits)];
}

/* The order of entries: negative if (hash, key) comes before e. */
static int place(uint64_t hash, struct span key, const struct entry *e)
{
    if (hash != e->hash)
        return hash < e->hash ? -1 : 1;
    size_t n = key.n < e->key_len ? key.n : e->key_len;
    int c = memcmp(key.p, e->bytes, n);
    return c != 0 ? c : (key.n > e->key_len) - (key.n < e->key_len);
}

/* The link to the first entry at or after (hash, key). */
static struct entry **slot_of(const struct table *t, uint64_t hash, struct span key, bool *ret_found)
{
    struct entry **at = bucket_of(t, hash);
    int c = -1;
    while (*at != NULL && (c = place(hash, key, *at)) > 0)
        at = &(*at)->next;
    *ret_found = *at != NULL && c == 0;
    return at;
}

/* Double the buckets. Each splits in two, and the order within stays. Without memory the table only becomes slower. */
static void table_grow(struct table *t)
{
    size_t n = (size_t)1 << t->bits;
    struct entry **wide = calloc(n * 2, sizeof(*wide));
    if (wide == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        struct entry **low = &wide[i * 2], **high = &wide[i * 2 + 1];
        for (struct entry *e = t->buckets[i]; e != NULL; e = e->next) {
            struct entry ***tail = (e->hash >> (63 - t->bits) & 1) != 0 ? &high : &low;
            **tail = e;
            *tail = &e->next;
        }
        *low = *high = NULL;
    }
    free(t->buckets);
    t->buckets = wide;
    t->bits++;
}

struct entry *store_find_entry(const struct table *t, uint64_t hash, struct span key)
{
    bool found;
    struct entry **at = slot_of(t, hash, key, &found);
    return found ? *at : NULL;
}

struct entry *store_get(const struct table *t, uint64_t hash, struct span key)
{
    struct entry *e = store_find_entry(t, hash, key);
    return e != NULL && e->live ? e : NULL;
}

static struct entry *first_from(const struct table *t, size_t bucket)
{
    for (; bucket < (size_t)1 << t->bits; bucket++) {
        if (t->buckets[bucket] != NULL)
            return t->buckets[bucket];
    }
    return NULL;
}

struct entry *store_next(const struct table *t, const struct entry *e)
{
    return e->next != NULL ? e->next : first_from(t, (e->hash >> (64 - t->bits)) + 1);
}

struct entry *store_after(const struct table *t, uint64_t hash, struct span key)
{
    bool found;
    struct span from = key.p != NULL ? key : span_of("", 0);
    struct entry *e = *slot_of(t, hash, from, &found);
    if (e == NULL)
        return first_from(t, (hash >> (64 - t->bits)) + 1);
    return found ? store_next(t, e) : e;
}

/* Make room for the item in the entry at `at` (NULL there: a new one), or NULL. Keeps key and history. */
static struct entry *entry_resize(struct store *s, struct entry **at, struct span key, size_t item_len)
{
    struct entry *old = *at;
    size_t want = sizeof(*old) + key.n + item_len;
    size_t have = old != NULL ? sizeof(*old) + old->key_len + old->item_len : 0;
    if (old != NULL && want == have)
        return old;
    if (s->memory_bytes - have + want > s->memory_max)
        return NULL;
    struct entry *e = realloc(old, want);
    if (e == NULL)
        return NULL;
    if (old == NULL)
        *e = (struct entry){.key_len = (uint32_t)key.n};
    e->item_len = (uint32_t)item_len;
    s->memory_bytes += want - have;
    *at = e;
    return e;
}

/* Mark the entry at `at` as deleted, or free it if no history is kept. */
static void entry_delete(struct store *s, struct table *t, struct entry **at)
{
    struct entry *e = *at;
    t->live_count--;
    t->live_bytes -= e->size;
    e->live = false;
    e->size = 0;
    if (s->history)
        return;
    *at = e->next;
    t->entries--;
    entry_free(s, e);
}

/* Put a dead entry with room for the item into the chain at `at`. False without memory. */
static bool entry_insert(struct store *s, struct table *t, struct entry **at, const struct store_write *w)
{
    struct entry *e = NULL;
    if (entry_resize(s, &e, w->key, w->item.n) == NULL)
        return false;
    e->next = *at;
    e->hash = w->hash;
    memcpy(e->bytes, w->key.p, w->key.n);
    *at = e;
    t->entries++;
    return true;
}

static bool entry_put(struct store *s, struct table *t, struct entry **at, const struct store_write *w)
{
    struct entry *e = entry_resize(s, at, w->key, w->item.n);
    if (e == NULL)
        return false;
    memcpy(e->bytes + e->key_len, w->item.p, w->item.n);
    t->live_count += e->live ? 0 : 1;
    t->live_bytes += w->size;
    t->live_bytes -= e->size;
    e->size = w->size;
    e->live = true;
    return true;
}

static void count_write(struct store *s, struct table *t, bool put)
{
    s->seq++;
    t->puts += put ? 1 : 0;
    t->deletes += put ? 0 : 1;
}

bool store_apply(struct store *s, struct table *t, const struct store_write *w, uint32_t *ret_old_size)
{
    bool put = w->item.p != NULL, found;
    *ret_old_size = 0;
    if (s->forget) {
        count_write(s, t, put);
        return true;
    }
    if (t->entries >= (uint64_t)2 << t->bits && t->bits < BITS_MAX)
        table_grow(t);
    struct entry **at = slot_of(t, w->hash, w->key, &found);
    bool was_live = found && (*at)->live;
    *ret_old_size = was_live ? (*at)->size : 0;
    bool wanted = put || s->history;
    if (!found && wanted && !entry_insert(s, t, at, w))
        return false;
    if (put && !entry_put(s, t, at, w))
        return false;
    count_write(s, t, put);
    if (s->history)
        trace_add(s, *at, w);
    if (!put && was_live)
        entry_delete(s, t, at);
    return true;
}
