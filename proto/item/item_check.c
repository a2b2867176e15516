/* item_check: see the header. */
#include "proto/item/item_check.h"

#include <assert.h>

#include "proto/base64.h"
#include "proto/err.h"
#include "proto/hash64.h"
#include "proto/item/item_duplicate.h"
#include "proto/item/item_error.h"
#include "proto/item/item_key.h"
#include "proto/item/item_number.h"
#include "proto/item/item_set.h"
#include "proto/item/item_token.h"
#include "proto/json_text.h"

/* Longer probe runs in a map's name table mean unlucky or hostile names: item_duplicate_find then takes over. */
enum { PROBES_MAX = 16 };

static int too_large(struct item_state *s)
{
    if (s->size > ITEM_SIZE_MAX)
        return item_error(s, DDBS_E_ITEM_TOO_LARGE,
                          "the item passes 409600 bytes (400 KB) here, names and values; DynamoDB stores no more");
    return item_error(s, DDBS_E_ITEM_TOO_LARGE, "the item's JSON passes 16 MiB here, more than a request may hold");
}

static int broken(struct item_state *s)
{
    return item_error(s, DDBS_E_PROTOCOL_ERROR, "the item is not complete msgpack");
}

/* Open a container whose head has been read. */
static void push(struct item_state *s, uint32_t count, bool is_map)
{
    struct item_frame *f = &s->frames[s->depth++];
    f->count = count;
    f->left = count;
    f->at = item_state_offset(s, s->c.p);
    f->name_at = f->at;
    f->is_map = is_map;
    f->slots_at = s->slots_used;
    f->slots_mask = 0;
    if (!is_map || count < 2)
        return;
    uint32_t slots = 4;
    while (slots < 2 * (uint64_t)count && slots <= ITEM_SLOTS)
        slots *= 2;
    if (slots > ITEM_SLOTS - s->slots_used)
        return;
    memset(s->slots + s->slots_used, 0, slots * sizeof s->slots[0]);
    s->slots_used += slots;
    f->slots_mask = slots - 1;
}

/* Close the innermost container. All its members are valid. */
static int pop(struct item_state *s)
{
    struct item_frame *f = &s->frames[s->depth - 1];
    if (f->is_map && f->slots_mask == 0 && f->count > 1) {
        struct mp_cursor duplicate, members = {.p = s->base + f->at, .end = s->c.p};
        if (item_duplicate_find(members, f->count, MEMBERS_NAMES, &duplicate)) {
            f->name_at = item_state_offset(s, duplicate.p);
            return item_error(s, DDBS_E_INVALID_ITEM, "the name occurs twice in its map; names must be unique");
        }
    }
    s->slots_used = f->slots_at;
    s->depth--;
    return DDBS_OK;
}

/* Hash of a name: its length, first and last bytes. Cheap and not keyed: PROBES_MAX limits the cost of collisions. */
static uint32_t name_place(const uint8_t *p, size_t n)
{
    uint64_t mix = n;
    if (n >= 8)
        mix += block16_load64(p) + (block16_load64(p + n - 8) << 1);
    else if (n >= 4)
        mix += block16_load32(p) + ((uint64_t)block16_load32(p + n - 4) << 32);
    else
        mix += p[0] | (uint64_t)p[n >> 1] << 16 | (uint64_t)p[n - 1] << 32;
    return (uint32_t)hash64_mix(mix, 0x9e3779b97f4a7c15u);
}

/* True if the map already has this name; else the name is added to its table. */
static bool name_is_known(struct item_state *s, struct item_frame *f, const struct mp_token *name)
{
    uint32_t *slots = s->slots + f->slots_at;
    uint32_t i = name_place(name->bytes, name->count) & f->slots_mask;
    for (unsigned probes = 0; slots[i] != 0; i = (i + 1) & f->slots_mask) {
        struct mp_cursor c = {.p = s->base + slots[i] - 1, .end = s->c.end};
        struct mp_token other;
        int err = mp_read_next(&c, &other);
        assert(err == DDBS_OK);
        if (other.count == name->count && memcmp(other.bytes, name->bytes, name->count) == 0)
            return true;
        if (++probes > PROBES_MAX) {
            f->slots_mask = 0;
            return false;
        }
    }
    slots[i] = f->name_at + 1;
    return false;
}

/* Check whether a top-level name belongs to the key. */
static int check_key_name(struct item_state *s, const struct mp_token *name)
{
    s->key = item_key_index(s->schema, name->bytes, name->count);
    if (s->key < 0 && s->is_key)
        return item_key_foreign(name->bytes, name->count, s->errmsg);
    return DDBS_OK;
}

static int check_name(struct item_state *s, struct item_frame *f)
{
    struct mp_token name;
    uint32_t extra;
    f->name_at = item_state_offset(s, s->c.p);
    if (item_token_next(&s->c, &name) != DDBS_OK)
        return broken(s);
    if (name.type != MP_STR)
        return item_error(s, DDBS_E_INVALID_ITEM, "an attribute name must be a string, this one is %s",
                          item_token_type_text(&name));
    if (name.count == 0 || name.count > ITEM_NAME_MAX)
        return item_error(s, DDBS_E_INVALID_ITEM, "an attribute name has 1 to 65535 bytes, this one has %u",
                          name.count);
    if (!json_text_scan(name.bytes, name.count, s->c.end, &extra))
        return item_error(s, DDBS_E_INVALID_ITEM, "the name is not valid UTF-8");
    if (f->slots_mask != 0 && name_is_known(s, f, &name))
        return item_error(s, DDBS_E_INVALID_ITEM, "the name occurs twice in its map; names must be unique");
    s->size += name.count;
    s->json_len += 3 + (uint64_t)name.count + extra;
    if (s->depth == 1 && s->schema != NULL)
        return check_key_name(s, &name);
    return DDBS_OK;
}

