/* fault: what goes wrong, how often, and the dice that decide it.
 * Owner: one per process; settings change while it runs.
 * Invariants: each kind has its own stream of random numbers, so turning one kind on or off does not move the others;
 * the same seed and the same requests in the same order give the same faults.
 */
#ifndef FAKEDDB_FAULT_H
#define FAKEDDB_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fakeddb/text.h"

/* Kinds with a probability. X(NAME, name, what it does) */
#define FAULT_KINDS_LIST(X)                                                              \
    X(HANG, "hang", "never answered, not applied")                                       \
    X(DROP_BEFORE, "drop_before", "connection reset, not applied")                       \
    X(THROTTLE, "throttle", "whole request refused for want of throughput")              \
    X(ERROR503, "error503", "503, not applied")                                          \
    X(ERROR500, "error500", "500, not applied")                                          \
    X(LATE, "late", "500 or reset now, applied within late_ms")                          \
    X(UNPROCESSED, "unprocessed", "per item: comes back as unprocessed")                 \
    X(ERROR500_AFTER, "error500_after", "applied, then 500")                             \
    X(DROP_AFTER, "drop_after", "applied, then reset without an answer")                 \
    X(TRUNCATE, "truncate", "applied, answer cut short, then closed")                    \
    X(BAD_CRC, "bad_crc", "applied, answer with a wrong x-amz-crc32")                    \
    X(CLOSE, "close", "answered with Connection: close")                                 \
    X(CLOSE_SILENT, "close_silent", "answered, then closed without a word")

enum fault_kind {
#define X(NAME, name, text) FAULT_##NAME,
    FAULT_KINDS_LIST(X)
#undef X
    FAULT_KINDS
};

enum { FAULT_TEXT_MAX = 128 };

struct fault_settings {
    double p[FAULT_KINDS];
    uint64_t slow_ms, slow_jitter_ms; /* every answer waits slow_ms, plus up to the jitter */
    uint64_t wcu;                     /* write units a second for all tables together; 0: no limit */
    uint64_t late_ms;                 /* how late a late write lands, at most */
    double skew_s;                    /* the server's clock minus the true one */
    bool deny, deny_describe;         /* AccessDeniedException for writes; for DescribeTable */
    bool missing;                     /* every table is ResourceNotFoundException */
    bool expired;                     /* ExpiredTokenException for everything */
    bool all_operations;              /* faults hit reads too, not only writes */
    char table[FAULT_TEXT_MAX];       /* only requests that name this table; empty: all */
    char throttle_error[FAULT_TEXT_MAX];  /* exception of `throttle` */
    char throttle_reason[FAULT_TEXT_MAX]; /* member `reason` of its ThrottlingReasons; empty: none */
};

struct fault {
    struct fault_settings set;
    uint64_t dice[FAULT_KINDS + 1];
    uint64_t hits[FAULT_KINDS];
    double units;      /* write units in hand, at most those of one second; below 0: debt */
    uint64_t units_ms; /* when they were counted */
};

void fault_init(struct fault *f, uint64_t seed);
void fault_seed(struct fault *f, uint64_t seed);

/* Set one setting by name from a JSON value (strings with or without quotes). False with a sentence. */
bool fault_set(struct fault *f, struct span name, struct span value, char *errmsg, size_t errmsg_max);

/* Roll for a kind; counts a hit. */
bool fault_roll(struct fault *f, enum fault_kind kind);

/* Take write units out of `wcu`; false if there are none in hand. The last taker may go into debt. */
bool fault_take_units(struct fault *f, uint64_t now_ms, uint32_t units);

/* A number in [0, bound) from the stream that does not decide about faults (order, delays); bound > 0. */
uint64_t fault_below(struct fault *f, uint64_t bound);

/* All settings, and all hits, as JSON objects. */
void fault_put_settings(const struct fault *f, struct text *out);
void fault_put_hits(const struct fault *f, struct text *out);

#endif
