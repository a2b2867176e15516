/* op_scan: Scan, and the history of a table, both in pages over the store's order. */
#include <string.h>

#include "tests/fakeddb/json.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"
#include "tests/fakeddb/trace.h"

enum { PAGE_BYTES_MAX = 1024 * 1024, HISTORY_PAGE_MAX = 10000, SEGMENTS_MAX = 1000000 };

enum {
    M_TABLE,
    M_LIMIT,
    M_START,
    M_SELECT,
    M_SEGMENT,
    M_SEGMENTS,
    M_CAPACITY,
    M_KEY,
    M_REFUSED,
    M_COUNT = M_REFUSED + 5
};

static const char *const members[M_COUNT] = {
    [M_TABLE] = "TableName",
    [M_LIMIT] = "Limit",
    [M_START] = "ExclusiveStartKey",
    [M_SELECT] = "Select",
    [M_SEGMENT] = "Segment",
    [M_SEGMENTS] = "TotalSegments",
    [M_CAPACITY] = "ReturnConsumedCapacity",
    [M_KEY] = "Key",
    [M_REFUSED] = "FilterExpression",
    "ProjectionExpression",
    "AttributesToGet",
    "ScanFilter",
    "IndexName",
};

struct scan {
    struct span value[M_COUNT];
    struct table *table;
    uint64_t limit, first_hash, last_hash;
    struct entry *at; /* the next entry; NULL: end */
};

/* The key in a member, as key bytes in fake.keys; false after answering an error. */
static bool read_key(struct call *c, struct scan *s, int member, struct span *ret_key)
{
    struct value_error err = {.serialization = false};
    struct item item;
    struct json j = json_of(s->value[member]);
    size_t from = c->fake->keys.len;
    item_check(&j, &s->table->schema, &err, &item);
    item_key(&item, &s->table->schema, KEY_ALONE, &err, &c->fake->keys);
    if (err.text[0] != '\0') {
        reply_error(c, 400, "ValidationException", "The provided starting key is invalid: %s", err.text);
        return false;
    }
    *ret_key = span_of(c->fake->keys.p + from, c->fake->keys.len - from);
    return true;
}

/* Read Segment and TotalSegments into a range of hashes. */
static bool read_segments(struct call *c, struct scan *s)
{
    uint64_t segment = 0, total = 0;
    s->first_hash = 0;
    s->last_hash = UINT64_MAX;
    if (s->value[M_SEGMENT].p == NULL && s->value[M_SEGMENTS].p == NULL)
        return true;
    if (!json_text_u64(s->value[M_SEGMENT], &segment) || !json_text_u64(s->value[M_SEGMENTS], &total) || total == 0 ||
        total > SEGMENTS_MAX || segment >= total) {
        reply_error(c, 400, "ValidationException",
                    "The Segment parameter has to be less than TotalSegments, which is 1 to 1000000");
        return false;
    }
    uint64_t width = UINT64_MAX / total;
    s->first_hash = width * segment;
    s->last_hash = segment + 1 == total ? UINT64_MAX : width * (segment + 1) - 1;
    return true;
}

static bool scan_read(struct call *c, struct scan *s, uint64_t limit_max)
{
    struct span key = span_of(NULL, 0);
    if (!json_members(c->body, members, s->value, M_COUNT)) {
        reply_bad_json(c);
        return false;
    }
    for (int i = M_REFUSED; i < M_COUNT; i++) {
        if (s->value[i].p != NULL) {
            reply_error(c, 400, "ValidationException", "fakeddb does not know %s: leave it out", members[i]);
            return false;
        }
    }
    s->limit = limit_max;
    if (s->value[M_LIMIT].p != NULL && (!json_text_u64(s->value[M_LIMIT], &s->limit) || s->limit == 0)) {
        reply_error(c, 400, "ValidationException",
                    "1 validation error detected: Value at 'limit' failed to satisfy "
                    "constraint: Member must have value greater than or equal to 1");
        return false;
    }
    s->limit = s->limit < limit_max ? s->limit : limit_max;
    s->table = op_table(c, s->value[M_TABLE]);
    if (s->table == NULL || !read_segments(c, s))
        return false;
    if (s->value[M_START].p != NULL && !read_key(c, s, M_START, &key))
        return false;
    s->at = store_after(s->table, key.p != NULL ? store_hash(&c->fake->store, key) : s->first_hash, key);
    return true;
}

/* The entry to return, skipping those that `all` excludes; NULL at the segment's end. */
static struct entry *scan_peek(struct scan *s, bool all)
{
    while (s->at != NULL && !all && !s->at->live)
        s->at = store_next(s->table, s->at);
    return s->at != NULL && s->at->hash <= s->last_hash ? s->at : NULL;
}

static void put_last_key(struct call *c, const struct scan *s, const struct entry *last)
{
    text_puts(c->out, ",\"LastEvaluatedKey\":");
    key_put_json(entry_key(last), &s->table->schema, c->out);
}

void op_scan(struct call *c)
{
    struct scan s;
    uint64_t count = 0, bytes = 0, dice = 0;
    struct entry *e, *last = NULL;
    if (!scan_read(c, &s, UINT64_MAX))
        return;
    bool only_count = span_equal(s.value[M_SELECT], span_of("\"COUNT\"", 7));
    text_puts(c->out, only_count ? "{" : "{\"Items\":[");
    while ((e = scan_peek(&s, false)) != NULL && count < s.limit && bytes < PAGE_BYTES_MAX) {
        if (!only_count) {
            text_puts(c->out, count > 0 ? "," : "");
            value_rewrite_item(entry_item(e), VALUE_NORMAL, &dice, c->out);
        }
        bytes += e->size;
        count++;
        last = e;
        s.at = store_next(s.table, e);
    }
    text_putf(c->out, "%s\"Count\":%llu,\"ScannedCount\":%llu", only_count ? "" : "],", (unsigned long long)count,
              (unsigned long long)count);
    if (last != NULL && (count == s.limit || bytes >= PAGE_BYTES_MAX))
        put_last_key(c, &s, last);
    int wanted = op_capacity_wanted(s.value[M_CAPACITY]);
    if (wanted > 0) {
        text_puts(c->out, ",\"ConsumedCapacity\":");
        op_put_capacity(c, span_of(s.table->name, strlen(s.table->name)), (double)((bytes + 4095) / 4096) * 0.5,
                        wanted);
    }
    text_puts(c->out, "}");
}

void op_history(struct call *c)
{
    struct scan s;
    uint64_t count = 0;
    struct entry *e, *last = NULL;
    struct span key;
    if (!scan_read(c, &s, HISTORY_PAGE_MAX))
        return;
    if (s.value[M_KEY].p != NULL) {
        if (!read_key(c, &s, M_KEY, &key))
            return;
        uint64_t hash = store_hash(&c->fake->store, key);
        s.at = store_find_entry(s.table, hash, key);
        s.limit = 1;
    }
    text_puts(c->out, "{\"History\":[");
    while ((e = scan_peek(&s, true)) != NULL && count < s.limit && c->out->len < ANSWER_BYTES_MAX / 2) {
        text_puts(c->out, count > 0 ? "," : "");
        trace_put_json(e, &s.table->schema, c->out);
        count++;
        last = e;
        s.at = store_next(s.table, e);
    }
    text_putf(c->out, "],\"TracesLost\":%llu", (unsigned long long)c->fake->store.traces_lost);
    if (last != NULL && s.at != NULL && s.value[M_KEY].p == NULL)
        put_last_key(c, &s, last);
    text_puts(c->out, "}");
}
