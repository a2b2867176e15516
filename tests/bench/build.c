/* build: see build.h. */
#include "tests/bench/build.h"

#include <stdlib.h>
#include <string.h>

static bool record_take(struct builder *b, uint32_t at)
{
    struct mp_cursor c = mp_read_open(span_of(b->set->records[at].bytes, b->set->records[at].n));
    uint32_t pairs;
    if (mp_read_map(&c, &pairs) != 0 || pairs > BUILD_FIELDS)
        return false;
    b->count = pairs;
    for (uint32_t i = 0; i < pairs; i++) {
        struct span name;
        if (mp_read_str(&c, &name) != 0 || name.n >= BUILD_NAME || mp_read_next(&c, &b->records[at].fields[i]) != 0)
            return false;
        memcpy(b->names[i], name.p, name.n);
        b->names[i][name.n] = '\0';
    }
    return true;
}

bool builder_init(struct builder *b, struct shape_set *set)
{
    *b = (struct builder){.set = set};
    b->item = ddbs_item_new();
    b->records = calloc(set->count, sizeof *b->records);
    bool ok = b->item != NULL && b->records != NULL;
    for (uint32_t i = 0; ok && i < set->count; i++)
        ok = record_take(b, i);
    if (!ok)
        builder_fini(b);
    return ok;
}

void builder_fini(struct builder *b)
{
    ddbs_item_free(b->item);
    free(b->records);
    *b = (struct builder){0};
}

static int field_add(struct ddbs_item *item, const char *name, const struct mp_token *t)
{
    switch (t->type) {
    case MP_STR:
        return ddbs_item_strn(item, name, (const char *)t->bytes, t->count);
    case MP_UINT:
        return ddbs_item_int(item, name, (int64_t)t->u64);
    case MP_FLOAT:
        return ddbs_item_double(item, name, t->f64);
    case MP_BOOL:
        return ddbs_item_bool(item, name, t->truth);
    default:
        return DDBS_E_INVALID_ARGUMENT;
    }
}

struct ddbs_item *builder_next(struct builder *b)
{
    const struct build_record *r = &b->records[b->set->used % b->set->count];
    shape_next(b->set);
    ddbs_item_reset(b->item);
    for (uint32_t i = 0; i < b->count; i++) {
        if (field_add(b->item, b->names[i], &r->fields[i]) != DDBS_OK)
            return NULL;
    }
    return b->item;
}
