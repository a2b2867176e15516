/* floor: the least that one core must do for a record, as a program: the yardstick of the bench.
 * It takes the frames of libddbsidecar from a Unix socket, writes DynamoDB JSON, hashes, signs, sends over its own
 * sockets, checks the answer, settles. It makes none of the daemon's promises: no item is judged, nothing is retried,
 * no order is kept, one producer is served; whatever is not as expected ends it with a sentence.
 * Owner: one process, one thread, one epoll set. The three parts below meet in floor.c.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdint.h>

#include "proto/span.h"

enum {
    FLOOR_LANES = 64, /* connections, each with one request at a time */
    FLOOR_ITEMS = 25,
    FLOOR_HEAD_MAX = 4096,           /* room in front of a body for its head */
    FLOOR_BODY_MAX = 512 * 1024,     /* a batch ends early when the next item might not fit */
    FLOOR_WATCH_INPUT = FLOOR_LANES, /* marks in the epoll set; below: a connection's number */
    FLOOR_WATCH_LISTENER,
};

/* Say why and end the process with 1. */
void floor_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Put a descriptor into the epoll set. */
void floor_watch(int epoll, int fd, uint32_t events, uint32_t mark);

#endif
