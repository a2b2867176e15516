#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/core/conn.h"
#include "daemon/core/engine_impl.h"
#include "proto/err.h"

enum { WRITE_PAIR_MIN = 3 }; /* bytes of an [op, item] */

/* Input stands at one of three places: the engine's scratch (while it is being worked off), the connection's `small` (a
 * short tail), or a lent buffer (a longer tail, or records that wait for memory). */

static void input_give_buffer(struct engine *e, struct conn *c)
{
    if (c->in.buffer == NULL)
        return;
    mem_free(c->in.buffer);
    c->in.buffer = NULL;
    pool_give(&e->pools[POOL_INPUT], POOL_INPUT, c->share->tenant, c->share, CONN_BUFFER);
}

void input_move_share(struct engine *e, struct conn *c, struct share *s)
{
    struct pool *p = &e->pools[POOL_INPUT];
    if (c->in.buffer != NULL) {
        pool_give(p, POOL_INPUT, c->share->tenant, c->share, CONN_BUFFER);
        pool_take(p, POOL_INPUT, s->tenant, s, CONN_BUFFER);
    }
    c->share = s;
}

/* What frees memory (ABORT, BYE) is read while others of the same share wait for room for their records: buffers have
 * a queue of their own. So have long WRITEs while too many of them are half read: short ones pass them by. */
static enum pool_kind wait_pool(enum conn_wait wait)
{
    if (wait == WAIT_LONG)
        return POOL_LONG;
    return wait == WAIT_BUFFER ? POOL_INPUT : POOL_RECORD;
}

static void input_wait(struct engine *e, struct conn *c, enum conn_wait wait, uint64_t bytes)
{
    struct share *s = c->share;
    c->in.wait = wait;
    c->in.wait_bytes = bytes;
    if (c == e->serving)
        list_push_front(&s->waiting[wait_pool(wait)], &c->in.in_waiting);
    else
        list_push_back(&s->waiting[wait_pool(wait)], &c->in.in_waiting);
    if (list_empty(&e->waiting_shares))
        target_touch_lingering(e);
    if (s->in_waiting.head == NULL)
        list_push_back(&e->waiting_shares, &s->in_waiting);
    conn_update_reading(e, c);
}

static void input_stop_waiting(struct conn *c)
{
    if (c->in.wait == WAIT_NOTHING)
        return;
    struct share *s = c->share;
    c->in.wait = WAIT_NOTHING;
    list_drop(&c->in.in_waiting);
    if (!share_waits(s))
        list_drop(&s->in_waiting);
}

static bool gate_open(const struct engine *e, const struct conn *c, enum pool_kind kind, uint64_t n)
{
    bool its_turn = c == e->serving || list_empty(&c->share->waiting[kind]);
    return its_turn && pool_may_take(&e->pools[kind], kind, c->share->tenant, c->share, n);
}

/* True if c may take n bytes now; else it waits its turn. */
bool input_gate(struct engine *e, struct conn *c, enum conn_wait wait, uint64_t n)
{
    if (gate_open(e, c, wait_pool(wait), n))
        return true;
    input_wait(e, c, wait, n);
    return false;
}

struct room engine_input(struct engine *e, uint64_t id)
{
    struct room none = {0};
    struct conn *c = conn_find(e, id);
    if (c == NULL || c->state == CONN_CLOSING || c->state == CONN_LEAVING || c->in.eof || c->in.wait != WAIT_NOTHING)
        return none;
    struct conn_input *in = &c->in;
    if (in->big != NULL)
        return (struct room){.p = in->big->bytes + in->big_got, .n = in->big_need - in->big_got};
    if (in->buffer != NULL)
        return (struct room){.p = in->buffer + in->len, .n = CONN_BUFFER - in->len};
    in->peeked = !gate_open(e, c, POOL_INPUT, CONN_BUFFER);
    memcpy(e->scratch, in->small, in->small_len);
    return (struct room){.p = e->scratch + in->small_len, .n = CONN_BUFFER - in->small_len, .peek = in->peeked};
}

/* True if all records of a WRITE of n bytes find room, however small they are: each that is taken makes the share and
 * its table hold more and leaves less free. */
static bool write_finds_room(const struct engine *e, const struct conn *c, uint64_t n)
{
    const struct pool *p = &e->pools[POOL_RECORD];
    const struct share *s = c->share;
    uint64_t most = n + (n / WRITE_PAIR_MIN + 1) * MSG_COST_OVERHEAD, free_bytes = p->size - p->used;
    return list_empty(&s->waiting[POOL_RECORD]) && free_bytes >= p->largest + most &&
           free_bytes >= s->tenant->held[POOL_RECORD] + s->held[POOL_RECORD] + 3 * most;
}

