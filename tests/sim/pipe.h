/* pipe: bytes in transit in one direction: a growing queue.
 * Owner: embedded in a link; pipe_fini frees the bytes.
 */
#ifndef SIM_PIPE_H
#define SIM_PIPE_H

#include <stdlib.h>
#include <string.h>

#include "proto/span.h"
#include "tests/sim/truth.h"

struct pipe {
    uint8_t *p;
    size_t off, n, cap;
};

static inline struct span pipe_view(const struct pipe *q)
{
    return q->n > 0 ? span_of(q->p + q->off, q->n) : (struct span){0};
}

static inline void pipe_push(struct pipe *q, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    if (q->off > 0 && q->off + q->n + n > q->cap) {
        memmove(q->p, q->p + q->off, q->n);
        q->off = 0;
    }
    if (q->n + n > q->cap) {
        q->cap = (q->n + n) * 2;
        q->p = truth_realloc(q->p, q->cap);
    }
    memcpy(q->p + q->off + q->n, bytes, n);
    q->n += n;
}

static inline void pipe_pop(struct pipe *q, size_t n)
{
    q->off += n;
    q->n -= n;
    if (q->n == 0)
        q->off = 0;
}

static inline void pipe_fini(struct pipe *q)
{
    free(q->p);
    *q = (struct pipe){0};
}

#endif
