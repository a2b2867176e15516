/* msg_encode: see the header. */
#include "proto/msg_encode.h"

#include <assert.h>

#include "proto/err.h"
#include "proto/frame.h"

/* Begin a frame: space for its header, then the array and the type. Returns the frame's start, for frame_end. */
static size_t frame_begin(struct mp_writer *w, enum msg_type type, uint32_t elements)
{
    static const uint8_t placeholder[FRAME_HEADER];
    size_t start = w->need;
    mp_write_raw(w, placeholder, sizeof(placeholder));
    mp_write_array(w, elements);
    mp_write_uint(w, (uint64_t)type);
    return start;
}

/* End a frame. The caller itself appends the last `behind` bytes. */
static void frame_end(struct mp_writer *w, size_t start, size_t behind)
{
    size_t body = w->need - start - FRAME_HEADER + behind;
    assert(body <= UINT32_MAX);
    if (mp_write_fits(w))
        frame_put_header(w->out + start, (uint32_t)body);
}

static void put_span(struct mp_writer *w, struct span text)
{
    mp_write_str(w, (const char *)text.p, text.n);
}

/* A message text, cut to MSG_TEXT_MAX without splitting a UTF-8 character. */
static void put_text(struct mp_writer *w, const char *text, size_t n)
{
    if (n > MSG_TEXT_MAX) {
        n = MSG_TEXT_MAX;
        while (n > 0 && ((uint8_t)text[n] & 0xc0) == 0x80)
            n--;
    }
    mp_write_str(w, text, n);
}

/* A map that is already msgpack; an empty span means an empty map. */
static void put_raw_map(struct mp_writer *w, struct span map)
{
    if (map.n == 0)
        mp_write_map(w, 0);
    else
        mp_write_raw(w, map.p, map.n);
}

/* Encode a message of the form [type, value]. */
static void encode_one_uint(struct mp_writer *w, enum msg_type type, uint64_t value)
{
    size_t start = frame_begin(w, type, 2);
    mp_write_uint(w, value);
    frame_end(w, start, 0);
}

static void put_hello_options(struct mp_writer *w, const struct msg_hello *m)
{
    mp_write_map(w, (m->discard ? 1 : 0) + (m->max_window > 0 ? 1 : 0));
    if (m->discard) {
        mp_write_cstr(w, "on_eof");
        mp_write_cstr(w, "discard");
    }
    if (m->max_window > 0) {
        mp_write_cstr(w, "max_window");
        mp_write_uint(w, m->max_window);
    }
}

void msg_encode_hello(struct mp_writer *w, const struct msg_hello *m)
{
    assert(m->version_count >= 1 && m->version_count <= MSG_VERSIONS_MAX);
    size_t start = frame_begin(w, MSG_HELLO, 9);
    mp_write_array(w, m->version_count);
    for (uint32_t i = 0; i < m->version_count; i++)
        mp_write_uint(w, m->versions[i]);
    mp_write_bin(w, m->session, sizeof(m->session));
    put_span(w, m->client);
    mp_write_uint(w, m->pid);
    if (m->table.n == 0)
        mp_write_nil(w);
    else
        put_span(w, m->table);
    put_hello_options(w, m);
    put_raw_map(w, m->tags);
    mp_write_array(w, 0); /* features: v1 has none */
    frame_end(w, start, 0);
}

void msg_encode_blocked(struct mp_writer *w, uint64_t cost)
{
    encode_one_uint(w, MSG_BLOCKED, cost);
}

void msg_encode_flush(struct mp_writer *w, uint64_t token, uint64_t upto)
{
    size_t start = frame_begin(w, MSG_FLUSH, 3);
    mp_write_uint(w, token);
    mp_write_uint(w, upto);
    frame_end(w, start, 0);
}

void msg_encode_abort(struct mp_writer *w, uint64_t upto)
{
    encode_one_uint(w, MSG_ABORT, upto);
}

void msg_encode_bye(struct mp_writer *w)
{
    frame_end(w, frame_begin(w, MSG_BYE, 1), 0);
}

