#include "daemon/engine/conn/input.h"

#include <assert.h>
#include <string.h>

#include "daemon/engine/conn/admission.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/message.h"
#include "daemon/engine/conn/write.h"
#include "daemon/engine/value/event.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

struct room input_room(struct engine *e, struct conn *c)
{
    struct room none = {0};
    if (c->state == CONN_CLOSING || c->state == CONN_LEAVING || c->in.eof || c->in.wait != WAIT_NOTHING)
        return none;
    struct conn_input *in = &c->in;
    if (in->large_record != NULL)
        return (struct room){.p = in->large_record->bytes + in->large_got, .n = in->large_need - in->large_got};
    if (in->buffer != NULL)
        return (struct room){.p = in->buffer + in->len, .n = INPUT_BUFFER - in->len};
    in->peeked = !admission_open(e, c, WAIT_BUFFER, INPUT_BUFFER);
    memcpy(e->scratch, in->tail, in->tail_len);
    return (struct room){.p = e->scratch + in->tail_len, .n = INPUT_BUFFER - in->tail_len, .peek = in->peeked};
}

/* Peeked bytes that were not processed stay in the socket until a buffer can be lent. Otherwise peers that stall within
 * a frame would keep whole frames of the same uid and table from being read. */
static void input_leave_in_socket(struct engine *e, struct conn *c, const uint8_t *base)
{
    assert(c->in.peeked && c->in.buffer == NULL);
    struct conn_input *in = &c->in;
    size_t begun = in->tail_len > in->pos ? in->tail_len - in->pos : 0; /* bytes consumed from the socket earlier */
    in->left = in->len - in->pos - begun;
    memmove(in->tail, base + in->pos, begun);
    in->tail_len = in->len = begun;
    in->pos = 0;
    if (in->wait == WAIT_NOTHING)
        admission_wait(e, c, WAIT_BUFFER, INPUT_BUFFER);
}

/* A WRITE longer than FRAME_BUFFERED_MAX: copy what is here into its record; the rest is read directly into it. */
static bool parse_large(struct engine *e, struct conn *c, const uint8_t *base, uint32_t body)
{
    struct conn_input *in = &c->in;
    if (!write_open_large(e, c, body))
        return false;
    size_t have = in->len - in->pos - FRAME_HEADER;
    size_t n = have < body ? have : body;
    memcpy(in->large_record->bytes, base + in->pos + FRAME_HEADER, n);
    in->large_got = (uint32_t)n;
    in->pos += FRAME_HEADER + n;
    if (in->large_got == in->large_need)
        write_close_large(e, c);
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

/* Process one frame, or continue the current one. False: stop (it needs more bytes or memory, or is closing). */
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
        return parse_large(e, c, base, head.body);
    if (rest.n < FRAME_HEADER + (size_t)head.body)
        return false;
    struct span body = span_of(rest.p + FRAME_HEADER, head.body);
    if (head.type == MSG_WRITE && in->peeked && !admission_finds_room(e, c, head.body)) {
        admission_wait(e, c, WAIT_BUFFER, INPUT_BUFFER);
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
    message_handle(e, c, head.type, body);
    return c->state != CONN_CLOSING && c->state != CONN_LEAVING;
}

/* Keep the unprocessed bytes, at offset 0 of their new place. */
static int input_keep(struct engine *e, struct conn *c, const uint8_t *base)
{
    struct conn_input *in = &c->in;
    assert(in->pos <= in->len && in->len <= INPUT_BUFFER);
    size_t rest = in->len - in->pos;
    if (rest <= CONN_TAIL && in->write.left == 0 && in->wait == WAIT_NOTHING) {
        memmove(in->tail, base + in->pos, rest);
        in->tail_len = rest;
        in->len = rest;
        in->pos = 0;
        admission_return_buffer(e, c);
        return DDBS_OK;
    }
    if (in->peeked && in->write.left == 0) {
        input_leave_in_socket(e, c, base);
        return DDBS_OK;
    }
    if (in->buffer == NULL && admission_lend_buffer(e, c) != DDBS_OK)
        return DDBS_E_OUT_OF_MEMORY;
    memmove(in->buffer, base + in->pos, rest);
    in->write.at -= in->write.left > 0 ? in->pos : 0;
    in->write.end -= in->write.left > 0 ? in->pos : 0;
    in->len = rest;
    in->pos = 0;
    in->tail_len = 0;
    return DDBS_OK;
}

static void input_run(struct engine *e, struct conn *c, const uint8_t *base)
{
    struct conn_input *in = &c->in;
    while (c->state != CONN_CLOSING && in->large_record == NULL && parse_one(e, c, base)) {
    }
    if (c->state == CONN_CLOSING || c->state == CONN_LEAVING)
        return;
    bool begun = in->len > in->pos || in->large_record != NULL;
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

static void input_parse(struct engine *e, struct conn *c)
{
    const uint8_t *base = c->in.buffer != NULL ? c->in.buffer : c->in.tail;
    input_run(e, c, base);
    input_end(e, c);
}

static void large_received(struct engine *e, struct conn *c, size_t n)
{
    struct conn_input *in = &c->in;
    assert(n <= in->large_need - in->large_got);
    in->large_got += (uint32_t)n;
    if (in->large_got < in->large_need)
        return;
    in->len = in->pos = 0;
    write_close_large(e, c);
    if (c->state != CONN_CLOSING)
        conn_arm_timer(e, c);
}

size_t input_received(struct engine *e, struct conn *c, size_t n)
{
    assert(c->in.wait == WAIT_NOTHING && !c->in.eof); /* else input_room returned n == 0 */
    struct conn_input *in = &c->in;
    in->left = 0;
    if (in->large_record != NULL) {
        large_received(e, c, n);
    } else if (in->buffer != NULL) {
        in->len += n;
        input_run(e, c, in->buffer);
    } else {
        in->len = in->tail_len + n;
        in->pos = 0;
        input_run(e, c, e->scratch);
    }
    in->peeked = false;
    return n - in->left;
}

static bool input_served(struct engine *e, struct conn *c)
{
    enum conn_wait wait = c->in.wait;
    admission_stop_waiting(c);
    if (c->in.begun_ms != 0)
        c->in.begun_ms = e->now.mono_ms; /* the engine caused the wait, not the peer */
    if (wait != WAIT_BUFFER)
        input_parse(e, c);
    if (c->ended)
        return true;
    conn_update_reading(e, c);
    conn_arm_timer(e, c);
    return !admission_waits_for(c, wait);
}

bool input_retry(struct engine *e, struct conn *c)
{
    if (c->in_ending.head != NULL) {
        admission_stop_waiting(c);
        return true;
    }
    e->serving = c;
    bool served = admission_may_go_on(e, c) && input_served(e, c);
    e->serving = NULL;
    return served;
}

void input_eof(struct engine *e, struct conn *c)
{
    c->in.eof = true;
    bool discard = c->session != NULL && c->session->discard;
    if (c->state != CONN_WRITER || discard)
        conn_end(e, c);
    else
        input_end(e, c);
    if (!c->ended)
        conn_update_reading(e, c);
}

void input_hangup(struct engine *e, struct conn *c)
{
    c->hung_up = true;
    c->out_len = c->out_pos = 0;
    list_drop(&c->in_out);
    bool discard = c->session != NULL && c->session->discard;
    if (c->state != CONN_WRITER || discard)
        conn_end(e, c);
}