/* What was looked at and is not worked off stays in the socket until a buffer can be lent: those who begin frames and
 * stop must not keep whole frames of others of their uid and table from being read. */
static void input_leave(struct engine *e, struct conn *c, const uint8_t *base)
{
    struct conn_input *in = &c->in;
    size_t begun = in->small_len > in->pos ? in->small_len - in->pos : 0; /* what came earlier, and is ours */
    in->left = in->len - in->pos - begun;
    memmove(in->small, base + in->pos, begun);
    in->small_len = in->len = begun;
    in->pos = 0;
    if (in->wait == WAIT_NOTHING)
        input_wait(e, c, WAIT_BUFFER, CONN_BUFFER);
}

/* A WRITE longer than FRAME_BUFFERED_MAX: its record's memory takes what is here of it, and the rest as it comes. */
static bool parse_big(struct engine *e, struct conn *c, const uint8_t *base, uint32_t body)
{
    struct conn_input *in = &c->in;
    if (!write_open_big(e, c, body))
        return false;
    size_t have = in->len - in->pos - FRAME_HEADER;
    size_t n = have < body ? have : body;
    memcpy(in->big->bytes, base + in->pos + FRAME_HEADER, n);
    in->big_got = (uint32_t)n;
    in->pos += FRAME_HEADER + n;
    if (in->big_got == in->big_need)
        write_close_big(e, c);
    return true;
}

static bool frame_allowed(struct engine *e, struct conn *c, const struct frame_head *head)
{
    uint32_t max = frame_client_max(head->type, FRAME_WRITE_MAX);
    if (max == 0)
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "message type %u is not one that a client sends", head->type);
    else if (head->body > max)
        conn_failf(e, c, DDBS_E_PROTOCOL_ERROR, "a frame of type %u has %u bytes, at most %u are allowed", head->type,
                   head->body, max);
    else
        return true;
    return false;
}

/* Work off one frame, or go on with the one that waits. False: stop (more bytes wanted, memory wanted, or closing). */
static bool parse_one(struct engine *e, struct conn *c, const uint8_t *base)
{
    struct conn_input *in = &c->in;
    if (in->write.left > 0) {
        if (!write_admit(e, c, base))
            return false;
        in->pos = in->write.end;
        return true;
    }
    struct span rest = span_of(base + in->pos, in->len - in->pos);
    struct frame_head head;
    int rc = frame_peek(rest, &head);
    if (rc == 1)
        return false;
    if (rc != DDBS_OK) {
        conn_fail(e, c, rc,
                  "the bytes are not a frame: a length, then a msgpack array that begins with the message type");
        return false;
    }
    if (!frame_allowed(e, c, &head))
        return false;
    if (head.body > FRAME_BUFFERED_MAX)
        return parse_big(e, c, base, head.body);
    if (rest.n < FRAME_HEADER + (size_t)head.body)
        return false;
    struct span body = span_of(rest.p + FRAME_HEADER, head.body);
    if (head.type == MSG_WRITE && in->peeked && !write_finds_room(e, c, head.body)) {
        input_wait(e, c, WAIT_BUFFER, CONN_BUFFER);
        return false;
    }
    in->begun_ms = 0;
    if (head.type == MSG_WRITE) {
        if (!write_open(e, c, body, in->pos + FRAME_HEADER))
            return false;
        if (in->write.left == 0)
            in->pos = in->write.end;
        return true;
    }
    in->pos += FRAME_HEADER + head.body;
    conn_on_message(e, c, head.type, body);
    return c->state != CONN_CLOSING && c->state != CONN_LEAVING;
}

/* Keep what is not worked off, at offset 0 of its new place. */
static int input_keep(struct engine *e, struct conn *c, const uint8_t *base)
{
    struct conn_input *in = &c->in;
    size_t rest = in->len - in->pos;
    if (rest <= CONN_SMALL && in->write.left == 0 && in->wait == WAIT_NOTHING) {
        memmove(in->small, base + in->pos, rest);
        in->small_len = rest;
        in->len = rest;
        in->pos = 0;
        input_give_buffer(e, c);
        return DDBS_OK;
    }
    if (in->peeked && in->write.left == 0) {
        input_leave(e, c, base);
        return DDBS_OK;
    }
    if (in->buffer == NULL) {
        in->buffer = mem_alloc(CONN_BUFFER);
        if (in->buffer == NULL)
            return DDBS_E_OUT_OF_MEMORY;
        pool_take(&e->pools[POOL_INPUT], POOL_INPUT, c->share->tenant, c->share, CONN_BUFFER);
    }
    memmove(in->buffer, base + in->pos, rest);
    in->write.at -= in->write.left > 0 ? in->pos : 0;
    in->write.end -= in->write.left > 0 ? in->pos : 0;
    in->len = rest;
    in->pos = 0;
    in->small_len = 0;
    return DDBS_OK;
}

