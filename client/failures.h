/* failures: what became of the records that were not written, kept until the caller takes it, and never more than a
 * maximum.
 * Owner: embedded in struct client_core; owns its entries. Pure.
 * Invariant: count <= count_max; entries beyond it are only counted, in `lost`.
 */
#ifndef CLIENT_FAILURES_H
#define CLIENT_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/msg.h"

struct failure {
    struct failure *next;
    uint64_t seq;
    int code; /* DDBS_E_* */
    bool maybe_written;
    char message[]; /* NUL-terminated, at most MSG_TEXT_MAX bytes */
};

struct failures {
    struct failure *head;
    struct failure *tail;
    uint32_t count;
    uint32_t count_max;
    uint64_t lost; /* not kept: the list was full, or memory ran out */
};

void failures_init(struct failures *f, uint32_t count_max);
void failures_fini(struct failures *f);

void failures_keep(struct failures *f, const struct msg_failure *failure);

/* The oldest one, now the caller's, to be given to failure_free; NULL if there is none. */
struct failure *failures_take(struct failures *f);
void failure_free(struct failure *f);

#endif
