/* op_control: fakeddb's own operations: settings and counters. FakeDDB.History is in op_scan.c. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakeddb/json.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"

static void put_count(struct call *c, const char *name, uint64_t value)
{
    text_putf(c->out, ",\"%s\":%" PRIu64, name, value);
}

/* What a table and its partitions took and refused, if its capacity is enforced. */
static void put_partitions(struct call *c, const struct table *t)
{
    const struct fault_settings *set = fault_of_table(&c->fake->fault, t->name);
    if (!set->capacity)
        return;
    int n = op_limits(t, set).partitions;
    put_count(c, "refused", t->capacity.refused);
    for (int i = 0; i < n; i++)
        text_putf(c->out, "%s{\"units\":%" PRIu64 ",\"refused\":%" PRIu64 "}", i > 0 ? "," : ",\"partitions\":[",
                  t->capacity.partition[i].units, t->capacity.partition[i].refused);
    text_puts(c->out, "]");
}

static void put_counters(struct call *c)
{
    const struct fake *f = c->fake;
    const struct counters *n = &f->counters;
    text_putf(c->out, "{\"requests\":%" PRIu64, n->requests);
    put_count(c, "connections", n->connections);
    put_count(c, "handshakes", n->handshakes);
    put_count(c, "bytes_in", n->bytes_in);
    put_count(c, "bytes_out", n->bytes_out);
    put_count(c, "status_2xx", n->status_2xx);
    put_count(c, "status_4xx", n->status_4xx);
    put_count(c, "status_5xx", n->status_5xx);
    put_count(c, "auth_refused", n->auth_refused);
    put_count(c, "items_put", n->items_put);
    put_count(c, "items_deleted", n->items_deleted);
    put_count(c, "items_unprocessed", n->items_unprocessed);
    put_count(c, "late_applied", n->late_applied);
    put_count(c, "late_refused", n->late_refused);
    put_count(c, "writes", f->store.seq);
    put_count(c, "memory_bytes", f->store.memory_bytes);
    put_count(c, "traces_lost", f->store.traces_lost);
    put_count(c, "overlaps", f->store.overlaps);
    put_count(c, "in_flight", (uint64_t)f->store.inflight.n);
    for (int i = 0; i < OP_COUNT; i++)
        put_count(c, op_name((enum operation)i), n->ops[i]);
    text_puts(c->out, ",\"script\":");
    op_put_script(c);
    text_puts(c->out, ",\"faults\":");
    fault_put_hits(&f->fault, c->out);
    text_puts(c->out, ",\"tables\":{");
    for (int i = 0; i < f->store.ntables; i++) {
        const struct table *t = f->store.tables[i];
        text_putf(c->out,
                  "%s\"%s\":{\"items\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"puts\":%" PRIu64 ",\"deletes\":%" PRIu64,
                  i > 0 ? "," : "", t->name, t->live_count, t->live_bytes, t->puts, t->deletes);
        put_partitions(c, t);
        text_puts(c->out, "}");
    }
    text_puts(c->out, "}}");
}

/* Settings of one table: an object, or null to drop them. */
static bool control_table(struct call *c, struct span table, struct span value, char *errmsg, size_t errmsg_max)
{
    struct json j = json_of(value);
    struct json_str name;
    struct span one;
    bool first = true;
    enum json_kind kind = json_peek(&j);
    if (kind == JSON_NULL)
        fault_reset_table(&c->fake->fault, table);
    if (kind == JSON_NULL)
        return true;
    if (kind != JSON_OBJECT || table.n == 0) {
        snprintf(errmsg, errmsg_max, "tables takes an object of table names, each with an object of settings, or null");
        return false;
    }
    json_open(&j, '{');
    while (json_next_member(&j, &first, &name) && json_value(&j, &one)) {
        if (!fault_set(&c->fake->fault, table, (struct fault_change){name.raw, one}, errmsg, errmsg_max))
            return false;
    }
    return true;
}

