/* failures: a session's book of failed records (PROTOCOL S2, C6, R2): kept until the session ends, told on every
 * connection. Owner: embedded in a session. Pure but for mem. Invariants: entries stand in the order in which the
 * records failed; at most FAILURES_TEXT_MAX entries carry a text; those without one are ranges of consecutive seqs with
 * one code; at most FAILURES_MAX entries.
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
    FAILURE_CHARGE = 256, /* bytes of the record pool that an entry keeps */
    FAILURE_TEXT = 192,   /* of a text with its NUL: what is left of that */
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

/* Where a connection stands in telling: the next seq to tell is `seq` of `at`; at == NULL: all are told. */
struct failure_cursor {
    struct failure *at;
    uint64_t seq;
};

/* Note a failed record. 0: a new entry (charge FAILURE_CHARGE), 1: it joined the last entry (no charge),
 * DDBS_E_OUT_OF_MEMORY, DDBS_E_TOO_MANY_FAILURES. ret_entry is the entry that holds it. */
int failures_add(struct failures *f, uint64_t seq, int code, bool maybe_written, const char *text,
                 struct failure **ret_entry) MUST_USE;

/* Free all. Returns how many entries there were (their charge is the caller's to release). */
uint64_t failures_clear(struct failures *f);

#endif
