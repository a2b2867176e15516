/* item_json: see the header. */
#include "proto/item/item_json.h"

#include <assert.h>

#include "proto/base64.h"
#include "proto/err.h"
#include "proto/item/item_token.h"
#include "proto/item/num_decimal.h"
#include "proto/item/num_text.h"
#include "proto/json_text.h"

struct open_value {
    uint32_t left;
    bool is_map;
};

struct writer {
    struct mp_cursor c;
    char *out;
    uint32_t depth;
    struct open_value open[ITEM_DEPTH_MAX];
};

/* Append a literal. */
#define PUT(w, text) ((w)->out = (char *)memcpy((w)->out, text, sizeof(text) - 1) + (sizeof(text) - 1))

static inline void next(struct mp_cursor *c, struct mp_token *t)
{
    int err = item_token_next(c, t);
    assert(err == DDBS_OK);
}

static inline void put_text(struct writer *w, const struct mp_token *t)
{
    w->out = json_text_put(w->out, t->bytes, t->count, w->c.end);
}

static void put_number(struct writer *w, const struct mp_token *t)
{
    char text[NUM_TEXT_MAX];
    uint32_t n = 0;
    if (t->type == MP_EXT) {
        memcpy(w->out, t->bytes, t->count);
        w->out += t->count;
        return;
    }
    if (t->type == MP_UINT)
        n = num_text_put_u64(text, t->u64);
    else if (t->type == MP_INT)
        n = num_text_put_i64(text, t->i64);
    else
        n = t->single ? num_decimal_put_float(text, (float)t->f64) : num_decimal_put_double(text, t->f64);
    w->out = json_text_copy_short(w->out, (const uint8_t *)text, n < 16 ? n : 0);
    if (n >= 16) {
        memcpy(w->out, text, n);
        w->out += n;
    }
}

static void put_set(struct writer *w, const struct mp_token *t)
{
    struct mp_cursor c = {.p = t->bytes, .end = t->bytes + t->count};
    uint32_t count;
    int err = mp_read_array(&c, &count);
    assert(err == DDBS_OK);
    if (t->ext == EXT_STRING_SET)
        PUT(w, "{\"SS\":[");
    else if (t->ext == EXT_NUMBER_SET)
        PUT(w, "{\"NS\":[");
    else
        PUT(w, "{\"BS\":[");
    for (uint32_t i = 0; i < count; i++) {
        struct mp_token m;
        next(&c, &m);
        if (i > 0)
            *w->out++ = ',';
        *w->out++ = '"';
        if (m.type == MP_STR)
            put_text(w, &m);
        else if (m.type == MP_BIN)
            w->out = base64_put(w->out, m.bytes, m.count);
        else
            put_number(w, &m);
        *w->out++ = '"';
    }
    PUT(w, "]}");
}

static void put_container(struct writer *w, const struct mp_token *t)
{
    bool is_map = t->type == MP_MAP;
    if (is_map)
        PUT(w, "{\"M\":{");
    else
        PUT(w, "{\"L\":[");
    if (t->count == 0) {
        *w->out++ = is_map ? '}' : ']';
        *w->out++ = '}';
        return;
    }
    assert(w->depth < ITEM_DEPTH_MAX);
    w->open[w->depth++] = (struct open_value){.left = t->count, .is_map = is_map};
}

static inline void put_value(struct writer *w, const struct mp_token *t)
{
    switch (t->type) {
    case MP_STR:
        PUT(w, "{\"S\":\"");
        put_text(w, t);
        PUT(w, "\"}");
        return;
    case MP_BIN:
        PUT(w, "{\"B\":\"");
        w->out = base64_put(w->out, t->bytes, t->count);
        PUT(w, "\"}");
        return;
    case MP_BOOL:
        if (t->truth)
            PUT(w, "{\"BOOL\":true}");
        else
            PUT(w, "{\"BOOL\":false}");
        return;
    case MP_NIL:
        PUT(w, "{\"NULL\":true}");
        return;
    case MP_ARRAY:
    case MP_MAP:
        put_container(w, t);
        return;
    case MP_EXT:
        if (t->ext != EXT_NUMBER) {
            put_set(w, t);
            return;
        }
        break;
    case MP_UINT:
    case MP_INT:
    case MP_FLOAT:
        break;
    }
    PUT(w, "{\"N\":\"");
    put_number(w, t);
    PUT(w, "\"}");
}

/* Write the members of the innermost container until it ends or another one opens. */
static void put_members(struct writer *w)
{
    uint32_t depth = w->depth;
    struct open_value *v = &w->open[depth - 1];
    while (v->left > 0 && w->depth == depth) {
        struct mp_token t;
        v->left--;
        if (v->is_map) {
            next(&w->c, &t);
            *w->out++ = '"';
            put_text(w, &t);
            PUT(w, "\":");
        }
        next(&w->c, &t);
        put_value(w, &t);
        /* The comma after an opened container is written when it closes. */
        if (v->left > 0 && w->depth == depth)
            *w->out++ = ',';
    }
}

char *item_json(struct span item, char *out)
{
    struct writer w; /* not zeroed as a whole: that would cost as much as a small item */
    w.c = mp_read_open(item);
    w.out = out;
    w.depth = 1;
    uint32_t pairs;
    int err = mp_read_map(&w.c, &pairs);
    assert(err == DDBS_OK);
    w.open[0] = (struct open_value){.left = pairs, .is_map = true};
    *w.out++ = '{';
    for (;;) {
        uint32_t depth = w.depth;
        put_members(&w);
        if (w.depth > depth)
            continue;
        *w.out++ = w.open[depth - 1].is_map ? '}' : ']';
        w.depth--;
        if (w.depth == 0)
            return w.out;
        *w.out++ = '}';
        if (w.open[w.depth - 1].left > 0)
            *w.out++ = ',';
    }
}
