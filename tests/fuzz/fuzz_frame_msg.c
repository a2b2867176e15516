/* fuzz_frame_msg: the input is a stream of frames; each is peeked at, decoded by its type and walked to its end.
 * Owner: none.
 * Checks: results point into the frame; a refusal has a message and leaves the result unchanged; what was accepted
 * survives encoding and decoding.
 */
#include <stdbool.h>
#include <string.h>

#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"
#include "tests/fuzz/fuzz.h"

enum { STREAM_MAX = 128 * 1024 };

const size_t fuzz_frames_at = 0;

static uint8_t encoded[2 * STREAM_MAX];

/* Check that the error message matches the result. */
static bool error_matches(int err, const char *errmsg)
{
    CHECK(err == DDBS_OK || err == DDBS_E_PROTOCOL_ERROR);
    CHECK(memchr(errmsg, '\0', MSG_ERRMSG) != NULL);
    CHECK((errmsg[0] == '\0') == (err == DDBS_OK));
    return err == DDBS_OK;
}

static void inside(struct span body, struct span part, size_t max)
{
    CHECK(part.n <= max);
    CHECK(part.n == 0 || (part.p >= body.p && part.p + part.n <= body.p + body.n));
}

/* The body of a frame that was just encoded. */
static struct span body_of(const struct mp_writer *w)
{
    struct frame_head head;
    CHECK(mp_write_fits(w));
    CHECK(frame_peek(span_of(w->out, w->need), &head) == DDBS_OK);
    CHECK(head.body == w->need - FRAME_HEADER);
    return span_of(w->out + FRAME_HEADER, head.body);
}

static void fuzz_hello(struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct msg_hello m, again;
    if (!error_matches(msg_decode_hello(body, &m, errmsg), errmsg))
        return;
    CHECK(m.version_count >= 1 && m.version_count <= MSG_VERSIONS_MAX);
    inside(body, m.client, MSG_CLIENT_MAX);
    inside(body, m.table, MSG_TABLE_MAX);
    inside(body, m.bad_option, MSG_NAME_MAX);
    inside(body, m.tags, MSG_TAGS_MAX);
    struct mp_writer w = mp_write_open(encoded, sizeof(encoded));
    msg_encode_hello(&w, &m);
    CHECK(msg_decode_hello(body_of(&w), &again, errmsg) == DDBS_OK);
    CHECK(again.version_count == m.version_count && again.pid == m.pid && again.discard == m.discard);
    CHECK(memcmp(again.versions, m.versions, sizeof(m.versions)) == 0);
    CHECK(memcmp(again.session, m.session, sizeof(m.session)) == 0);
    CHECK(again.max_window == m.max_window && again.bad_option.n == 0);
    CHECK(span_equal(again.client, m.client) && span_equal(again.table, m.table));
    CHECK(span_equal(again.tags, m.tags));
}

static void fuzz_write(struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct msg_write m;
    if (!error_matches(msg_decode_write(body, &m, errmsg), errmsg))
        return;
    CHECK(m.first_seq >= 1 && m.count >= 1);
    CHECK(m.first_seq + (m.count - 1) >= m.first_seq);
    struct mp_cursor c = m.records;
    for (uint32_t i = 0; i < m.count; i++) {
        const uint8_t *before = c.p;
        const uint8_t *start;
        uint8_t op;
        if (msg_decode_write_next(&c, &op, &start) != DDBS_OK) {
            CHECK(c.p == before);
            return;
        }
        CHECK(start == before && c.p > start && c.p <= c.end);
        if (mp_read_skip(&c) != DDBS_OK)
            return;
    }
    if (msg_decode_write_end(&m, &c) != DDBS_OK || m.extra > 0)
        return;
    CHECK(c.p == body.p + body.n);
    size_t records_bytes = (size_t)(c.p - m.records.p);
    struct mp_writer w = mp_write_open(encoded, sizeof(encoded));
    msg_encode_write_head(&w, m.first_seq, m.count, records_bytes);
    CHECK(w.need <= MSG_WRITE_HEAD);
    mp_write_raw(&w, m.records.p, records_bytes);
    struct msg_write again;
    CHECK(msg_decode_write(body_of(&w), &again, errmsg) == DDBS_OK);
    CHECK(again.first_seq == m.first_seq && again.count == m.count && again.extra == 0);
}

