#include <assert.h>
#include <string.h>

#include "daemon/core/conn.h"
#include "daemon/core/engine_impl.h"
#include "proto/err.h"

/* What one SETTLED may hold, so that the frame stays within CONN_OUT_FRAMES. */
enum { FAILURES_PER_FRAME = 2 };

void conn_note_settled(struct conn *c, uint64_t first, uint64_t last)
{
    struct conn_settle *st = &c->settle;
    if (first == 0)
        return;       /* `upto` will say it */
    if (st->resync) { /* the complement of the open records will, from here on at the latest */
        if (first < st->resync_from)
            st->resync_from = first;
        return;
    }
    uint32_t i = 0;
    while (i < st->range_count && st->ranges[i].last + 1 < first)
        i++;
    uint32_t j = i;
    for (; j < st->range_count && st->ranges[j].first <= last + 1; j++) {
        if (st->ranges[j].first < first)
            first = st->ranges[j].first;
        if (st->ranges[j].last > last)
            last = st->ranges[j].last;
    }
    if (i == j && st->range_count == CONN_RANGES_MAX) {
        st->range_count = 0;
        st->resync = true;
        st->resync_from = 0;
        return;
    }
    memmove(&st->ranges[i + 1], &st->ranges[j], (st->range_count - j) * sizeof st->ranges[0]);
    st->range_count = st->range_count - (j - i) + 1;
    st->ranges[i] = (struct msg_range){.first = first, .last = last};
}

void conn_note_failure(struct conn *c, struct failure *f, uint64_t seq)
{
    if (c->settle.failure.at != NULL)
        return;
    c->settle.failure = (struct failure_cursor){.at = f, .seq = seq};
}

bool conn_settled_due(const struct conn *c)
{
    const struct conn_settle *st = &c->settle;
    if (c->session == NULL)
        return false;
    return st->failure.at != NULL || st->resync || st->range_count > 0 || st->told_upto < session_upto(c->session);
}

bool conn_told(const struct conn *c, uint64_t upto)
{
    const struct session *s = c->session;
    return c->settle.told_upto >= (upto < s->last_seq ? upto : s->last_seq);
}

/* Step to the next failure that is not told. */
static void cursor_step(struct failure_cursor *f)
{
    if (f->seq < f->at->last) {
        f->seq++;
        return;
    }
    struct list_node *next = f->at->node.next;
    f->at = next != NULL ? CONTAINER_OF(next, struct failure, node) : NULL;
    f->seq = f->at != NULL ? f->at->first : 0;
}

static uint32_t take_failures(struct conn *c, struct msg_failure out[FAILURES_PER_FRAME])
{
    struct failure_cursor *f = &c->settle.failure;
    uint32_t n = 0;
    for (; f->at != NULL && n < FAILURES_PER_FRAME; n++) {
        const char *text = f->at->text[0] != '\0' ? f->at->text : err_text(f->at->code);
        out[n] = (struct msg_failure){.seq = f->seq,
                                      .code = f->at->code,
                                      .message = span_of(text, strlen(text)),
                                      .maybe_written = f->at->maybe_written};
        cursor_step(f);
    }
    return n;
}

/* The gaps between the open records from resync_from on. */
static uint32_t take_complement(struct conn *c, struct msg_range out[CONN_RANGES_MAX])
{
    struct conn_settle *st = &c->settle;
    const struct session *s = c->session;
    uint32_t n = 0;
    for (struct list_node *node = s->open.first; node != NULL; node = node->next) {
        const struct record *r = CONTAINER_OF(node, struct record, in_session);
        uint64_t next = node->next != NULL ? CONTAINER_OF(node->next, struct record, in_session)->seq : s->last_seq + 1;
        if (next <= r->seq + 1 || r->seq + 1 < st->resync_from)
            continue;
        if (n == CONN_RANGES_MAX) {
            st->resync_from = r->seq + 1;
            return n;
        }
        out[n++] = (struct msg_range){.first = r->seq + 1, .last = next - 1};
    }
    st->resync = false;
    st->resync_from = 0;
    return n;
}

static uint32_t take_ranges(struct conn *c, uint64_t upto, struct msg_range out[CONN_RANGES_MAX])
{
    struct conn_settle *st = &c->settle;
    if (st->resync)
        return take_complement(c, out);
    uint32_t n = 0;
    for (uint32_t i = 0; i < st->range_count; i++)
        if (st->ranges[i].last > upto)
            out[n++] = st->ranges[i];
    st->range_count = 0;
    return n;
}

void conn_encode_settled(struct engine *e, struct conn *c, struct mp_writer *w)
{
    struct conn_settle *st = &c->settle;
    struct msg_failure failures[FAILURES_PER_FRAME];
    struct msg_range ranges[CONN_RANGES_MAX];
    uint32_t failure_count = take_failures(c, failures);
    uint32_t range_count = 0;
    if (st->failure.at == NULL) {
        st->told_upto = session_upto(c->session);
        range_count = take_ranges(c, st->told_upto, ranges);
        st->failure_since_ms = 0;
    } else {
        st->failure_since_ms = e->now.mono_ms; /* one step was made: the peer reads */
    }
    if (failure_count > 0)
        conn_arm_timer(e, c);
    msg_encode_settled(w, &(struct msg_outcomes){.upto = st->told_upto,
                                                 .ranges = ranges,
                                                 .range_count = range_count,
                                                 .failures = failures,
                                                 .failure_count = failure_count});
}
