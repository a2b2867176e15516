/* op_control: the fake's own operations: settings and counters. FakeDDB.History is with Scan. */
#include <inttypes.h>
#include <string.h>

#include "tests/fakeddb/json.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"

static void put_count(struct call *c, const char *name, uint64_t value)
{
    text_putf(c->out, ",\"%s\":%" PRIu64, name, value);
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
    text_puts(c->out, ",\"faults\":");
    fault_put_hits(&f->fault, c->out);
    text_puts(c->out, ",\"tables\":{");
    for (int i = 0; i < f->store.ntables; i++) {
        const struct table *t = f->store.tables[i];
        text_putf(c->out,
                  "%s\"%s\":{\"items\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"puts\":%" PRIu64 ",\"deletes\":%" PRIu64 "}",
                  i > 0 ? "," : "", t->name, t->live_count, t->live_bytes, t->puts, t->deletes);
    }
    text_puts(c->out, "}}");
}

/* Apply one member of a Control body. */
static bool control_member(struct call *c, struct span name, struct span value, char *errmsg, size_t errmsg_max)
{
    struct fake *f = c->fake;
    uint64_t seed;
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
        uint64_t dice[FAULT_KINDS + 1], hits[FAULT_KINDS];
        memcpy(dice, f->fault.dice, sizeof(dice));
        memcpy(hits, f->fault.hits, sizeof(hits));
        fault_init(&f->fault, 0);
        memcpy(f->fault.dice, dice, sizeof(dice));
        memcpy(f->fault.hits, hits, sizeof(hits));
        return true;
    }
    return fault_set(&f->fault, name, value, errmsg, errmsg_max);
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

void op_stats(struct call *c)
{
    put_counters(c);
}
