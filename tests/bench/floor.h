/* floor: the minimum work that one core must do per record, as a program: the baseline of the bench. It takes the
 * frames of libddbsidecar from a Unix socket, writes DynamoDB JSON, hashes, signs, sends over its own sockets, checks
 * the answer, settles. It gives none of the daemon's guarantees: no validation, no retry, no ordering, one producer;
 * anything unexpected ends it with a message.
 * Owner: one process, one thread, one epoll set. floor.c combines the three parts below.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdint.h>

#include "proto/span.h"

enum {
    FLOOR_LANES = 64, /* connections, each with one request at a time */
    FLOOR_ITEMS = 25,
    FLOOR_HEAD_MAX = 4096,           /* room before a body for its head */
    FLOOR_BODY_MAX = 512 * 1024,     /* a batch ends early if the next item might not fit */
    FLOOR_WATCH_INPUT = FLOOR_LANES, /* epoll marks; below this value: a connection's number */
    FLOOR_WATCH_LISTENER,
};

/* Print a message and exit with 1. */
void floor_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Add a descriptor to the epoll set. */
void floor_watch(int epoll, int fd, uint32_t events, uint32_t mark);

#endif
