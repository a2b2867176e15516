/* builder: builds an item as msgpack: attributes are appended, and a container's header is updated as it grows.
 * Owner: the user, between ddbs_item_new and ddbs_item_free.
 * Invariants: bytes[0..used) is one msgpack map whenever depth == 1 and error == 0; ddbs_put validates the contents.
 * The headers of open containers are in ascending order, so widening the innermost one moves only its own contents.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/c/codes.h"
#include "proto/be.h"
#include "proto/item/item.h"
#include "proto/mp_read.h"
#include "proto/mp_write.h"

enum {
    BUILDER_DEPTH_MAX = ITEM_DEPTH_MAX + 1, /* the item itself and its nested levels */
    BUILDER_BYTES_MAX = 2 * 1024 * 1024,    /* above the msgpack size of any valid item */
    BUILDER_ERRMSG = 160,
};

struct builder_level {
    size_t at; /* offset of its header */
    uint32_t count;
    bool list;
};

struct ddbs_item {
    uint8_t *bytes;
    size_t used;
    size_t cap;
    uint32_t depth;
    int error;
    char errmsg[BUILDER_ERRMSG];
    struct builder_level open[BUILDER_DEPTH_MAX];
};

/* Record the first mistake. An item is NULL if ddbs_item_new had no memory for it. */
static int builder_fail(struct ddbs_item *b, int code, const char *text, const char *name)
{
    if (b == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    if (b->error == DDBS_OK) {
        b->error = code;
        snprintf(b->errmsg, sizeof b->errmsg, name == NULL ? "%s" : "%s: attribute \"%.80s\"", text, name);
    }
    return b->error;
}

static int builder_reserve(struct ddbs_item *b, size_t n)
{
    size_t cap = b->cap;
    uint8_t *bytes;
    if (n <= b->cap - b->used)
        return DDBS_OK;
    if (n > BUILDER_BYTES_MAX - b->used)
        return builder_fail(b, DDBS_E_ITEM_TOO_LARGE, "the item is larger than 400 KB", NULL);
    while (cap - b->used < n)
        cap *= 2;
    bytes = realloc(b->bytes, cap);
    if (bytes == NULL)
        return builder_fail(b, DDBS_E_OUT_OF_MEMORY, "memory for the item ran out", NULL);
    b->bytes = bytes;
    b->cap = cap;
    return DDBS_OK;
}

/* Widen the innermost container's header by two bytes. */
static int builder_widen(struct ddbs_item *b, const struct builder_level *l)
{
    int rc = builder_reserve(b, 2);
    if (rc != DDBS_OK)
        return rc;
    memmove(b->bytes + l->at + 3, b->bytes + l->at + 1, b->used - l->at - 1);
    b->used += 2;
    return DDBS_OK;
}

/* Count one more element in the innermost container's header. */
static int builder_count(struct ddbs_item *b)
{
    struct builder_level *l = &b->open[b->depth - 1];
    int rc = DDBS_OK;
    if (l->count == 15 || l->count == UINT16_MAX)
        rc = builder_widen(b, l);
    if (rc != DDBS_OK)
        return rc;
    l->count++;
    if (l->count <= 15) {
        b->bytes[l->at] = (uint8_t)((l->list ? 0x90 : 0x80) | l->count);
    } else if (l->count <= UINT16_MAX) {
        b->bytes[l->at] = l->list ? 0xdc : 0xde;
        be_store16(b->bytes + l->at + 1, (uint16_t)l->count);
    } else {
        b->bytes[l->at] = l->list ? 0xdd : 0xdf;
        be_store32(b->bytes + l->at + 1, l->count);
    }
    return DDBS_OK;
}

/* Begin an attribute or an element: count it, write its name, and reserve room for `n` bytes of value. */
static int builder_begin(struct ddbs_item *b, const char *name, size_t n, struct mp_writer *ret)
{
    size_t name_size = name == NULL ? 0 : strlen(name);
    if (b == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    if (b->error != DDBS_OK)
        return b->error;
    if (b->open[b->depth - 1].list != (name == NULL))
        return builder_fail(
            b, DDBS_E_INVALID_ARGUMENT,
            name == NULL ? "an attribute outside a list needs a name" : "an element of a list has no name", name);
    if (name_size > BUILDER_BYTES_MAX || n > BUILDER_BYTES_MAX)
        return builder_fail(b, DDBS_E_ITEM_TOO_LARGE, "the item is larger than 400 KB", NULL);
    if (builder_count(b) != DDBS_OK || builder_reserve(b, name_size + n + 16) != DDBS_OK) /* 16: both heads */
        return b->error;
    *ret = mp_write_open(b->bytes + b->used, b->cap - b->used);
    if (name != NULL)
        mp_write_str(ret, name, name_size);
    return DDBS_OK;
}

static int builder_end(struct ddbs_item *b, const struct mp_writer *w)
{
    b->used += w->need;
    return DDBS_OK;
}

struct ddbs_item *ddbs_item_new(void)
{
    struct ddbs_item *b = malloc(sizeof *b);
    if (b == NULL)
        return NULL;
    b->cap = 256;
    b->bytes = malloc(b->cap);
    if (b->bytes == NULL) {
        free(b);
        return NULL;
    }
    ddbs_item_reset(b);
    return b;
}

void ddbs_item_reset(struct ddbs_item *b)
{
    if (b == NULL)
        return;
    b->bytes[0] = 0x80;
    b->used = 1;
    b->depth = 1;
    b->open[0] = (struct builder_level){0};
    b->error = DDBS_OK;
    b->errmsg[0] = '\0';
}

void ddbs_item_free(struct ddbs_item *b)
{
    if (b == NULL)
        return;
    free(b->bytes);
    free(b);
}

int ddbs_item_str(struct ddbs_item *b, const char *name, const char *value)
{
    if (value == NULL)
        return builder_fail(b, DDBS_E_INVALID_ARGUMENT, "the value is NULL (ddbs_item_null stores one)", name);
    return ddbs_item_strn(b, name, value, strlen(value));
}

int ddbs_item_strn(struct ddbs_item *b, const char *name, const char *value, size_t size)
{
    struct mp_writer w;
    int rc = builder_begin(b, name, size, &w);
    if (rc != DDBS_OK)
        return rc;
    mp_write_str(&w, value, size);
    return builder_end(b, &w);
}

int ddbs_item_int(struct ddbs_item *b, const char *name, int64_t value)
{
    struct mp_writer w;
    int rc = builder_begin(b, name, 0, &w);
    if (rc != DDBS_OK)
        return rc;
    mp_write_int(&w, value);
    return builder_end(b, &w);
}

int ddbs_item_double(struct ddbs_item *b, const char *name, double value)
{
    struct mp_writer w;
    int rc = builder_begin(b, name, 0, &w);
    if (rc != DDBS_OK)
        return rc;
    mp_write_double(&w, value);
    return builder_end(b, &w);
}

int ddbs_item_num_text(struct ddbs_item *b, const char *name, const char *value)
{
    struct mp_writer w;
    size_t size;
    int rc;
    if (value == NULL)
        return builder_fail(b, DDBS_E_INVALID_ARGUMENT, "the value is NULL (ddbs_item_null stores one)", name);
    size = strlen(value);
    rc = builder_begin(b, name, size, &w);
    if (rc != DDBS_OK)
        return rc;
    mp_write_ext(&w, EXT_NUMBER, value, size);
    return builder_end(b, &w);
}

int ddbs_item_bin(struct ddbs_item *b, const char *name, const void *value, size_t size)
{
    struct mp_writer w;
    int rc = builder_begin(b, name, size, &w);
    if (rc != DDBS_OK)
        return rc;
    mp_write_bin(&w, value, size);
    return builder_end(b, &w);
}

int ddbs_item_bool(struct ddbs_item *b, const char *name, int value)
{
    struct mp_writer w;
    int rc = builder_begin(b, name, 0, &w);
    if (rc != DDBS_OK)
        return rc;
    mp_write_bool(&w, value != 0);
    return builder_end(b, &w);
}

int ddbs_item_null(struct ddbs_item *b, const char *name)
{
    struct mp_writer w;
    int rc = builder_begin(b, name, 0, &w);
    if (rc != DDBS_OK)
        return rc;
    mp_write_nil(&w);
    return builder_end(b, &w);
}

int ddbs_item_raw(struct ddbs_item *b, const char *name, const void *value, size_t size)
{
    struct mp_cursor c = mp_read_open(span_of(value, size));
    struct mp_writer w;
    int rc;
    if (b != NULL && b->error == DDBS_OK && (mp_read_skip(&c) != DDBS_OK || c.p != c.end))
        return builder_fail(b, DDBS_E_INVALID_ITEM, "the bytes are not exactly one msgpack value", name);
    rc = builder_begin(b, name, size, &w);
    if (rc != DDBS_OK)
        return rc;
    mp_write_raw(&w, value, size);
    return builder_end(b, &w);
}

static int builder_open(struct ddbs_item *b, const char *name, bool list)
{
    struct mp_writer w;
    int rc;
    if (b != NULL && b->error == DDBS_OK && b->depth == BUILDER_DEPTH_MAX)
        return builder_fail(b, DDBS_E_INVALID_ITEM, "maps and lists are nested deeper than 32 levels", name);
    rc = builder_begin(b, name, 1, &w);
    if (rc != DDBS_OK)
        return rc;
    b->open[b->depth++] = (struct builder_level){.at = b->used + w.need, .list = list};
    if (list)
        mp_write_array(&w, 0);
    else
        mp_write_map(&w, 0);
    return builder_end(b, &w);
}

int ddbs_item_begin_map(struct ddbs_item *b, const char *name)
{
    return builder_open(b, name, false);
}

int ddbs_item_begin_list(struct ddbs_item *b, const char *name)
{
    return builder_open(b, name, true);
}

int ddbs_item_end(struct ddbs_item *b)
{
    if (b == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    if (b->error != DDBS_OK)
        return b->error;
    if (b->depth == 1)
        return builder_fail(b, DDBS_E_INVALID_ARGUMENT, "ddbs_item_end without a map or list that is open", NULL);
    b->depth--;
    return DDBS_OK;
}

/* The members of a set, text or binary. */
struct builder_set {
    int8_t ext;
    const void *const *values;
    const size_t *sizes; /* NULL: texts that end in NUL */
    size_t count;
};

static void builder_put_members(struct mp_writer *w, const struct builder_set *set)
{
    mp_write_array(w, (uint32_t)set->count);
    for (size_t i = 0; i < set->count; i++) {
        const char *text = set->values[i];
        if (set->sizes != NULL)
            mp_write_bin(w, set->values[i], set->sizes[i]);
        else if (set->ext == EXT_NUMBER_SET)
            mp_write_ext(w, EXT_NUMBER, text, strlen(text));
        else
            mp_write_str(w, text, strlen(text));
    }
}

static void builder_put_ext_head(struct mp_writer *w, int8_t ext, size_t n)
{
    uint8_t head[6] = {n <= UINT8_MAX ? 0xc7 : n <= UINT16_MAX ? 0xc8 : 0xc9};
    size_t at = 1;
    if (n <= UINT8_MAX) {
        head[at++] = (uint8_t)n;
    } else if (n <= UINT16_MAX) {
        be_store16(head + at, (uint16_t)n);
        at += 2;
    } else {
        be_store32(head + at, (uint32_t)n);
        at += 4;
    }
    head[at++] = (uint8_t)ext;
    mp_write_raw(w, head, at);
}

static int builder_set(struct ddbs_item *b, const char *name, const struct builder_set *set)
{
    struct mp_writer measure = mp_write_open(NULL, 0), w;
    int rc;
    if (set->count > BUILDER_BYTES_MAX)
        return builder_fail(b, DDBS_E_ITEM_TOO_LARGE, "the set has too many members", name);
    builder_put_members(&measure, set);
    rc = builder_begin(b, name, measure.need, &w);
    if (rc != DDBS_OK)
        return rc;
    builder_put_ext_head(&w, set->ext, measure.need);
    builder_put_members(&w, set);
    return builder_end(b, &w);
}

int ddbs_item_str_set(struct ddbs_item *b, const char *name, const char *const *values, size_t count)
{
    return builder_set(
        b, name, &(struct builder_set){.ext = EXT_STRING_SET, .values = (const void *const *)values, .count = count});
}

int ddbs_item_num_set(struct ddbs_item *b, const char *name, const char *const *values, size_t count)
{
    return builder_set(
        b, name, &(struct builder_set){.ext = EXT_NUMBER_SET, .values = (const void *const *)values, .count = count});
}

int ddbs_item_bin_set(struct ddbs_item *b, const char *name, const void *const *values, const size_t *sizes,
                      size_t count)
{
    return builder_set(b, name,
                       &(struct builder_set){.ext = EXT_BINARY_SET, .values = values, .sizes = sizes, .count = count});
}

int ddbs_item_msgpack(const struct ddbs_item *b, const void **ret_bytes, size_t *ret_size)
{
    if (b == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    if (b->error != DDBS_OK)
        return b->error;
    if (b->depth > 1)
        return DDBS_E_INVALID_ARGUMENT;
    *ret_bytes = b->bytes;
    *ret_size = b->used;
    return DDBS_OK;
}

const char *ddbs_item_errmsg(const struct ddbs_item *b)
{
    if (b == NULL)
        return "memory for the item ran out";
    if (b->error == DDBS_OK && b->depth > 1)
        return "a map or list is still open: ddbs_item_end is missing";
    return b->errmsg;
}