static bool control_tables(struct call *c, struct span value, char *errmsg, size_t errmsg_max)
{
    struct json j = json_of(value);
    struct json_str table;
    struct span one;
    bool first = true;
    if (json_peek(&j) != JSON_OBJECT)
        return control_table(c, span_of("", 0), span_of("0", 1), errmsg, errmsg_max);
    json_open(&j, '{');
    while (json_next_member(&j, &first, &table) && json_value(&j, &one)) {
        if (!control_table(c, table.raw, one, errmsg, errmsg_max))
            return false;
    }
    return true;
}

/* Apply one member of a Control body. */
static bool control_member(struct call *c, struct span name, struct span value, char *errmsg, size_t errmsg_max)
{
    struct fake *f = c->fake;
    uint64_t seed;
    if (span_equal(name, span_of("tables", 6)))
        return control_tables(c, value, errmsg, errmsg_max);
    if (span_equal(name, span_of("seed", 4)) && json_text_u64(value, &seed)) {
        fault_seed(&f->fault, seed);
        return true;
    }
    if (span_equal(name, span_of("reset_counters", 14))) {
        uint64_t connections = f->counters.connections;
        f->counters = (struct counters){.connections = connections};
        memset(f->fault.hits, 0, sizeof(f->fault.hits));
        return true;
    }
    if (span_equal(name, span_of("reset", 5))) {
        fault_reset(&f->fault);
        return true;
    }
    return fault_set(&f->fault, span_of("", 0), (struct fault_change){name, value}, errmsg, errmsg_max);
}

void op_control(struct call *c)
{
    struct json j = json_of(c->body.n > 0 ? c->body : span_of("{}", 2));
    bool first = true;
    struct json_str name;
    struct span value;
    char errmsg[256];
    struct fault before = c->fake->fault;
    json_open(&j, '{');
    while (json_next_member(&j, &first, &name) && json_value(&j, &value)) {
        if (!control_member(c, name.raw, value, errmsg, sizeof(errmsg))) {
            c->fake->fault = before;
            reply_error(c, 400, "ValidationException", "%s", errmsg);
            return;
        }
    }
    if (!json_end(&j)) {
        c->fake->fault = before;
        reply_bad_json(c);
        return;
    }
    text_puts(c->out, "{\"Settings\":");
    fault_put_settings(&c->fake->fault, c->out);
    text_puts(c->out, ",\"Counters\":");
    put_counters(c);
    text_puts(c->out, "}");
}

enum { M_KEY, M_SECRET, M_TOKEN, M_EXPIRES, M_COUNT };

/* Accept another credential, or the same with another token or lifetime. */
void op_credential(struct call *c)
{
    static const char *const names[M_COUNT] = {"AccessKeyId", "SecretAccessKey", "SessionToken", "ExpiresInS"};
    struct span v[M_COUNT];
    struct auth_credential made = {.expires_s = 0};
    char *const to[M_TOKEN + 1] = {made.access_key, made.secret_key, made.session_token};
    uint64_t seconds;
    bool ok = json_members(c->body, names, v, M_COUNT) && v[M_KEY].p != NULL && v[M_SECRET].p != NULL;
    for (int i = 0; i <= M_TOKEN && ok; i++) {
        if (v[i].p == NULL)
            continue;
        ok = v[i].n > 2 && v[i].p[0] == '"' && v[i].n - 2 <= AUTH_TEXT_MAX && memchr(v[i].p, '\\', v[i].n) == NULL;
        if (ok)
            memcpy(to[i], v[i].p + 1, v[i].n - 2);
    }
    if (ok && v[M_EXPIRES].p != NULL) {
        ok = json_text_u64(v[M_EXPIRES], &seconds) && seconds < INT32_MAX;
        made.expires_s = ok ? c->now_s + (int64_t)seconds : 0;
    }
    if (ok && auth_add(&c->fake->auth, &made))
        text_puts(c->out, "{}");
    else
        reply_error(c, 400, "ValidationException",
                    "a credential has AccessKeyId, SecretAccessKey, and optionally SessionToken and ExpiresInS; there "
                    "can be %d",
                    AUTH_CREDENTIALS_MAX);
}

void op_stats(struct call *c)
{
    put_counters(c);
}