void msg_encode_request(struct mp_writer *w, const struct msg_request *m)
{
    size_t start = frame_begin(w, MSG_REQUEST, 4);
    mp_write_uint(w, m->id);
    put_span(w, m->verb);
    put_raw_map(w, m->arguments);
    frame_end(w, start, 0);
}

void msg_encode_welcome(struct mp_writer *w, const struct msg_welcome *m)
{
    size_t start = frame_begin(w, MSG_WELCOME, 9);
    mp_write_uint(w, m->version);
    mp_write_uint(w, m->epoch);
    mp_write_uint(w, m->connection);
    mp_write_uint(w, m->max_frame);
    mp_write_uint(w, m->max_record);
    mp_write_uint(w, m->credit);
    mp_write_array(w, 0); /* features: v1 has none */
    put_span(w, m->server);
    frame_end(w, start, 0);
}

void msg_encode_credit(struct mp_writer *w, uint64_t limit)
{
    encode_one_uint(w, MSG_CREDIT, limit);
}

static void put_failure(struct mp_writer *w, const struct msg_failure *f)
{
    assert(f->code < 0);
    mp_write_array(w, 4);
    mp_write_uint(w, f->seq);
    mp_write_cstr(w, err_name(f->code));
    put_text(w, (const char *)f->message.p, f->message.n);
    mp_write_bool(w, f->maybe_written);
}

void msg_encode_settled(struct mp_writer *w, const struct msg_outcomes *m)
{
    size_t start = frame_begin(w, MSG_SETTLED, 5);
    mp_write_uint(w, m->upto);
    mp_write_array(w, m->range_count);
    for (uint32_t i = 0; i < m->range_count; i++) {
        assert(m->ranges[i].first <= m->ranges[i].last);
        mp_write_array(w, 2);
        mp_write_uint(w, m->ranges[i].first);
        mp_write_uint(w, m->ranges[i].last);
    }
    mp_write_array(w, m->failure_count);
    for (uint32_t i = 0; i < m->failure_count; i++)
        put_failure(w, &m->failures[i]);
    mp_write_uint(w, m->superseded);
    frame_end(w, start, 0);
}

void msg_encode_flushed(struct mp_writer *w, uint64_t token)
{
    encode_one_uint(w, MSG_FLUSHED, token);
}

void msg_encode_aborted(struct mp_writer *w, uint64_t upto)
{
    encode_one_uint(w, MSG_ABORTED, upto);
}

void msg_encode_goaway(struct mp_writer *w, const char *reason)
{
    size_t start = frame_begin(w, MSG_GOAWAY, 2);
    mp_write_cstr(w, reason);
    frame_end(w, start, 0);
}

void msg_encode_error(struct mp_writer *w, int code, const char *message)
{
    assert(code < 0);
    size_t start = frame_begin(w, MSG_ERROR, 4);
    mp_write_cstr(w, err_name(code));
    put_text(w, message, strlen(message));
    mp_write_bool(w, err_retryable(code));
    frame_end(w, start, 0);
}

void msg_encode_reply(struct mp_writer *w, const struct msg_reply *m)
{
    assert(m->payload.n <= MSG_REPLY_CHUNK);
    size_t start = frame_begin(w, MSG_REPLY, 5);
    mp_write_uint(w, m->id);
    mp_write_bool(w, m->more);
    put_span(w, m->status);
    mp_write_bin(w, m->payload.p, m->payload.n);
    frame_end(w, start, 0);
}

void msg_encode_notice(struct mp_writer *w, const char *reason, const char *message)
{
    size_t start = frame_begin(w, MSG_NOTICE, 3);
    mp_write_cstr(w, reason);
    put_text(w, message, strlen(message));
    frame_end(w, start, 0);
}

void msg_encode_write_head(struct mp_writer *w, uint64_t first_seq, uint32_t count, size_t records_bytes)
{
    size_t start = frame_begin(w, MSG_WRITE, 3);
    mp_write_uint(w, first_seq);
    mp_write_array(w, count);
    frame_end(w, start, records_bytes);
}
