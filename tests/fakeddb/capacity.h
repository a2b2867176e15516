/* capacity: write units a second: of a table, shared by its partitions, and of each partition.
 * Owner: the table. Pure: the time comes from the caller, on a clock that never goes back.
 * Invariants: a bucket never holds more than the burst; who finds anything in it is served whole and may leave a debt,
 * as an item larger than the burst could never be written otherwise.
 * Source: the DynamoDB developer guide, "Partitions and data distribution", "Burst and adaptive capacity".
 */
#ifndef FAKEDDB_CAPACITY_H
#define FAKEDDB_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

enum { PARTITIONS_MAX = 64 };

struct bucket {
    double units;   /* in hand; below 0: debt */
    uint64_t at_ms; /* when they were counted */
    bool started;   /* false: full at first sight */
};

/* Units a second, and how many seconds' worth (in ms) are kept. */
struct bucket_rate {
    uint64_t units_s, burst_ms;
};

/* True if there is anything in hand now. */
bool bucket_ready(struct bucket *b, struct bucket_rate rate, uint64_t now_ms);

struct partition {
    struct bucket bucket;
    uint64_t units, refused; /* write units taken; writes refused for want of this partition's */
};

struct capacity {
    struct bucket table;
    uint64_t refused; /* writes refused for want of the table's units */
    struct partition partition[PARTITIONS_MAX];
};

struct capacity_limits {
    struct bucket_rate table; /* units_s 0: no limit */
    struct bucket_rate partition;
    int partitions; /* 1 to PARTITIONS_MAX */
};

enum capacity_verdict { CAPACITY_OK, CAPACITY_TABLE, CAPACITY_PARTITION };

/* The partition that holds this hash of a partition key. */
int capacity_partition(const struct capacity_limits *l, uint64_t hash);

/* Take `units` out of the table and the partition of `hash`, or of none and say who had nothing left. */
enum capacity_verdict capacity_take(struct capacity *c, const struct capacity_limits *l, uint64_t hash, uint32_t units,
                                    uint64_t now_ms);

#endif
