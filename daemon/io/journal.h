/* journal: the daemon's log: one line a message on standard error, for systemd's journal or for a person.
 * Owner: process-wide; the main thread only.
 * Invariants: a line never holds a record's content or a secret (callers give none), nor a control character; writing
 * never waits: while nobody reads the log, lines are left out.
 */
#ifndef IO_JOURNAL_H
#define IO_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/engine/engine.h"
#include "proto/must_use.h"

/* Look once whether standard error is the journal: then lines begin with a priority (<3>, <4>, <6>), else with the
   time. */
void journal_open(void);

/* Write a line. */
void journal(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write a line unless too many came lately (a burst of 50, then 5 a second); what was left out is counted, and logged
 * before the next line. An error is left out only if the log is not read: it tells of a table, or of records that are
 * lost. */
void journal_limited(enum log_level level, const char *text);

/* Tell now how many lines were left out, if any: before the end. */
void journal_left_out(void);

/* The limit as a value, for journal_limited and its test. */
struct journal_limit {
    uint64_t tokens_ms; /* a line costs 200 */
    uint64_t last_ms;
    uint64_t left_out;
};
enum { JOURNAL_BURST = 50, JOURNAL_LINE_MS = 200 };
bool journal_limit_take(struct journal_limit *l, uint64_t now_ms) MUST_USE;

#endif
