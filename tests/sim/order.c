/* order: see order.h. */
#include "tests/sim/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/msg.h"
#include "tests/sim/payload.h"

/* Split a decimal text into digits without zeros at either end, and an exponent. False: not a number. */
static bool number_split(const char *text, char digits[48], int *ret_exponent)
{
    int n = 0, exponent = 0;
    bool point = false;
    if (*text == '+')
        text++;
    for (; (*text >= '0' && *text <= '9') || *text == '.'; text++) {
        if (*text == '.') {
            if (point)
                return false;
            point = true;
            continue;
        }
        exponent -= point;
        if (n == 0 && *text == '0')
            continue;
        if (n == 47)
            return false;
        digits[n++] = *text;
    }
    if (*text == 'e' || *text == 'E') {
        char *end;
        exponent += (int)strtol(text + 1, &end, 10);
        text = end;
    }
    for (; n > 0 && digits[n - 1] == '0'; n--)
        exponent++;
    digits[n] = '\0';
    *ret_exponent = n > 0 ? exponent : 0;
    return *text == '\0';
}

void order_respell(const char *number, struct rng *r, char out[64])
{
    char digits[48];
    int exponent;
    if (!number_split(number, digits, &exponent) || digits[0] == '\0')
        snprintf(out, 64, "%s", number);
    else if (dice(r, 500))
        snprintf(out, 64, "%s0e%d", digits, exponent - 1);
    else
        snprintf(out, 64, "%.1s.%s00E%s%d", digits, digits + 1, exponent + (int)strlen(digits) - 1 < 0 ? "" : "+",
                 exponent + (int)strlen(digits) - 1);
}

/* One key attribute in canonical form. False: it is missing or has another type. */
static bool key_part(const json_t *item, const struct key_attr *attr, char *out, size_t cap)
{
    char type[2] = {attr->type, '\0'};
    const json_t *v = json_object_get(json_object_get(item, attr->name), type);
    if (!json_is_string(v) || json_string_length(v) == 0)
        return false;
    char digits[48];
    int exponent;
    if (attr->type != 'N')
        snprintf(out, cap, "|%c:%s", attr->type, json_string_value(v));
    else if (number_split(json_string_value(v), digits, &exponent))
        snprintf(out, cap, "|N:%se%d", digits, exponent);
    else
        return false;
    return true;
}

static bool item_key(const struct truth *t, uint32_t table, const json_t *item, uint32_t *ret_key)
{
    struct key_schema schema;
    char text[TRUTH_KEY_TEXT];
    truth_schema(table, false, &schema);
    size_t n = (size_t)snprintf(text, sizeof text, "%u", table);
    for (uint32_t i = 0; i < schema.count; i++) {
        if (!key_part(item, &schema.attr[i], text + n, sizeof text - n))
            return false;
        n += strlen(text + n);
    }
    *ret_key = truth_key_find(t, text);
    return true;
}

/* The key after the table was recreated. The record's first key follows from it. */
static bool item_alt(const struct truth *t, uint32_t table, const json_t *item, uint32_t *ret_key)
{
    const char *text = json_string_value(json_object_get(json_object_get(item, "alt"), "N"));
    char digits[48];
    int exponent;
    if (text == NULL || !number_split(text, digits, &exponent))
        return false;
    *ret_key = truth_key_of_digits(t, table, strtoull(digits, NULL, 10), exponent);
    return true;
}

/* Read both keys, if present. They must agree. */
static bool read_keys(struct order_item *it, const struct truth *t, uint32_t table, const json_t *item)
{
    uint32_t alt = TRUTH_NONE;
    it->has_pk = item_key(t, table, item, &it->key);
    it->has_alt = item_alt(t, table, item, &alt);
    if (!it->has_pk)
        it->key = alt;
    return (it->has_pk || it->has_alt) && (!it->has_pk || !it->has_alt || it->key == alt);
}

/* Filler is most of a body, and the JSON parser takes it byte by byte. A long, correctly repeating filler is cut to
 * less than two periods; put_is_true compares the rest. Returns the new length. */
static size_t cut_pads(struct order *o, char *body, size_t n)
{
    static const char head[] = "\"pad\":{\"S\":\"";
    char *in = body, *out = body, *pad;
    const char *end = body + n, *quote;
    while (o->pad_count < ORDER_ITEMS_MAX && (pad = memmem(in, (size_t)(end - in), head, sizeof head - 1)) != NULL) {
        pad += sizeof head - 1;
        if ((quote = memchr(pad, '"', (size_t)(end - pad))) == NULL)
            break;
        size_t len = (size_t)(quote - pad), keep = len;
        if (len >= 2 * PAYLOAD_PAD_PERIOD && memcmp(pad, pad + PAYLOAD_PAD_PERIOD, len - PAYLOAD_PAD_PERIOD) == 0)
            keep = PAYLOAD_PAD_PERIOD + len % PAYLOAD_PAD_PERIOD;
        o->pads[o->pad_count++] = (uint32_t)(len - keep);
        size_t kept = (size_t)(pad - in) + keep;
        memmove(out, in, kept);
        out += kept;
        in = pad + len;
    }
    memmove(out, in, (size_t)(end - in));
    return (size_t)(out - body) + (size_t)(end - in);
}

