#include "daemon/engine/value/acks.h"

#include <assert.h>
#include <string.h>

#include "daemon/engine/value/failures.h"
#include "proto/err.h"

void acks_start(struct acks *a, const struct failures *failures, bool open, uint64_t now_ms)
{
    assert(a->acked_upto == 0 && a->range_count == 0 && a->failure.at == NULL); /* a new connection */
    a->resync = open;
    if (list_empty(&failures->list))
        return;
    struct failure *first = CONTAINER_OF(failures->list.first, struct failure, node);
    a->failure = (struct failure_cursor){.at = first, .seq = first->first};
    a->failure_since_ms = now_ms;
}

void acks_note_settled(struct acks *a, uint64_t first, uint64_t last)
{
    assert(first <= last);
    assert(!a->resync || a->range_count == 0);
    if (first == 0)
        return;      /* the next `upto` covers it */
    if (a->resync) { /* the complement covers it, from `first` on at the latest */
        if (first < a->resync_from)
            a->resync_from = first;
        return;
    }
    uint32_t i = 0;
    while (i < a->range_count && a->ranges[i].last + 1 < first)
        i++;
    uint32_t j = i;
    for (; j < a->range_count && a->ranges[j].first <= last + 1; j++) {
        if (a->ranges[j].first < first)
            first = a->ranges[j].first;
        if (a->ranges[j].last > last)
            last = a->ranges[j].last;
    }
    if (i == j && a->range_count == ACKS_RANGES_MAX) {
        a->range_count = 0;
        a->resync = true;
        a->resync_from = 0;
        return;
    }
    memmove(&a->ranges[i + 1], &a->ranges[j], (a->range_count - j) * sizeof a->ranges[0]);
    a->range_count = a->range_count - (j - i) + 1;
    a->ranges[i] = (struct msg_range){.first = first, .last = last};
}

void acks_note_failure(struct acks *a, struct failure *f, uint64_t seq, uint64_t now_ms)
{
    if (a->failure.at != NULL)
        return;
    a->failure = (struct failure_cursor){.at = f, .seq = seq};
    a->failure_since_ms = now_ms;
}

void acks_forget_failures(struct acks *a)
{
    a->failure.at = NULL;
}

bool acks_due(const struct acks *a, uint64_t upto)
{
    return a->failure.at != NULL || a->resync || a->range_count > 0 || a->acked_upto < upto;
}

bool acks_reached(const struct acks *a, uint64_t upto, uint64_t last_seq)
{
    return a->acked_upto >= (upto < last_seq ? upto : last_seq);
}

/* Advance to the next unreported failure. */
static void cursor_step(struct failure_cursor *f)
{
    assert(f->at->first <= f->seq && f->seq <= f->at->last);
    if (f->seq < f->at->last) {
        f->seq++;
        return;
    }
    struct list_node *next = f->at->node.next;
    f->at = next != NULL ? CONTAINER_OF(next, struct failure, node) : NULL;
    f->seq = f->at != NULL ? f->at->first : 0;
}

uint32_t acks_take_failures(struct acks *a, struct msg_failure *out, uint32_t max)
{
    struct failure_cursor *f = &a->failure;
    uint32_t n = 0;
    for (; f->at != NULL && n < max; n++) {
        const char *text = f->at->text[0] != '\0' ? f->at->text : err_text(f->at->code);
        out[n] = (struct msg_failure){.seq = f->seq,
                                      .code = f->at->code,
                                      .message = span_of(text, strlen(text)),
                                      .maybe_written = f->at->maybe_written};
        cursor_step(f);
    }
    return n;
}

uint32_t acks_take_ranges(struct acks *a, uint64_t upto, struct msg_range out[ACKS_RANGES_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->range_count; i++)
        if (a->ranges[i].last > upto)
            out[n++] = a->ranges[i];
    a->range_count = 0;
    return n;
}
