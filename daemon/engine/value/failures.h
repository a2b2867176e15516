/* failures: the failed records that a session remembers (PROTOCOL S2, C6, R2): kept until the session ends, reported on
 * each of its connections. Owner: embedded in a session. Pure except for mem. Invariants: entries are in the order in
 * which the records failed; at most FAILURES_TEXT_MAX entries carry a text; those without one are ranges of consecutive
 * seqs with one code; at most FAILURES_MAX entries.
 */
#ifndef ENGINE_VALUE_FAILURES_H
#define ENGINE_VALUE_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/list.h"
#include "proto/must_use.h"

enum {
    FAILURES_TEXT_MAX = 1024,
    FAILURES_MAX = 16 * 1024,
    FAILURE_CHARGE = 256, /* bytes of the record pool charged for an entry */
    FAILURE_TEXT = 192,   /* longest text with its NUL that fits into this charge */
};

struct failure {
    struct list_node node;
    uint64_t first, last;
    int code;
    bool maybe_written;
    char text[]; /* NUL-terminated; "" in a range */
};

_Static_assert(sizeof(struct failure) + FAILURE_TEXT + 16 <= FAILURE_CHARGE, "C6: 256 bytes each");

struct failures {
    struct list_head list;
};

/* How far a connection has reported failures: the next is `seq` of `at`; at == NULL: all are reported. */
struct failure_cursor {
    struct failure *at;
    uint64_t seq;
};

/* Record a failure. 0: a new entry (charge FAILURE_CHARGE), 1: it joined the last entry (no charge),
 * DDBS_E_OUT_OF_MEMORY, DDBS_E_TOO_MANY_FAILURES. ret_entry is the entry that holds it. */
int failures_add(struct failures *f, uint64_t seq, int code, bool maybe_written, const char *text,
                 struct failure **ret_entry) MUST_USE;

/* Free all entries. Returns how many there were; the caller releases their charge. */
uint64_t failures_clear(struct failures *f);

#endif
