/* failure_list: a bounded queue of failures, kept until the caller takes them.
 * Owner: embedded in struct client_core; owns its entries. Pure.
 * Invariant: count <= count_max; failures beyond that are only counted, in `lost`.
 */
#ifndef CLIENT_FAILURE_LIST_H
#define CLIENT_FAILURE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/msg.h"
#include "proto/must_use.h"

struct failed_record {
    struct failed_record *next;
    uint64_t seq;
    int code; /* DDBS_E_* */
    bool maybe_written;
    char message[]; /* NUL-terminated, at most MSG_TEXT_MAX bytes */
};

struct failure_list {
    struct failed_record *head;
    struct failed_record *tail;
    uint32_t count;
    uint32_t count_max;
    uint64_t lost; /* failures not kept, because the list was full or memory ran out */
};

void failure_list_init(struct failure_list *f, uint32_t count_max);
void failure_list_fini(struct failure_list *f);

void failure_list_keep(struct failure_list *f, const struct msg_failure *failure);

/* Take the oldest failure, which the caller frees with failure_list_free; NULL if there is none. */
struct failed_record *failure_list_take(struct failure_list *f) MUST_USE;
void failure_list_free(struct failed_record *f);

#endif