/* A list or map at level s->depth. */
static int check_container(struct item_state *s, const struct mp_token *t)
{
    /* {"L":[]} and {"M":{}}, commas between members. The service counts 3, plus 1 for each member. */
    s->size += 3 + (uint64_t)t->count;
    s->json_len += 8;
    if (t->count == 0)
        return DDBS_OK;
    if (s->depth == ITEM_DEPTH_MAX)
        return item_error(s, DDBS_E_INVALID_ITEM, "lists and maps are nested too deep; DynamoDB allows 32 levels");
    s->json_len += t->count - 1;
    push(s, t->count, t->type == MP_MAP);
    return DDBS_OK;
}

static int check_number(struct item_state *s, const struct mp_token *t)
{
    uint32_t len, size;
    const char *why;
    if (item_number_facts(t, &len, &size, &why) != DDBS_OK)
        return item_error(s, DDBS_E_INVALID_ITEM, "%s", why);
    s->size += size;
    s->json_len += 8 + (uint64_t)len;
    return DDBS_OK;
}

static int check_ext(struct item_state *s, const struct mp_token *t)
{
    switch (t->ext) {
    case EXT_NUMBER:
        return check_number(s, t);
    case EXT_STRING_SET:
    case EXT_NUMBER_SET:
    case EXT_BINARY_SET:
        return item_set_check(s, t);
    default:
        return item_error(s, DDBS_E_INVALID_ITEM,
                          "msgpack extension type %d is not known; 1 is N, 2 is SS, 3 is NS, 4 is BS", t->ext);
    }
}

static int check_string(struct item_state *s, const struct mp_token *t)
{
    uint32_t extra;
    if (!json_text_scan(t->bytes, t->count, s->c.end, &extra))
        return item_error(s, DDBS_E_INVALID_ITEM, "the string is not valid UTF-8; send bytes as binary");
    s->size += t->count;
    s->json_len += 8 + (uint64_t)t->count + extra;
    return DDBS_OK;
}

/* Validate and count a value, given its first token. */
static int check_value(struct item_state *s, const struct mp_token *t)
{
    switch (t->type) {
    case MP_STR:
        return check_string(s, t);
    case MP_UINT:
    case MP_INT:
    case MP_FLOAT:
        return check_number(s, t);
    case MP_BIN:
        s->size += t->count;
        s->json_len += 8 + base64_len(t->count);
        return DDBS_OK;
    case MP_BOOL:
        s->size += 1;
        s->json_len += t->truth ? 13 : 14;
        return DDBS_OK;
    case MP_NIL:
        s->size += 1;
        s->json_len += 13;
        return DDBS_OK;
    case MP_ARRAY:
    case MP_MAP:
        return check_container(s, t);
    case MP_EXT:
        break;
    }
    return check_ext(s, t);
}

static int check_member(struct item_state *s, struct item_frame *f)
{
    f->left--;
    s->key = -1;
    int err = f->is_map ? check_name(s, f) : DDBS_OK;
    if (err != DDBS_OK)
        return err;
    const uint8_t *at = s->c.p;
    struct mp_token t;
    if (item_token_next(&s->c, &t) != DDBS_OK)
        return broken(s);
    if (s->key >= 0) {
        err = item_key_value(s->schema, s->key, &t, s->errmsg);
        if (err != DDBS_OK)
            return err;
        s->ref.off[s->key] = item_state_offset(s, at);
        s->ref.len[s->key] = (uint32_t)(s->c.p - at);
        s->keys_found |= (uint8_t)(1u << s->key);
    }
    err = check_value(s, &t);
    if (err == DDBS_OK && (s->size > ITEM_SIZE_MAX || s->json_len > ITEM_JSON_MAX))
        return too_large(s);
    return err;
}

static int walk(struct item_state *s)
{
    while (s->depth > 0) {
        struct item_frame *f = &s->frames[s->depth - 1];
        int err = f->left > 0 ? check_member(s, f) : pop(s);
        if (err != DDBS_OK)
            return err;
    }
    for (int i = 0; s->schema != NULL && i < s->schema->count; i++) {
        if ((s->keys_found & 1u << i) == 0)
            return item_key_missing(s->schema, i, s->errmsg);
    }
    return DDBS_OK;
}

int item_check(struct mp_cursor *c, const struct key_schema *schema, bool is_key, struct item_info *ret,
               char errmsg[ITEM_ERRMSG])
{
    struct item_state s;
    s.c = *c;
    s.base = c->p;
    s.schema = schema != NULL && schema->count > 0 ? schema : NULL;
    s.is_key = is_key && s.schema != NULL;
    s.keys_found = 0;
    s.size = 0;
    s.json_len = 2;
    s.errmsg = errmsg;
    s.depth = 0;
    s.slots_used = 0;
    s.ref = (struct key_ref){.off = {0}};
    struct mp_token t;
    if (mp_read_next(&s.c, &t) != DDBS_OK)
        return broken(&s);
    if (t.type != MP_MAP)
        return item_error(&s, DDBS_E_INVALID_ITEM, "an item is a map of attributes, this is %s",
                          item_token_type_text(&t));
    if (t.count > 0)
        s.json_len += t.count - 1;
    push(&s, t.count, true);
    int err = walk(&s);
    if (err != DDBS_OK)
        return err;
    *ret = (struct item_info){.bytes = item_state_offset(&s, s.c.p),
                              .size = (uint32_t)s.size,
                              .json_len = (uint32_t)s.json_len,
                              .key = s.ref};
    *c = s.c;
    return DDBS_OK;
}
