/* core_output: see core_output.h. */
#include "client/c/core_output.h"

#include <assert.h>

#include "proto/err.h"
#include "proto/msg_encode.h"

static size_t out_total(const struct core_out *o)
{
    return o->before_bytes + o->records.n + o->after_bytes;
}

static struct mp_writer out_before(struct core_out *o)
{
    return mp_write_open(o->before + o->before_bytes, sizeof o->before - o->before_bytes);
}

static void out_before_done(struct core_out *o, const struct mp_writer *w)
{
    assert(mp_write_fits(w));
    o->before_bytes += w->need;
}

static void output_abort(struct client_core *c)
{
    struct mp_writer w = out_before(&c->out);
    if (c->abort_upto == 0 || c->abort_sent)
        return;
    msg_encode_abort(&w, c->abort_upto);
    out_before_done(&c->out, &w);
    c->abort_sent = true;
    c->abort_first = !c->spoke;
}

/* A record that is larger than this daemon accepts fails here, without being sent. */
static void output_refuse(struct client_core *c, uint64_t seq)
{
    static const char text[] = "the record is larger than the daemon takes";
    struct msg_failure f = {.seq = seq, .code = DDBS_E_ITEM_TOO_LARGE, .message = span_of(text, sizeof text - 1)};
    core_settle_failed(c, &f);
}

/* Build one WRITE of records that are due. False: none is due, or the first must wait for credit; *ret_wanted is then
 * its cost. */
static bool output_write(struct client_core *c, uint64_t *ret_wanted)
{
    struct store_limits limits = {
        .credit = window_left(&c->window), .bytes = c->frame_max - MSG_WRITE_HEAD, .upto = c->due_seq};
    struct store_run run;
    struct span bytes;
    uint64_t seq;
    struct mp_writer w;
    int rc;
    while ((seq = store_unsent_first(&c->store, &bytes)) <= c->due_seq && bytes.n + MSG_COST_OVERHEAD > c->record_max)
        output_refuse(c, seq);
    if (seq > c->due_seq)
        return false;
    if (!store_take(&c->store, &limits, &run)) {
        *ret_wanted = bytes.n + MSG_COST_OVERHEAD;
        return false;
    }
    rc = window_take(&c->window, run.cost);
    assert(rc == DDBS_OK);
    w = out_before(&c->out);
    msg_encode_write_head(&w, run.first_seq, run.count, run.bytes.n);
    out_before_done(&c->out, &w);
    c->out.records = run.bytes;
    c->blocked_seq = 0;
    return true;
}

/* Build FLUSH for the tokens whose records are sent. While an ABORT is open none is sent: the answer to the ABORT
 * settles the records that they wait for (S5). */
static void output_flushes(struct client_core *c, struct mp_writer *w)
{
    uint64_t unsent = store_unsent_first(&c->store, NULL);
    if (c->abort_upto != 0)
        return;
    core_tokens_trim(c);
    for (uint32_t i = 0; i < c->token_count && c->tokens[i].upto < unsent; i++) {
        if (c->tokens[i].sent)
            continue;
        msg_encode_flush(w, c->tokens[i].upto, c->tokens[i].upto);
        c->tokens[i].sent = true;
    }
}

static void output_open(struct client_core *c)
{
    struct mp_writer w = mp_write_open(c->out.after, sizeof c->out.after);
    uint64_t wanted = 0, first;
    output_abort(c);
    if (!c->goaway && c->abort_upto == 0)
        output_write(c, &wanted);
    output_flushes(c, &w);
    first = store_unsent_first(&c->store, NULL);
    /* BLOCKED again only for another record: the one that waited before may have been withdrawn or settled. */
    if (wanted > 0 && c->blocked_seq != first) {
        msg_encode_blocked(&w, wanted);
        c->blocked_seq = first;
    }
    if (c->bye_wanted && c->store.unsent == 0 && c->abort_upto == 0) {
        msg_encode_bye(&w);
        c->out.bye = true;
    }
    assert(mp_write_fits(&w));
    c->out.after_bytes = w.need;
    c->spoke = c->spoke || out_total(&c->out) > 0;
}

static void output_refill(struct client_core *c)
{
    c->out.before_bytes = 0;
    c->out.after_bytes = 0;
    c->out.records = (struct span){0};
    c->out.done = 0;
    if (c->state == CORE_GREETING && !c->hello_sent) {
        c->out.records = span_of(c->hello, c->hello_bytes);
        c->hello_sent = true;
    } else if (c->state == CORE_OPEN) {
        output_open(c);
    }
}

size_t core_output(struct client_core *c, struct span ret_spans[CORE_SPANS])
{
    struct core_out *o = &c->out;
    size_t skip, count = 0;
    if (!c->linked || c->broken || c->state == CORE_FAILED || c->state == CORE_ENDED)
        return 0;
    if (o->done == out_total(o))
        output_refill(c);
    skip = o->done;
    for (int i = 0; i < CORE_SPANS; i++) {
        struct span s = i == 0   ? span_of(o->before, o->before_bytes)
                        : i == 1 ? o->records
                                 : span_of(o->after, o->after_bytes);
        if (skip >= s.n) {
            skip -= s.n;
            continue;
        }
        ret_spans[count++] = span_from(s, skip);
        skip = 0;
    }
    return count;
}

void core_output_sent(struct client_core *c, size_t n)
{
    struct core_out *o = &c->out;
    assert(n <= out_total(o) - o->done);
    o->done += n;
    if (o->done < out_total(o))
        return;
    store_return(&c->store);
    if (o->bye && c->state == CORE_OPEN)
        c->state = CORE_ENDED;
}
