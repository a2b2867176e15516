/* capacity: write units per second: of a table, shared by its partitions, and of each partition.
 * Owner: the table. Pure: the caller passes the time, from a monotonic clock.
 * Invariants: a bucket never holds more than the burst. A write that finds any units left is served in full and may
 * leave a debt; otherwise an item larger than the burst could never be written.
 * Source: the DynamoDB developer guide, "Partitions and data distribution", "Burst and adaptive capacity".
 */
#ifndef FAKEDDB_CAPACITY_H
#define FAKEDDB_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

enum { PARTITIONS_MAX = 64 };

struct bucket {
    double units;   /* available; below 0: debt */
    uint64_t at_ms; /* when they were last updated */
    bool started;   /* false: full at the first use */
};

/* Units per second, and how many seconds' worth (in ms) are kept. */
struct bucket_rate {
    uint64_t units_s, burst_ms;
};

/* True if any units are available now. */
bool bucket_ready(struct bucket *b, struct bucket_rate rate, uint64_t now_ms);

struct partition {
    struct bucket bucket;
    uint64_t units, refused; /* write units taken; writes refused for lack of this partition's units */
};

struct capacity {
    struct bucket table;
    uint64_t refused; /* writes refused for lack of the table's units */
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

/* Take `units` from both the table and the partition of `hash`, or from neither; the verdict names the exhausted one.
 */
enum capacity_verdict capacity_take(struct capacity *c, const struct capacity_limits *l, uint64_t hash, uint32_t units,
                                    uint64_t now_ms);

#endif