static void input_run(struct engine *e, struct conn *c, const uint8_t *base)
{
    struct conn_input *in = &c->in;
    while (c->state != CONN_CLOSING && in->big == NULL && parse_one(e, c, base)) {
    }
    if (c->state == CONN_CLOSING || c->state == CONN_LEAVING)
        return;
    bool begun = in->len > in->pos || in->big != NULL;
    if (input_keep(e, c, base) != DDBS_OK) {
        conn_fail(e, c, DDBS_E_OUT_OF_MEMORY, "no memory for the input; connect again");
        return;
    }
    if (!begun)
        in->begun_ms = 0;
    else if (in->begun_ms == 0)
        in->begun_ms = e->now.mono_ms;
    conn_arm_timer(e, c);
}

static void input_end(struct engine *e, struct conn *c)
{
    if (c->in.eof && c->in.wait == WAIT_NOTHING && !c->ended)
        conn_end(e, c);
}

void conn_parse(struct engine *e, struct conn *c)
{
    const uint8_t *base = c->in.buffer != NULL ? c->in.buffer : c->in.small;
    input_run(e, c, base);
    input_end(e, c);
}

static void big_received(struct engine *e, struct conn *c, size_t n)
{
    struct conn_input *in = &c->in;
    assert(n <= in->big_need - in->big_got);
    in->big_got += (uint32_t)n;
    if (in->big_got < in->big_need)
        return;
    in->len = in->pos = 0;
    write_close_big(e, c);
    if (c->state != CONN_CLOSING)
        conn_arm_timer(e, c);
}

size_t engine_received(struct engine *e, uint64_t id, size_t n, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    if (c == NULL)
        return n;
    struct conn_input *in = &c->in;
    in->left = 0;
    if (in->big != NULL) {
        big_received(e, c, n);
    } else if (in->buffer != NULL) {
        in->len += n;
        input_run(e, c, in->buffer);
    } else {
        in->len = in->small_len + n;
        in->pos = 0;
        input_run(e, c, e->scratch);
    }
    in->peeked = false;
    return n - in->left;
}

bool conn_retry(struct engine *e, struct conn *c)
{
    enum conn_wait wait = c->in.wait;
    uint64_t bytes = c->in.wait_bytes;
    enum pool_kind kind = wait_pool(wait);
    if (c->in_ending.head != NULL) {
        input_stop_waiting(c);
        return true;
    }
    e->serving = c;
    bool served = pool_may_take(&e->pools[kind], kind, c->share->tenant, c->share, bytes);
    if (served) {
        input_stop_waiting(c);
        if (c->in.begun_ms != 0)
            c->in.begun_ms = e->now.mono_ms; /* the wait was ours, not the peer's */
        if (wait != WAIT_BUFFER)
            conn_parse(e, c);
        if (!c->ended) {
            conn_update_reading(e, c);
            conn_arm_timer(e, c);
            served = c->in.wait == WAIT_NOTHING || wait_pool(c->in.wait) != kind;
        }
    }
    e->serving = NULL;
    return served;
}

void conn_drop_input(struct engine *e, struct conn *c)
{
    struct conn_input *in = &c->in;
    input_stop_waiting(c);
    input_give_buffer(e, c);
    if (in->big != NULL) {
        record_free(write_take_big(e, c));
    }
    in->len = in->pos = in->small_len = 0;
    in->write.left = 0;
    in->begun_ms = 0;
}

void engine_conn_eof(struct engine *e, uint64_t id, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    if (c == NULL)
        return;
    c->in.eof = true;
    bool discard = c->session != NULL && c->session->discard;
    if (c->state != CONN_WRITER || discard)
        conn_end(e, c);
    else
        input_end(e, c);
    if (!c->ended)
        conn_update_reading(e, c);
}

void engine_conn_hangup(struct engine *e, uint64_t id, struct moment now)
{
    e->now = now;
    struct conn *c = conn_find(e, id);
    if (c == NULL)
        return;
    c->hung = true;
    c->out_len = c->out_pos = 0;
    list_drop(&c->in_out);
    bool discard = c->session != NULL && c->session->discard;
    if (c->state != CONN_WRITER || discard)
        conn_end(e, c);
}