/* True if this put is what the client wrote. */
static bool put_is_true(const struct truth *t, const struct order_item *it, const json_t *item)
{
    const struct record *rec = &t->records[it->record];
    const json_t *pad = json_object_get(json_object_get(item, "pad"), "S");
    return rec->key == it->key && rec->op == OP_PUT && json_string_length(pad) + it->pad_cut == rec->pad_bytes &&
           memcmp(json_string_value(pad), payload_pad(it->record), json_string_length(pad)) == 0 &&
           json_object_get(item, "x") != NULL;
}

static bool read_put(struct order_item *it, const struct truth *t, uint32_t table, json_t *item, char *errmsg)
{
    if (!read_keys(it, t, table, item)) {
        snprintf(errmsg, ORDER_ERRMSG, "a put without its key was sent to %s", truth_table_name(table));
        return false;
    }
    const char *rid = json_string_value(json_object_get(json_object_get(item, "rid"), "N"));
    uint64_t record = rid != NULL ? strtoull(rid, NULL, 10) : TRUTH_NONE;
    it->poison = json_is_true(json_object_get(json_object_get(item, "poison"), "BOOL"));
    it->record = record < t->record_count ? (uint32_t)record : TRUTH_NONE;
    if (it->record == TRUTH_NONE || !put_is_true(t, it, item)) {
        snprintf(errmsg, ORDER_ERRMSG, "record %s to %s is not what a client wrote", rid != NULL ? rid : "(no number)",
                 truth_table_name(table));
        return false;
    }
    return true;
}

static bool read_delete(struct order_item *it, const struct truth *t, uint32_t table, json_t *key, char *errmsg)
{
    struct key_schema schema;
    it->is_delete = true;
    it->record = TRUTH_NONE;
    bool ok = read_keys(it, t, table, key) && it->has_pk != it->has_alt && it->key != TRUTH_NONE;
    truth_schema(table, it->has_alt, &schema);
    if (ok && json_object_size(key) == schema.count)
        it->record = t->keys[it->key]->deleted_by;
    if (it->record == TRUTH_NONE)
        snprintf(errmsg, ORDER_ERRMSG, "a delete that no client asked for was sent to %s", truth_table_name(table));
    return it->record != TRUTH_NONE;
}

static bool read_item(struct order *o, const struct truth *t, json_t *request, char *errmsg)
{
    struct order_item *it = &o->items[o->count++];
    *it = (struct order_item){.request = request, .key = TRUTH_NONE, .record = TRUTH_NONE};
    if (o->put_count < o->pad_count)
        it->pad_cut = o->pads[o->put_count];
    json_t *put = json_object_get(json_object_get(request, "PutRequest"), "Item");
    json_t *del = json_object_get(json_object_get(request, "DeleteRequest"), "Key");
    if (json_object_size(request) != 1 || (json_is_object(put) == json_is_object(del))) {
        snprintf(errmsg, ORDER_ERRMSG, "an element is neither PutRequest nor DeleteRequest");
        return false;
    }
    o->put_count += put != NULL;
    return put != NULL ? read_put(it, t, o->table, put, errmsg) : read_delete(it, t, o->table, del, errmsg);
}

static bool read_table(struct order *o, const char *name, char *errmsg)
{
    for (o->table = 0; o->table < SCENARIO_TABLES_MAX; o->table++)
        if (strcmp(name, truth_table_name(o->table)) == 0)
            return true;
    snprintf(errmsg, ORDER_ERRMSG, "unknown table %.100s", name);
    return false;
}

bool order_read(struct order *o, const struct truth *t, char *body, size_t n, char errmsg[ORDER_ERRMSG])
{
    json_error_t error;
    *o = (struct order){0};
    n = cut_pads(o, body, n);
    o->root = json_loadb(body, n, JSON_REJECT_DUPLICATES, &error);
    json_t *tables = json_object_get(o->root, "RequestItems");
    if (o->root == NULL || json_object_size(tables) != 1) {
        snprintf(errmsg, ORDER_ERRMSG, "the body is not a BatchWriteItem of one table: %.100s", error.text);
        return false;
    }
    void *iter = json_object_iter(tables);
    json_t *list = json_object_iter_value(iter);
    if (!read_table(o, json_object_iter_key(iter), errmsg))
        return false;
    if (json_array_size(list) < 1 || json_array_size(list) > ORDER_ITEMS_MAX) {
        snprintf(errmsg, ORDER_ERRMSG, "%zu items in one request", json_array_size(list));
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!read_item(o, t, json_array_get(list, i), errmsg))
            return false;
    return true;
}

void order_fini(struct order *o)
{
    json_decref(o->root);
    o->root = NULL;
}
