/* journal: the daemon's log: one line per message on standard error, for systemd's journal or for a person.
 * Owner: process-wide; the main thread only.
 * Invariants: a line contains no record content and no secret (callers pass none), and no control character. Writing
 * never blocks: while nobody reads the log, lines are dropped and counted.
 */
#ifndef IO_JOURNAL_H
#define IO_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/engine/engine.h"
#include "proto/must_use.h"

/* Detect once whether standard error is the journal. If so, lines begin with a priority (<3>, <4>, <6>), otherwise with
 * the time and the level's name. */
void journal_open(void);

/* Write a line. */
void journal(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write a line subject to a rate limit (a burst of 50, then 5 a second). Dropped lines are counted, and the count is
 * logged before the next line. Errors are exempt from the limit, because they report a failing table or lost records;
 * they are dropped only if nobody reads the log. */
void journal_limited(enum log_level level, const char *text);

/* Log how many lines were dropped, if any. Call before the process ends. */
void journal_left_out(void);

/* The rate limit as a value, for journal_limited and its test: a token bucket in milliseconds. */
struct journal_limit {
    uint64_t tokens_ms; /* a line costs JOURNAL_LINE_MS */
    uint64_t last_ms;
    uint64_t left_out;
};
enum { JOURNAL_BURST = 50, JOURNAL_LINE_MS = 200 };
bool journal_limit_take(struct journal_limit *l, uint64_t now_ms) MUST_USE;

#endif
