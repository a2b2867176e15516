/* inflight: the requests whose answers are delayed, so that a second write to the same key can be detected.
 * Owner: embedded in the store; the server adds a request when its answer has to wait and removes it when it is sent.
 * Invariants: at most one entry per connection, so it never overflows.
 */
#ifndef FAKEDDB_INFLIGHT_H
#define FAKEDDB_INFLIGHT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum { INFLIGHT_MAX = 4096 };

struct inflight {
    int n;
    uint64_t request[INFLIGHT_MAX];
};

static inline void inflight_add(struct inflight *f, uint64_t request)
{
    assert(f->n < INFLIGHT_MAX);
    f->request[f->n++] = request;
}

static inline bool inflight_has(const struct inflight *f, uint64_t request)
{
    for (int i = 0; i < f->n; i++) {
        if (f->request[i] == request)
            return true;
    }
    return false;
}

/* No effect if it is not there. */
static inline void inflight_remove(struct inflight *f, uint64_t request)
{
    for (int i = 0; i < f->n; i++) {
        if (f->request[i] == request) {
            f->request[i] = f->request[--f->n];
            return;
        }
    }
}

#endif
