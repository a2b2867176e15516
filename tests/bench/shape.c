/* shape: the records that the bench sends. See shape.h. */
#include "tests/bench/shape.h"

#include <assert.h>
#include <stdlib.h>

#include "daemon/base/rng.h"
#include "proto/mp_write.h"

enum {
    SET_BYTES = 1000 * 1000,
    RECORD_MAX = 16 * 1024,
    COUNT_MIN = 64,
    UUID_TEXT = 36,
    KEY_DIGITS = 12, /* the last group of a UUID */
    TEXT_MAX = 8192,
};

static const char HEX[] = "0123456789abcdef";

const char *shape_key(char shape)
{
    switch (shape) {
    case 'a':
        return "pojoId";
    case 'b':
        return "customerId";
    case 'c':
        return "documentId";
    default:
        return NULL;
    }
}

/* The prefix, then text in the form of a UUID. */
static void put_uuid(struct mp_writer *w, const char *name, const char *prefix, struct rng *rng)
{
    char text[64];
    size_t n = strlen(prefix);
    memcpy(text, prefix, n);
    for (size_t i = 0; i < UUID_TEXT; i++)
        text[n + i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : HEX[rng_below(rng, 16)];
    mp_write_cstr(w, name);
    mp_write_str(w, text, n + UUID_TEXT);
}

/* n bytes of prose. */
static void put_text(struct mp_writer *w, const char *name, size_t n, struct rng *rng)
{
    static const char words[] =
        "the quick brown fox jumps over a lazy dog while seventeen auditors count, slowly; all the ledger rows ";
    char text[TEXT_MAX];
    assert(n <= sizeof text);
    size_t at = rng_below(rng, sizeof words - 1);
    for (size_t i = 0; i < n; i++) {
        text[i] = words[at];
        at = at + 1 < sizeof words - 1 ? at + 1 : 0;
    }
    mp_write_cstr(w, name);
    mp_write_str(w, text, n);
}

static void put_b(struct mp_writer *w, struct rng *rng)
{
    mp_write_cstr(w, "eventTime");
    mp_write_uint(w, UINT64_C(1700000000000) + rng_below(rng, 100000000));
    mp_write_cstr(w, "amount");
    mp_write_double(w, (double)rng_below(rng, 10000000) / 100);
    mp_write_cstr(w, "active");
    mp_write_bool(w, rng_below(rng, 2) == 1);
    put_text(w, "status", 8, rng);
    put_text(w, "region", 14, rng);
    put_text(w, "description", 240, rng);
    put_text(w, "address", 120, rng);
    put_text(w, "payload", 260, rng);
    put_text(w, "comment", 200, rng);
}

static void put_c(struct mp_writer *w, struct rng *rng)
{
    mp_write_cstr(w, "version");
    mp_write_uint(w, rng_below(rng, 1000));
    put_text(w, "title", 120, rng);
    put_text(w, "body", 6000, rng);
    put_text(w, "summary", 4000, rng);
}

/* The key comes first. */
static struct shape_record make(char shape, uint8_t *out, struct rng *rng)
{
    struct shape_record r = {.bytes = out};
    struct mp_writer w = mp_write_open(out, RECORD_MAX);
    mp_write_map(&w, shape == 'a' ? 2 : shape == 'b' ? 10 : 5);
    put_uuid(&w, shape_key(shape), shape == 'a' ? "primaryKey-" : "", rng);
    r.digits_at = (uint32_t)w.need - KEY_DIGITS;
    if (shape == 'a')
        put_uuid(&w, "joinValue", "join-", rng);
    else if (shape == 'b')
        put_b(&w, rng);
    else
        put_c(&w, rng);
    assert(mp_write_fits(&w));
    r.n = (uint32_t)w.need;
    return r;
}

bool shape_set_init(struct shape_set *s, char shape)
{
    *s = (struct shape_set){0};
    if (shape_key(shape) == NULL)
        return false;
    struct rng rng;
    rng_seed(&rng, 1);
    s->memory = malloc(SET_BYTES + COUNT_MIN * RECORD_MAX);
    s->records = calloc(SET_BYTES / COUNT_MIN, sizeof *s->records);
    if (s->memory == NULL || s->records == NULL) {
        shape_set_fini(s);
        return false;
    }
    for (size_t n = 0; n < SET_BYTES || s->count < COUNT_MIN; s->count++) {
        s->records[s->count] = make(shape, s->memory + n, &rng);
        n += s->records[s->count].n;
    }
    return true;
}

void shape_set_fini(struct shape_set *s)
{
    free(s->memory);
    free(s->records);
    *s = (struct shape_set){0};
}

struct span shape_next(struct shape_set *s)
{
    struct shape_record *r = &s->records[s->used % s->count];
    uint64_t serial = s->used++;
    for (size_t i = KEY_DIGITS; i-- > 0; serial >>= 4)
        r->bytes[r->digits_at + i] = (uint8_t)HEX[serial & 15];
    return span_of(r->bytes, r->n);
}
