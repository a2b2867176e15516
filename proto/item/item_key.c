/* item_key: see the header. */
#include "proto/item/item_key.h"

#include <assert.h>
#include <stdio.h>

#include "proto/err.h"
#include "proto/hash64.h"
#include "proto/item/item_error.h"
#include "proto/item/item_number.h"
#include "proto/item/item_token.h"

int item_key_index(const struct key_schema *schema, const uint8_t *name, size_t n)
{
    for (int i = 0; i < schema->count; i++) {
        const struct key_attr *a = &schema->attr[i];
        if (a->name_len == n && memcmp(a->name, name, n) == 0)
            return i;
    }
    return -1;
}

static const char *type_text(char type)
{
    if (type == 'S')
        return "a string (S)";
    return type == 'N' ? "a number (N)" : "binary (B)";
}

static const char *attr_quote(char out[ITEM_ERROR_QUOTE], const struct key_attr *a)
{
    return item_error_quote(out, (const uint8_t *)a->name, a->name_len);
}

int item_key_missing(const struct key_schema *schema, int i, char errmsg[ITEM_ERRMSG])
{
    char name[ITEM_ERROR_QUOTE];
    const struct key_attr *a = &schema->attr[i];
    snprintf(errmsg, ITEM_ERRMSG, "key attribute %s is missing; the table's %s key needs it as %s", attr_quote(name, a),
             i == 0 ? "partition" : "sort", type_text(a->type));
    return DDBS_E_MISSING_KEY;
}

int item_key_foreign(const uint8_t *name, size_t n, char errmsg[ITEM_ERRMSG])
{
    char quoted[ITEM_ERROR_QUOTE];
    snprintf(errmsg, ITEM_ERRMSG, "attribute %s is not of the table's key; a delete must hold only the key attributes",
             item_error_quote(quoted, name, n));
    return DDBS_E_MISSING_KEY;
}

static bool type_fits(char type, const struct mp_token *t)
{
    switch (type) {
    case 'S':
        return t->type == MP_STR;
    case 'B':
        return t->type == MP_BIN;
    default:
        return item_token_is_number(t);
    }
}

int item_key_value(const struct key_schema *schema, int i, const struct mp_token *t, char errmsg[ITEM_ERRMSG])
{
    char name[ITEM_ERROR_QUOTE];
    const struct key_attr *a = &schema->attr[i];
    const char *role = i == 0 ? "partition" : "sort";
    if (!type_fits(a->type, t)) {
        snprintf(errmsg, ITEM_ERRMSG, "key attribute %s is %s; the table's %s key needs %s", attr_quote(name, a),
                 item_token_type_text(t), role, type_text(a->type));
        return DDBS_E_MISSING_KEY;
    }
    uint32_t max = i == 0 ? ITEM_PARTITION_KEY_MAX : ITEM_SORT_KEY_MAX;
    if (a->type != 'N' && (t->count == 0 || t->count > max)) {
        snprintf(errmsg, ITEM_ERRMSG, "key attribute %s has %u bytes; a %s key has 1 to %u", attr_quote(name, a),
                 t->count, role, max);
        return DDBS_E_MISSING_KEY;
    }
    return DDBS_OK;
}

int item_key_find(struct span item, const struct key_schema *schema, bool is_key, struct key_ref *ret,
                  char errmsg[ITEM_ERRMSG])
{
    struct mp_cursor c = mp_read_open(item);
    struct key_ref ref = {.off = {0}};
    unsigned found = 0;
    uint32_t pairs;
    int err = mp_read_map(&c, &pairs);
    assert(err == DDBS_OK);
    for (; pairs > 0; pairs--) {
        struct mp_token name, value;
        err = mp_read_next(&c, &name);
        assert(err == DDBS_OK && name.type == MP_STR);
        const uint8_t *at = c.p;
        int i = item_key_index(schema, name.bytes, name.count);
        if (i < 0 && is_key)
            return item_key_foreign(name.bytes, name.count, errmsg);
        if (i >= 0) {
            struct mp_cursor peek = c;
            err = mp_read_next(&peek, &value);
            assert(err == DDBS_OK);
            err = item_key_value(schema, i, &value, errmsg);
            if (err != DDBS_OK)
                return err;
            ref.off[i] = (uint32_t)(at - item.p);
            ref.len[i] = (uint32_t)(peek.p - at);
            found |= 1u << i;
        }
        err = mp_read_skip(&c);
        assert(err == DDBS_OK);
    }
    for (int i = 0; i < schema->count; i++) {
        if ((found & 1u << i) == 0)
            return item_key_missing(schema, i, errmsg);
    }
    *ret = ref;
    return DDBS_OK;
}

static struct mp_token key_token(struct span item, const struct key_ref *key, int i)
{
    assert(key->off[i] <= item.n && key->len[i] <= item.n - key->off[i]);
    struct mp_cursor c = mp_read_open(span_of(item.p + key->off[i], key->len[i]));
    struct mp_token t;
    int err = mp_read_next(&c, &t);
    assert(err == DDBS_OK);
    return t;
}

uint64_t item_key_hash(struct span item, const struct key_ref *key, const struct key_schema *schema, uint64_t seed)
{
    uint64_t hash = seed;
    for (int i = 0; i < schema->count; i++) {
        struct mp_token t = key_token(item, key, i);
        if (schema->attr[i].type == 'N') {
            struct num n;
            item_number_value(&t, &n);
            hash = hash64_mix(hash, 0x9fb21c651e98df25u) ^ (uint64_t)(n.exp * 2 + n.negative);
            hash = hash64(n.digits, n.ndigits, hash);
        } else {
            hash = hash64(t.bytes, t.count, hash);
        }
    }
    return hash;
}

bool item_key_equal(struct span a, const struct key_ref *ka, struct span b, const struct key_ref *kb,
                    const struct key_schema *schema)
{
    for (int i = 0; i < schema->count; i++) {
        struct mp_token ta = key_token(a, ka, i), tb = key_token(b, kb, i);
        if (schema->attr[i].type == 'N') {
            struct num na, nb;
            item_number_value(&ta, &na);
            item_number_value(&tb, &nb);
            if (!num_equal(&na, &nb))
                return false;
        } else if (!span_equal(span_of(ta.bytes, ta.count), span_of(tb.bytes, tb.count))) {
            return false;
        }
    }
    return true;
}
