/* store: see store.h. A slot holds the end offset of its record; the top bit is set once the record has settled. */
#include "client/c/store.h"

#include <assert.h>
#include <stdlib.h>

#include "proto/err.h"
#include "proto/msg.h"

#define SLOT_SETTLED 0x80000000u
#define SLOT_END     0x7fffffffu

struct store_segment {
    struct store_segment *next;
    struct store_segment *prev;
    uint64_t base_seq;
    uint32_t count; /* slots */
    uint32_t live;  /* slots not settled */
    uint32_t first; /* the lowest live slot, if live > 0 */
    uint32_t used;  /* bytes of records at the front */
    uint32_t cap;   /* bytes of data, a multiple of 4 */
    uint32_t live_bytes;
    uint8_t data[];
};

static uint32_t *segment_slot(struct store_segment *g, uint32_t i)
{
    return (uint32_t *)(void *)(g->data + g->cap) - 1 - i;
}

static bool segment_settled(const struct store_segment *g, uint32_t i)
{
    return (*segment_slot((struct store_segment *)g, i) & SLOT_SETTLED) != 0;
}

static uint32_t segment_end(const struct store_segment *g, uint32_t i)
{
    return *segment_slot((struct store_segment *)g, i) & SLOT_END;
}

static uint32_t segment_start(const struct store_segment *g, uint32_t i)
{
    return i == 0 ? 0 : segment_end(g, i - 1);
}

static struct span segment_bytes(const struct store_segment *g, uint32_t i)
{
    uint32_t start = segment_start(g, i);
    return span_of(g->data + start, segment_end(g, i) - start);
}

static size_t segment_total(const struct store_segment *g)
{
    return sizeof *g + g->cap;
}

/* Append an empty segment of `total` bytes, header included, for the records from next_seq on. NULL: memory ran out. */
static struct store_segment *segment_append(struct store *s, size_t total)
{
    struct store_segment *g = malloc(total);
    if (g == NULL)
        return NULL;
    *g = (struct store_segment){
        .prev = s->tail, .base_seq = s->next_seq, .cap = (uint32_t)(total - sizeof *g) & ~(uint32_t)3};
    if (s->tail != NULL)
        s->tail->next = g;
    else
        s->head = g;
    s->tail = g;
    s->bytes += segment_total(g);
    if (s->at_seg == NULL) {
        s->at_seg = g;
        s->at = 0;
    }
    return g;
}

static void segment_free(struct store *s, struct store_segment *g)
{
    assert(g->live == 0 && g != s->lent);
    if (s->at_seg == g) { /* nothing in it is unsent, so the send position moves to its neighbour */
        s->at_seg = g->next != NULL ? g->next : g->prev;
        s->at = g->next != NULL || g->prev == NULL ? 0 : g->prev->count;
    }
    if (g->prev != NULL)
        g->prev->next = g->next;
    else
        s->head = g->next;
    if (g->next != NULL)
        g->next->prev = g->prev;
    else
        s->tail = g->prev;
    s->bytes -= segment_total(g);
    free(g);
}

/* Free a segment without live records. The last segment is emptied and kept for new records, unless it is too large. */
static void segment_drop(struct store *s, struct store_segment *g)
{
    if (g->live > 0 || g == s->lent)
        return;
    if (g != s->tail || segment_total(g) > STORE_SEGMENT_MAX) {
        segment_free(s, g);
        return;
    }
    g->base_seq = s->next_seq;
    g->count = 0;
    g->first = 0;
    g->used = 0;
    if (s->at_seg == g)
        s->at = 0;
}

void store_init(struct store *s, size_t bytes_max)
{
    *s = (struct store){.bytes_max = bytes_max, .next_seq = 1};
}

void store_fini(struct store *s)
{
    struct store_segment *g = s->head;
    while (g != NULL) {
        struct store_segment *next = g->next;
        free(g);
        g = next;
    }
    *s = (struct store){.next_seq = s->next_seq};
}

