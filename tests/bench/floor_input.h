/* floor_input: the producer's connection: frames in, records out one by one, SETTLED and FLUSHED back.
 * Owner: one per process, one producer at a time.
 * Invariants: a record's bytes are valid until the next read; outcomes are reported in bulk, at the latest when nothing
 * is in flight; FLUSHED is sent after the SETTLED of everything before it.
 */
#ifndef BENCH_FLOOR_INPUT_H
#define BENCH_FLOOR_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/msg.h"
#include "tests/bench/floor.h"

enum { FLOOR_INPUT_MAX = 256 * 1024, FLOOR_RANGES_MAX = 1024 };

struct floor_input {
    int epoll, fd; /* fd -1: no producer */
    bool reading;
    uint8_t *bytes;
    size_t at, end;
    struct msg_write write; /* the WRITE being parsed, if left > 0 */
    uint32_t left;
    uint64_t seq;
    bool flush_open;
    uint64_t token;
    char table[MSG_TABLE_MAX + 1];
    struct msg_range ranges[FLOOR_RANGES_MAX]; /* written but not reported */
    uint32_t range_count;
    uint64_t untold_records, untold_bytes;
};

struct floor_record {
    uint64_t seq;
    struct span item;
};

void floor_input_init(struct floor_input *in, int epoll);

/* A producer connected. */
void floor_input_open(struct floor_input *in, int fd);

/* Read what is available. False: the producer is gone. */
bool floor_input_read(struct floor_input *in);

/* Stop or start polling the producer's socket. */
void floor_input_watch(struct floor_input *in, bool on);

/* The next record. False: more input is needed, or a flush is open. */
bool floor_input_next(struct floor_input *in, struct floor_record *ret);

/* Records first..last, `bytes` in total, were written. */
void floor_input_written(struct floor_input *in, uint64_t first, uint64_t last, uint64_t bytes);

/* Once per turn: report outcomes if worthwhile; `idle`: nothing is in flight. */
void floor_input_tell(struct floor_input *in, bool idle);

#endif
