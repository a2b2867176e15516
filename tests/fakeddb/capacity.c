/* capacity: see capacity.h. */
#include "tests/fakeddb/capacity.h"

bool bucket_ready(struct bucket *b, struct bucket_rate rate, uint64_t now_ms)
{
    double most = (double)rate.units_s * (double)rate.burst_ms / 1000;
    most = most < 1 ? 1 : most;
    if (b->started)
        b->units += (double)rate.units_s * (double)(now_ms - b->at_ms) / 1000;
    else
        b->units = most;
    b->units = b->units < most ? b->units : most;
    b->at_ms = now_ms;
    b->started = true;
    return b->units > 0;
}

int capacity_partition(const struct capacity_limits *l, uint64_t hash)
{
    return (int)((hash >> 32) * (uint64_t)l->partitions >> 32);
}

enum capacity_verdict capacity_take(struct capacity *c, const struct capacity_limits *l, uint64_t hash, uint32_t units,
                                    uint64_t now_ms)
{
    struct partition *p = &c->partition[capacity_partition(l, hash)];
    if (!bucket_ready(&p->bucket, l->partition, now_ms)) {
        p->refused++;
        return CAPACITY_PARTITION;
    }
    if (l->table.units_s > 0) {
        if (!bucket_ready(&c->table, l->table, now_ms)) {
            c->refused++;
            return CAPACITY_TABLE;
        }
        c->table.units -= units;
    }
    p->bucket.units -= units;
    p->units += units;
    return CAPACITY_OK;
}
