/* op_capacity: what a write costs, whether there is capacity for it, and how consumed capacity is reported. */
#include <string.h>

#include "proto/be.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"

enum { ON_DEMAND_PARTITIONS = 4, PARTITION_UNITS = 1000 };

int op_capacity_wanted(struct span value)
{
    if (span_equal(value, span_of("\"TOTAL\"", 7)))
        return 1;
    return span_equal(value, span_of("\"INDEXES\"", 9)) ? 2 : 0;
}

void op_put_capacity(struct call *c, struct span table_name, double units, int wanted)
{
    text_puts(c->out, "{\"TableName\":\"");
    text_put(c->out, table_name.p, table_name.n);
    text_putf(c->out, "\",\"CapacityUnits\":%.1f", units);
    if (wanted == 2)
        text_putf(c->out, ",\"Table\":{\"CapacityUnits\":%.1f}", units);
    text_puts(c->out, "}");
}

uint32_t op_write_units(uint32_t size)
{
    return size <= 1024 ? 1 : (size + 1023) / 1024;
}

struct capacity_limits op_limits(const struct table *t, const struct fault_settings *set)
{
    uint64_t units = set->table_wcu > 0 ? set->table_wcu : t->provisioned > 0 ? t->provisioned : t->on_demand_max;
    bool on_demand = set->table_wcu == 0 && t->provisioned == 0;
    uint64_t n = set->partitions > 0 ? set->partitions
                 : on_demand         ? ON_DEMAND_PARTITIONS
                                     : (units + PARTITION_UNITS - 1) / PARTITION_UNITS;
    return (struct capacity_limits){.table = {units, set->burst_ms},
                                    .partition = {set->partition_wcu, set->burst_ms},
                                    .partitions = n < 1                ? 1
                                                  : n < PARTITIONS_MAX ? (int)n
                                                                       : PARTITIONS_MAX};
}

/* The hash of the partition key, the first part of the key bytes. */
static uint64_t partition_hash(const struct store *s, struct span key)
{
    size_t n = key.n >= 3 ? 3 + (size_t)be_load16(key.p + 1) : key.n;
    return store_hash(s, span_of(key.p, n < key.n ? n : key.n));
}

static struct throttle throttle_of(const struct table *t, const struct fault_settings *set,
                                   enum capacity_verdict verdict)
{
    struct throttle why = {"ThrottlingException", "TableWriteKeyRangeThroughputExceeded", t->name};
    if (verdict == CAPACITY_PARTITION)
        return why;
    if (set->table_wcu == 0 && t->provisioned == 0) {
        why.reason = "TableWriteMaxOnDemandThroughputExceeded";
        return why;
    }
    why.error = "ProvisionedThroughputExceededException";
    why.reason = "TableWriteProvisionedThroughputExceeded";
    return why;
}

bool op_take_units(struct call *c, const struct op_write *w, struct throttles *ret_why)
{
    struct fake *f = c->fake;
    const struct fault_settings *set = fault_of_table(&f->fault, w->table->name);
    uint64_t account = f->fault.set.wcu;
    if (c->replay || (account == 0 && !set->capacity))
        return true;
    const struct entry *old = store_get(w->table, w->hash, w->key);
    uint32_t units = op_write_units(old != NULL && old->size > w->size ? old->size : w->size);
    if (account > 0 && !bucket_ready(&f->account, (struct bucket_rate){account, 1000}, c->now_ms))
        return false;
    if (set->capacity) {
        struct capacity_limits limits = op_limits(w->table, set);
        uint64_t hash = partition_hash(&f->store, w->key);
        enum capacity_verdict v = capacity_take(&w->table->capacity, &limits, hash, units, c->now_ms);
        if (v != CAPACITY_OK) {
            throttles_add(ret_why, throttle_of(w->table, set, v));
            return false;
        }
    }
    f->account.units -= account > 0 ? units : 0;
    return true;
}
