/* truth: see truth.h. */
#include "tests/sim/truth.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/list.h"
#include "proto/err.h"

enum { HASH_SEED = 7 };

void *truth_alloc(size_t bytes)
{
    return truth_realloc(NULL, bytes);
}

void *truth_realloc(void *block, size_t bytes)
{
    void *p = realloc(block, bytes > 0 ? bytes : 1);
    if (p == NULL)
        abort();
    return p;
}

void truth_init(struct truth *t)
{
    *t = (struct truth){0};
}

void truth_fini(struct truth *t)
{
    for (uint32_t i = 0; i < t->key_count; i++)
        free(t->keys[i]);
    for (uint32_t i = 0; i < TRUTH_WRITERS_MAX; i++)
        free(t->writers[i].records);
    free(t->keys);
    free(t->records);
    hmap_fini(&t->by_text);
}

uint32_t truth_record_add(struct truth *t, uint32_t writer, uint32_t table)
{
    if (t->record_count == t->record_cap) {
        t->record_cap = t->record_cap > 0 ? t->record_cap * 2 : 1024;
        t->records = truth_realloc(t->records, t->record_cap * sizeof *t->records);
    }
    t->records[t->record_count] = (struct record){.writer = writer, .table = table, .key = TRUTH_NONE};
    return t->record_count++;
}

void truth_record_put(struct truth *t, uint32_t index, uint64_t seq)
{
    struct record *rec = &t->records[index];
    struct writer *wr = &t->writers[rec->writer];
    if (wr->count == wr->cap) {
        wr->cap = wr->cap > 0 ? wr->cap * 2 : 256;
        wr->records = truth_realloc(wr->records, wr->cap * sizeof *wr->records);
    }
    wr->records[wr->count++] = index;
    assert(seq == wr->count);
    rec->seq = seq;
}

uint64_t truth_digits(uint32_t number)
{
    return (uint64_t)number * 10 + 1;
}

int truth_exponent(uint32_t number)
{
    return (int)(number % 7) - 3;
}

void truth_binary(uint32_t number, uint8_t out[TRUTH_BINARY_KEY])
{
    static const uint8_t start[TRUTH_BINARY_KEY] = {0xff, 0x00, 'k'};
    memcpy(out, start, TRUTH_BINARY_KEY);
    for (int i = 0; i < 4; i++)
        out[3 + i] = (uint8_t)(number >> (24 - 8 * i));
}

/* Reference base64: seven bytes are twelve characters. */
static void binary_text(uint32_t number, char out[TRUTH_KEY_TEXT])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t raw[TRUTH_BINARY_KEY + 2] = {0};
    truth_binary(number, raw);
    int n = snprintf(out, TRUTH_KEY_TEXT, "3|B:");
    for (int i = 0; i < TRUTH_BINARY_KEY; i += 3) {
        uint32_t bits = (uint32_t)raw[i] << 16 | (uint32_t)raw[i + 1] << 8 | raw[i + 2];
        for (int k = 18; k >= 0; k -= 6)
            out[n++] = digits[bits >> k & 63];
    }
    out[n - 2] = out[n - 1] = '=';
    out[n] = '\0';
}

/* Builds from the description the same text that order.c derives from a request. */
static void key_text(uint32_t table, uint32_t number, char out[TRUTH_KEY_TEXT])
{
    if (table == 1)
        snprintf(out, TRUTH_KEY_TEXT, "1|N:%" PRIu64 "e%d", truth_digits(number), truth_exponent(number));
    else if (table == 2)
        snprintf(out, TRUTH_KEY_TEXT, "2|S:key-%u|N:%" PRIu64 "e%d", number / 4, truth_digits(number),
                 truth_exponent(number));
    else if (table == 3)
        binary_text(number, out);
    else
        snprintf(out, TRUTH_KEY_TEXT, "0|S:key-%u", number);
}

uint32_t truth_key_of_digits(const struct truth *t, uint32_t table, uint64_t digits, int exponent)
{
    char text[TRUTH_KEY_TEXT];
    uint64_t number = digits / 10;
    if (digits % 10 != 1 || number >= TRUTH_NONE || truth_exponent((uint32_t)number) != exponent)
        return TRUTH_NONE;
    key_text(table, (uint32_t)number, text);
    return truth_key_find(t, text);
}

uint32_t truth_key_find(const struct truth *t, const char *text)
{
    for (struct hmap_node *n = hmap_first(&t->by_text, hmap_hash(text, strlen(text), HASH_SEED)); n != NULL;
         n = hmap_next(n)) {
        const struct key *k = CONTAINER_OF(n, struct key, node);
        if (strcmp(k->text, text) == 0)
            return k->index;
    }
    return TRUTH_NONE;
}

uint32_t truth_key(struct truth *t, uint32_t table, uint32_t number, uint32_t writer)
{
    char text[TRUTH_KEY_TEXT];
    key_text(table, number, text);
    uint32_t found = truth_key_find(t, text);
    if (found != TRUTH_NONE)
        return found;
    if (t->key_count == t->key_cap) {
        t->key_cap = t->key_cap > 0 ? t->key_cap * 2 : 256;
        t->keys = truth_realloc(t->keys, t->key_cap * sizeof *t->keys);
    }
    struct key *k = truth_alloc(sizeof *k);
    *k = (struct key){.index = t->key_count, .table = table, .number = number, .writer = writer};
    k->deleted_by = k->last_applied = k->newest = TRUTH_NONE;
    memcpy(k->text, text, sizeof text);
    uint64_t hash = hmap_hash(text, strlen(text), HASH_SEED);
    if (!hmap_put(&t->by_text, &k->node, hash) && !hmap_put(&t->by_text, &k->node, hash))
        abort(); /* a planned allocation failure hits once */
    t->keys[t->key_count] = k;
    return t->key_count++;
}

static void set_attr(struct key_schema *s, char type, const char *name)
{
    struct key_attr *a = &s->attr[s->count++];
    a->type = type;
    a->name_len = (uint8_t)strlen(name);
    memcpy(a->name, name, a->name_len + 1u);
}

void truth_schema(uint32_t table, bool remade, struct key_schema *ret)
{
    *ret = (struct key_schema){0};
    if (remade) {
        set_attr(ret, 'N', "alt");
        return;
    }
    set_attr(ret, table == 1 ? 'N' : table == 3 ? 'B' : 'S', "pk");
    if (table == 2)
        set_attr(ret, 'N', "sk");
}

const char *truth_table_name(uint32_t table)
{
    static const char *const names[SCENARIO_TABLES_MAX] = {"table-0", "table-1", "table-2", "table-3"};
    assert(table < SCENARIO_TABLES_MAX);
    return names[table];
}

int truth_bad_code(enum badness b)
{
    static const int codes[] = {
#define X(NAME, code) code,
        TRUTH_BADNESS(X)
#undef X
    };
    return codes[b];
}
