/* shape: the records that the bench sends: three shapes, built in advance, with a new key at every use.
 * a  2 attributes, 110 bytes of msgpack: a key and one short text
 * b  10 attributes, 1 KB: texts, an integer, a decimal fraction, a boolean
 * c  5 attributes, 10 KB: two long texts
 * Owner: the set owns its bytes. The records are the same in every run.
 * Invariants: a set never repeats a key, so that no write waits for an earlier one of its key.
 */
#ifndef BENCH_SHAPE_H
#define BENCH_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/span.h"

struct shape_record {
    uint8_t *bytes;
    uint32_t n;
    uint32_t digits_at; /* the last digits of the key, replaced at every use */
};

struct shape_set {
    uint8_t *memory;
    struct shape_record *records;
    uint32_t count;
    uint64_t used;
};

/* The partition key of a shape ("pojoId"), NULL if there is no such shape. */
const char *shape_key(char shape);

/* Build about one megabyte of records. False: no such shape, or no memory. */
bool shape_set_init(struct shape_set *s, char shape);
void shape_set_fini(struct shape_set *s);

/* The next record, with an unused key; valid until the set wraps around to it. */
struct span shape_next(struct shape_set *s);

#endif