static void fuzz_settled(struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct msg_settled m, again;
    if (!error_matches(msg_decode_settled(body, &m, errmsg), errmsg))
        return;
    inside(body, span_of(m.ranges.p, (size_t)(m.ranges.end - m.ranges.p)), body.n);
    inside(body, span_of(m.failures.p, (size_t)(m.failures.end - m.failures.p)), body.n);
    struct msg_range ranges[64];
    struct msg_failure failures[64];
    if (m.range_count > 64 || m.failure_count > 64)
        return;
    struct mp_cursor c = m.ranges;
    for (uint32_t i = 0; i < m.range_count; i++) {
        if (msg_decode_settled_range(&c, &ranges[i]) != DDBS_OK)
            return;
        CHECK(ranges[i].first <= ranges[i].last);
    }
    CHECK(c.p == c.end);
    c = m.failures;
    for (uint32_t i = 0; i < m.failure_count; i++) {
        if (msg_decode_settled_failure(&c, &failures[i]) != DDBS_OK)
            return;
        CHECK(failures[i].code < 0 && failures[i].code >= -DDBS_E_COUNT_);
        inside(body, failures[i].message, MSG_TEXT_MAX);
    }
    CHECK(c.p == c.end);
    struct mp_writer w = mp_write_open(encoded, sizeof(encoded));
    msg_encode_settled(&w,
                       &(struct msg_outcomes){m.upto, ranges, m.range_count, failures, m.failure_count, m.superseded});
    CHECK(msg_decode_settled(body_of(&w), &again, errmsg) == DDBS_OK);
    CHECK(again.upto == m.upto && again.superseded == m.superseded);
    CHECK(again.range_count == m.range_count && again.failure_count == m.failure_count);
}

static void fuzz_welcome(struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct msg_welcome m, again;
    if (!error_matches(msg_decode_welcome(body, &m, errmsg), errmsg))
        return;
    inside(body, m.server, MSG_CLIENT_MAX);
    struct mp_writer w = mp_write_open(encoded, sizeof(encoded));
    msg_encode_welcome(&w, &m);
    CHECK(msg_decode_welcome(body_of(&w), &again, errmsg) == DDBS_OK);
    CHECK(again.version == m.version && again.epoch == m.epoch && again.connection == m.connection);
    CHECK(again.max_frame == m.max_frame && again.max_record == m.max_record && again.credit == m.credit);
    CHECK(span_equal(again.server, m.server));
}

static void fuzz_request(struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct msg_request m, again;
    if (!error_matches(msg_decode_request(body, &m, errmsg), errmsg))
        return;
    inside(body, m.verb, MSG_NAME_MAX);
    inside(body, m.arguments, body.n);
    struct mp_writer w = mp_write_open(encoded, sizeof(encoded));
    msg_encode_request(&w, &m);
    CHECK(msg_decode_request(body_of(&w), &again, errmsg) == DDBS_OK);
    CHECK(again.id == m.id && span_equal(again.verb, m.verb) && span_equal(again.arguments, m.arguments));
}

static void fuzz_reply(struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct msg_reply m, again;
    if (!error_matches(msg_decode_reply(body, &m, errmsg), errmsg))
        return;
    inside(body, m.status, MSG_NAME_MAX);
    inside(body, m.payload, MSG_REPLY_CHUNK);
    struct mp_writer w = mp_write_open(encoded, sizeof(encoded));
    msg_encode_reply(&w, &m);
    CHECK(msg_decode_reply(body_of(&w), &again, errmsg) == DDBS_OK);
    CHECK(again.id == m.id && again.more == m.more);
    CHECK(span_equal(again.status, m.status) && span_equal(again.payload, m.payload));
}