/* Compact a segment: copy its live records into a new one that just fits, if that is at most half the size. */
static void segment_squeeze(struct store *s, struct store_segment *g)
{
    uint32_t last = g->count - 1;
    size_t total;
    struct store_segment *n;
    while (segment_settled(g, last))
        last--;
    total = sizeof *n + ((g->live_bytes + 3) & ~(size_t)3) + 4 * (size_t)(last - g->first + 1);
    if (total * 2 > segment_total(g))
        return;
    n = malloc(total);
    if (n == NULL)
        return;
    *n = (struct store_segment){.next = g->next,
                                .prev = g->prev,
                                .base_seq = g->base_seq + g->first,
                                .live = g->live,
                                .live_bytes = g->live_bytes,
                                .cap = (uint32_t)(total - sizeof *n)};
    for (uint32_t i = g->first; i <= last; i++) {
        bool settled = segment_settled(g, i);
        if (!settled) {
            struct span b = segment_bytes(g, i);
            memcpy(n->data + n->used, b.p, b.n);
            n->used += (uint32_t)b.n;
        }
        *segment_slot(n, n->count) = n->used | (settled ? SLOT_SETTLED : 0);
        n->count++;
    }
    *(g->prev != NULL ? &g->prev->next : &s->head) = n;
    g->next->prev = n; /* the last segment is never compacted, so there is a next one */
    s->bytes = s->bytes - segment_total(g) + total;
    free(g);
}

static void store_squeeze(struct store *s)
{
    if (s->squeezed_at == s->settled_total)
        return;
    s->squeezed_at = s->settled_total;
    for (struct store_segment *g = s->head, *next; g != NULL; g = next) {
        next = g->next;
        if (g != s->tail && g != s->lent && g != s->at_seg && g->live > 0)
            segment_squeeze(s, g);
    }
}

/* Append a segment with room for at least one record of `need` bytes. */
static int store_grow(struct store *s, size_t need)
{
    size_t least = sizeof(struct store_segment) + need + 4 + 3;
    size_t total = least, left;
    if (s->tail != NULL && s->tail->live == 0 && s->tail != s->lent)
        segment_free(s, s->tail);
    if (s->bytes + least > s->bytes_max)
        store_squeeze(s);
    left = s->bytes < s->bytes_max ? s->bytes_max - s->bytes : 0;
    if (least > left && s->unsettled > 0)
        return STORE_FULL;
    if (need <= STORE_ALONE) {
        /* Doubles what is allocated, between the smallest and the largest segment. */
        size_t wanted = s->bytes < STORE_SEGMENT_MIN ? STORE_SEGMENT_MIN : s->bytes;
        wanted = wanted > STORE_SEGMENT_MAX ? STORE_SEGMENT_MAX : wanted;
        wanted = wanted > left ? left : wanted;
        total = wanted > least ? wanted : least;
    }
    return segment_append(s, total) != NULL ? DDBS_OK : DDBS_E_OUT_OF_MEMORY;
}

static bool store_fits(const struct store *s, size_t need)
{
    const struct store_segment *g = s->tail;
    return g != NULL && g->base_seq + g->count == s->next_seq && g->used + need + 4 * ((size_t)g->count + 1) <= g->cap;
}

int store_put(struct store *s, uint8_t op, struct span item, uint64_t *ret_seq)
{
    size_t need = item.n + 2; /* an array of two and the op */
    struct store_segment *g;
    assert(op < 128 && item.n < SLOT_END / 2);
    if (!store_fits(s, need)) {
        int rc = store_grow(s, need);
        if (rc != DDBS_OK)
            return rc;
    }
    g = s->tail;
    if (g->live == 0)
        g->first = g->count;
    g->data[g->used] = 0x92;
    g->data[g->used + 1] = op;
    memcpy(g->data + g->used + 2, item.p, item.n);
    g->used += (uint32_t)need;
    *segment_slot(g, g->count) = g->used;
    g->count++;
    g->live++;
    g->live_bytes += (uint32_t)need;
    s->unsettled++;
    s->unsent++;
    s->live_bytes += need;
    s->unsent_bytes += need;
    *ret_seq = s->next_seq++;
    return DDBS_OK;
}

static uint64_t store_position(const struct store *s)
{
    return s->at_seg == NULL ? s->next_seq : s->at_seg->base_seq + s->at;
}

/* Settle the live records of slots i..last. Returns how many there were. */
static uint64_t segment_settle(struct store *s, struct store_segment *g, uint32_t i, uint32_t last)
{
    uint64_t position = store_position(s);
    uint64_t n = 0;
    for (; i <= last && g->live > 0; i++) {
        uint32_t bytes = (uint32_t)segment_bytes(g, i).n;
        if (segment_settled(g, i))
            continue;
        *segment_slot(g, i) |= SLOT_SETTLED;
        g->live--;
        g->live_bytes -= bytes;
        s->live_bytes -= bytes;
        if (g->base_seq + i >= position) {
            s->unsent--;
            s->unsent_bytes -= bytes;
        }
        n++;
    }
    while (g->live > 0 && segment_settled(g, g->first))
        g->first++;
    s->unsettled -= n;
    s->settled_total += n;
    segment_drop(s, g);
    return n;
}

