/* item_set: see the header. */
#include "proto/item/item_set.h"

#include "proto/base64.h"
#include "proto/err.h"
#include "proto/item/item_duplicate.h"
#include "proto/item/item_error.h"
#include "proto/item/item_number.h"
#include "proto/item/item_token.h"
#include "proto/json_text.h"

struct set_kind {
    const char *name;
    const char *members;
    enum item_members by;
};

static const struct set_kind *kind_of(int8_t ext)
{
    static const struct set_kind kinds[] = {
        {"string set (SS)", "strings", MEMBERS_STRINGS},
        {"number set (NS)", "numbers", MEMBERS_NUMBERS},
        {"binary set (BS)", "binary values", MEMBERS_BINARIES},
    };
    return &kinds[ext - EXT_STRING_SET];
}

static bool fits(const struct mp_token *t, enum item_members by)
{
    if (by == MEMBERS_NUMBERS)
        return item_token_is_number(t);
    return t->type == (by == MEMBERS_STRINGS ? MP_STR : MP_BIN);
}

/* Count one member of the right type. */
static int check_member(struct item_state *s, const struct mp_token *t, const struct set_kind *kind, const uint8_t *end)
{
    const char *why;
    uint32_t len = 0, size = 0;
    switch (kind->by) {
    case MEMBERS_NUMBERS:
        if (item_number_facts(t, &len, &size, &why) != DDBS_OK)
            return item_error(s, DDBS_E_INVALID_ITEM, "in the %s, %s", kind->name, why);
        break;
    case MEMBERS_STRINGS:
        if (!json_text_scan(t->bytes, t->count, end, &len))
            return item_error(s, DDBS_E_INVALID_ITEM, "a member of the %s is not valid UTF-8; send bytes as binary",
                              kind->name);
        size = t->count;
        len += size;
        break;
    default:
        size = t->count;
        len = (uint32_t)base64_len(size);
        break;
    }
    s->size += size;
    s->json_len += len + 3;
    return DDBS_OK;
}

int item_set_check(struct item_state *s, const struct mp_token *t)
{
    const struct set_kind *kind = kind_of(t->ext);
    struct mp_cursor c = {.p = t->bytes, .end = t->bytes + t->count};
    uint32_t count;
    if (mp_read_array(&c, &count) != DDBS_OK)
        return item_error(s, DDBS_E_INVALID_ITEM, "a %s (ext %d) must hold one msgpack array", kind->name, t->ext);
    if (count == 0)
        return item_error(s, DDBS_E_INVALID_ITEM,
                          "the %s is empty; DynamoDB stores no empty sets, leave the attribute out", kind->name);
    struct mp_cursor members = c;
    /* {"SS":["a","b"]}: the brackets, and for each member its quotes and a comma, which the last one does not have. */
    s->json_len += 9 - 1;
    for (uint32_t i = 0; i < count; i++) {
        struct mp_token m;
        if (mp_read_next(&c, &m) != DDBS_OK)
            return item_error(s, DDBS_E_INVALID_ITEM, "the %s ends inside a member", kind->name);
        if (!fits(&m, kind->by))
            return item_error(s, DDBS_E_INVALID_ITEM, "member %u of the %s is %s; only %s are allowed", i, kind->name,
                              item_token_type_text(&m), kind->members);
        int err = check_member(s, &m, kind, s->c.end);
        if (err != DDBS_OK)
            return err;
        if (s->size > ITEM_SIZE_MAX)
            return DDBS_OK; /* the caller reports it */
    }
    if (c.p != c.end)
        return item_error(s, DDBS_E_INVALID_ITEM, "the %s has bytes behind its array", kind->name);
    struct mp_cursor duplicate;
    if (item_duplicate_find(members, count, kind->by, &duplicate))
        return item_error(s, DDBS_E_INVALID_ITEM, "the %s holds a value twice%s; the members of a set must be unique",
                          kind->name, kind->by == MEMBERS_NUMBERS ? " (1 and 1.0 are equal)" : "");
    return DDBS_OK;
}