/* ERROR, NOTICE, GOAWAY: texts. */
static void fuzz_texts(uint8_t type, struct span body)
{
    char errmsg[MSG_ERRMSG];
    struct msg_error error;
    struct msg_notice notice;
    struct span reason;
    if (type == MSG_ERROR && error_matches(msg_decode_error(body, &error, errmsg), errmsg)) {
        CHECK(error.code < 0 && error.code >= -DDBS_E_COUNT_);
        inside(body, error.code_name, MSG_NAME_MAX);
        inside(body, error.message, MSG_TEXT_MAX);
    }
    if (type == MSG_NOTICE && error_matches(msg_decode_notice(body, &notice, errmsg), errmsg)) {
        inside(body, notice.reason, MSG_NAME_MAX);
        inside(body, notice.message, MSG_TEXT_MAX);
    }
    if (type == MSG_GOAWAY && error_matches(msg_decode_goaway(body, &reason, errmsg), errmsg))
        inside(body, reason, MSG_NAME_MAX);
}

/* The messages of the form [type, number]. */
static const struct {
    int (*decode)(struct span body, uint64_t *ret, char errmsg[MSG_ERRMSG]);
    void (*encode)(struct mp_writer *w, uint64_t value);
} numbers[64] = {
    [MSG_BLOCKED] = {msg_decode_blocked, msg_encode_blocked}, [MSG_ABORT] = {msg_decode_abort, msg_encode_abort},
    [MSG_CREDIT] = {msg_decode_credit, msg_encode_credit},    [MSG_FLUSHED] = {msg_decode_flushed, msg_encode_flushed},
    [MSG_ABORTED] = {msg_decode_aborted, msg_encode_aborted},
};

static void fuzz_numbers(uint8_t type, struct span body)
{
    char errmsg[MSG_ERRMSG];
    uint64_t a = 0, b = 0, a2 = 0, b2 = 0;
    struct mp_writer w = mp_write_open(encoded, sizeof(encoded));
    if (type == MSG_FLUSH && error_matches(msg_decode_flush(body, &a, &b, errmsg), errmsg)) {
        msg_encode_flush(&w, a, b);
        CHECK(msg_decode_flush(body_of(&w), &a2, &b2, errmsg) == DDBS_OK);
    }
    if (type < 64 && numbers[type].decode != NULL && error_matches(numbers[type].decode(body, &a, errmsg), errmsg)) {
        numbers[type].encode(&w, a);
        CHECK(numbers[type].decode(body_of(&w), &a2, errmsg) == DDBS_OK);
    }
    CHECK(a2 == a && b2 == b);
}

static void fuzz_body(uint8_t type, struct span body)
{
    switch (type) {
    case MSG_HELLO:
        fuzz_hello(body);
        break;
    case MSG_WRITE:
        fuzz_write(body);
        break;
    case MSG_SETTLED:
        fuzz_settled(body);
        break;
    case MSG_WELCOME:
        fuzz_welcome(body);
        break;
    case MSG_REQUEST:
        fuzz_request(body);
        break;
    case MSG_REPLY:
        fuzz_reply(body);
        break;
    default:
        fuzz_texts(type, body);
        fuzz_numbers(type, body);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > STREAM_MAX)
        return 0;
    struct span in = span_of(data, size);
    struct frame_head head;
    while (frame_peek(in, &head) == DDBS_OK) {
        CHECK(in.n >= FRAME_PEEK && head.body >= 2 && head.type < 0x80);
        in = span_from(in, FRAME_HEADER);
        size_t n = head.body < in.n ? head.body : in.n; /* the last one may be cut off */
        fuzz_body(head.type, span_of(in.p, n));
        in = span_from(in, n);
    }
    return 0;
}