uint64_t store_settle(struct store *s, uint64_t first, uint64_t last)
{
    uint64_t n = 0;
    for (struct store_segment *g = s->head, *next; g != NULL && g->base_seq <= last; g = next) {
        uint64_t end = g->base_seq + g->count; /* one after its last */
        next = g->next;
        if (g->live == 0 || end <= first)
            continue;
        n += segment_settle(s, g, first > g->base_seq ? (uint32_t)(first - g->base_seq) : 0,
                            (uint32_t)((last < end - 1 ? last : end - 1) - g->base_seq));
    }
    return n;
}

bool store_find(const struct store *s, uint64_t seq, struct span *ret_bytes)
{
    for (const struct store_segment *g = s->head; g != NULL && g->base_seq <= seq; g = g->next) {
        if (seq - g->base_seq >= g->count)
            continue;
        if (segment_settled(g, (uint32_t)(seq - g->base_seq)))
            return false;
        if (ret_bytes != NULL)
            *ret_bytes = segment_bytes(g, (uint32_t)(seq - g->base_seq));
        return true;
    }
    return false;
}

uint64_t store_first(const struct store *s)
{
    for (const struct store_segment *g = s->head; g != NULL; g = g->next)
        if (g->live > 0)
            return g->base_seq + g->first;
    return s->next_seq;
}

uint64_t store_first_from(const struct store *s, uint64_t seq)
{
    for (const struct store_segment *g = s->head; g != NULL; g = g->next) {
        uint64_t i = seq > g->base_seq ? seq - g->base_seq : 0;
        if (g->live == 0)
            continue;
        for (i = i > g->first ? i : g->first; i < g->count; i++)
            if (!segment_settled(g, (uint32_t)i))
                return g->base_seq + i;
    }
    return s->next_seq;
}

/* Advance the send position to the next live record. False: there is none. */
static bool store_advance(struct store *s)
{
    while (s->at_seg != NULL) {
        while (s->at < s->at_seg->count && segment_settled(s->at_seg, s->at))
            s->at++;
        if (s->at < s->at_seg->count)
            return true;
        if (s->at_seg->next == NULL)
            return false;
        s->at_seg = s->at_seg->next;
        s->at = 0;
    }
    return false;
}

uint64_t store_unsent_first(struct store *s, struct span *ret_bytes)
{
    if (!store_advance(s))
        return s->next_seq;
    if (ret_bytes != NULL)
        *ret_bytes = segment_bytes(s->at_seg, s->at);
    return s->at_seg->base_seq + s->at;
}

bool store_take(struct store *s, const struct store_limits *limits, struct store_run *ret_run)
{
    struct store_segment *g;
    struct store_run run = {0};
    uint32_t i;
    assert(s->lent == NULL);
    if (!store_advance(s))
        return false;
    g = s->at_seg;
    run.first_seq = g->base_seq + s->at;
    run.bytes.p = g->data + segment_start(g, s->at);
    for (i = s->at; i < g->count && !segment_settled(g, i) && g->base_seq + i <= limits->upto; i++) {
        size_t bytes = segment_bytes(g, i).n;
        if (run.cost + bytes + MSG_COST_OVERHEAD > limits->credit ||
            (run.count > 0 && run.bytes.n + bytes > limits->bytes))
            break;
        run.cost += bytes + MSG_COST_OVERHEAD;
        run.bytes.n += bytes;
        run.count++;
    }
    if (run.count == 0)
        return false;
    s->at = i;
    s->lent = g;
    s->unsent -= run.count;
    s->unsent_bytes -= run.bytes.n;
    if (run.first_seq + run.count - 1 > s->sent_max)
        s->sent_max = run.first_seq + run.count - 1;
    *ret_run = run;
    return true;
}

void store_return(struct store *s)
{
    struct store_segment *g = s->lent;
    s->lent = NULL;
    if (g != NULL)
        segment_drop(s, g);
}

void store_skip(struct store *s, uint64_t upto)
{
    struct span bytes = {0};
    while (s->unsent > 0 && store_unsent_first(s, &bytes) <= upto) {
        s->at++;
        s->unsent--;
        s->unsent_bytes -= bytes.n;
    }
}

void store_rewind(struct store *s)
{
    assert(s->lent == NULL);
    s->at_seg = s->head;
    s->at = 0;
    s->unsent = s->unsettled;
    s->unsent_bytes = s->live_bytes;
}
