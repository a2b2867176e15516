/* fault: which faults happen, how often, and the random choices behind them.
 * Owner: one per process; settings change while it runs.
 * Invariants: each kind has its own random stream, and every request in scope rolls for every kind, so enabling one
 * kind does not shift the others; the same seed and the same requests in the same order give the same faults. A table
 * with its own settings ignores the general ones.
 */
#ifndef FAKEDDB_FAULT_H
#define FAKEDDB_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fakeddb/text.h"

/* Kinds with a probability. X(NAME, name, what it does) */
#define FAULT_KINDS_LIST(X)                                                                                            \
    X(HANG, "hang", "never answered, not applied")                                                                     \
    X(DROP_BEFORE, "drop_before", "connection reset, not applied")                                                     \
    X(THROTTLE, "throttle", "whole request refused for want of throughput")                                            \
    X(ERROR503, "error503", "503, not applied")                                                                        \
    X(ERROR500, "error500", "500, not applied")                                                                        \
    X(LATE, "late", "500 or reset now, applied within late_ms")                                                        \
    X(UNPROCESSED, "unprocessed", "per item: comes back as unprocessed")                                               \
    X(ERROR500_AFTER, "error500_after", "applied, then 500")                                                           \
    X(DROP_AFTER, "drop_after", "applied, then reset without an answer")                                               \
    X(TRUNCATE, "truncate", "applied, answer cut short, then closed")                                                  \
    X(BAD_CRC, "bad_crc", "applied, answer with a wrong x-amz-crc32")                                                  \
    X(MALFORMED, "malformed", "applied, answer with a body that is no answer")                                         \
    X(OVERSIZED, "oversized", "applied, answer with a body of oversized_kib")                                          \
    X(CLOSE, "close", "answered with Connection: close")                                                               \
    X(CLOSE_SILENT, "close_silent", "answered, then closed without a word")

enum fault_kind {
#define X(NAME, name, text) FAULT_##NAME,
    FAULT_KINDS_LIST(X)
#undef X
        FAULT_KINDS
};

enum { FAULT_TEXT_MAX = 128, FAULT_TABLES_MAX = 16 };

struct fault_settings {
    double p[FAULT_KINDS];
    uint64_t slow_ms, slow_jitter_ms;     /* every answer waits slow_ms, plus up to the jitter */
    uint64_t wcu;                         /* write units a second for all tables together; 0: no limit */
    uint64_t late_ms;                     /* upper bound of a late write's delay */
    uint64_t oversized_kib;               /* length of the body of `oversized` */
    bool capacity;                        /* enforce each table's write units and those of its partitions */
    uint64_t table_wcu;                   /* with capacity: a table's write units a second; 0: as it was created */
    uint64_t partitions;                  /* with capacity: partitions of a table; 0: as the service would start */
    uint64_t partition_wcu;               /* with capacity: write units a second of a partition */
    uint64_t burst_ms;                    /* with capacity: how much unused time a table and a partition accumulate */
    uint64_t table_ms;                    /* how long a table is CREATING, and DELETING */
    double skew_s;                        /* the server's clock minus the true one */
    bool deny, deny_describe;             /* AccessDeniedException for writes; for DescribeTable */
    bool missing;                         /* every table is ResourceNotFoundException */
    bool expired;                         /* ExpiredTokenException for everything */
    bool all_operations;                  /* faults hit reads too, not only writes */
    char table[FAULT_TEXT_MAX];           /* only requests that name this table; empty: all */
    char throttle_error[FAULT_TEXT_MAX];  /* exception of `throttle` */
    char throttle_reason[FAULT_TEXT_MAX]; /* member `reason` of its ThrottlingReasons; empty: none */
};

/* The settings of one table. */
struct fault_table {
    char name[FAULT_TEXT_MAX];
    struct fault_settings set;
};

struct fault {
    struct fault_settings set; /* for all tables without their own settings */
    struct fault_table tables[FAULT_TABLES_MAX];
    int ntables;
    uint64_t dice[FAULT_KINDS + 1];
    uint64_t hits[FAULT_KINDS];
};

/* A setting's name and its new value. */
struct fault_change {
    struct span name, value;
};

void fault_init(struct fault *f, uint64_t seed);
void fault_seed(struct fault *f, uint64_t seed);

/* Reset all settings; random streams and hit counters stay. */
void fault_reset(struct fault *f);

/* Set one setting by name from a JSON value (strings with or without quotes). `table` empty: the general settings;
 * otherwise that table's own, which start empty. False with a message. */
bool fault_set(struct fault *f, struct span table, struct fault_change change, char *errmsg, size_t errmsg_max);

/* Drop a table's own settings. */
void fault_reset_table(struct fault *f, struct span table);

/* The settings for a table's name; for a request: those of the first table named in the body that has its own. */
const struct fault_settings *fault_of_table(const struct fault *f, const char *name);
const struct fault_settings *fault_of_body(const struct fault *f, struct span body);

/* True if the body names this table, by name or by ARN. */
bool fault_body_names(struct span body, const char *table);

/* Roll for every kind except FAULT_UNPROCESSED. Returns a bit per hit; counts nothing. */
uint32_t fault_roll_all(struct fault *f, const struct fault_settings *set);

/* True if the kind is among the bits; then it is counted. */
bool fault_hit(struct fault *f, uint32_t bits, enum fault_kind kind);

/* Roll for one item to be returned unprocessed; counts a hit. */
bool fault_roll_item(struct fault *f, const struct fault_settings *set);

/* A number in [0, bound), bound > 0, from a stream that does not decide faults (order, delays). */
uint64_t fault_below(struct fault *f, uint64_t bound);

/* All settings, and all hits, as JSON objects. */
void fault_put_settings(const struct fault *f, struct text *out);
void fault_put_hits(const struct fault *f, struct text *out);

#endif
