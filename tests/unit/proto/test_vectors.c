/* test_vectors: the golden frames of proto/vectors: every message is decoded and encoded, every bad one refused. An
 * independent script generates the vectors; clients in other languages use the same files.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"
#include "tests/unit/proto/vectors.h"

static char errmsg[MSG_ERRMSG];

static json_t *text_of(struct span s)
{
    return json_stringn((const char *)s.p, s.n);
}

static json_t *number_of(uint64_t v)
{
    return v <= INT64_MAX ? json_integer((json_int_t)v) : json_sprintf("%" PRIu64, v);
}

/* For each message: decode the body, encode it again into w, and return its fields. NULL: refused. */

static json_t *see_hello(struct span body, struct mp_writer *w)
{
    struct msg_hello m;
    if (msg_decode_hello(body, &m, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_hello(w, &m);
    json_t *versions = json_array();
    for (uint32_t i = 0; i < m.version_count; i++)
        json_array_append_new(versions, number_of(m.versions[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "versions", versions, "session",
                     hex_of(span_of(m.session, sizeof(m.session))), "client", text_of(m.client), "pid",
                     number_of(m.pid), "table", m.table.n > 0 ? text_of(m.table) : json_null(), "discard", m.discard,
                     "max_window", number_of(m.max_window), "bad_option",
                     m.bad_option.n > 0 ? text_of(m.bad_option) : json_null(), "tags", hex_of(m.tags));
}

static json_t *see_write(struct span body, struct mp_writer *w)
{
    struct msg_write m;
    if (msg_decode_write(body, &m, errmsg) != DDBS_OK)
        return NULL;
    json_t *records = json_array();
    struct mp_cursor at = m.records;
    for (uint32_t i = 0; i < m.count; i++) {
        uint8_t op;
        const uint8_t *start, *item;
        int err = msg_decode_write_next(&at, &op, &start);
        item = at.p;
        if (err != DDBS_OK || mp_read_skip(&at) != DDBS_OK) {
            json_decref(records);
            return NULL;
        }
        json_t *bytes = hex_of(span_of(item, (size_t)(at.p - item)));
        json_t *cost = number_of((uint64_t)(at.p - start) + MSG_COST_OVERHEAD);
        json_array_append_new(records, json_pack("{s:i, s:o, s:o}", "op", op, "item", bytes, "cost", cost));
    }
    if (msg_decode_write_end(&m, &at) != DDBS_OK) {
        json_decref(records);
        return NULL;
    }
    size_t bytes = (size_t)(at.p - m.records.p);
    msg_encode_write_head(w, m.first_seq, m.count, bytes);
    mp_write_raw(w, m.records.p, bytes);
    return json_pack("{s:o, s:o}", "first_seq", number_of(m.first_seq), "records", records);
}

static json_t *see_blocked(struct span body, struct mp_writer *w)
{
    uint64_t cost;
    if (msg_decode_blocked(body, &cost, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_blocked(w, cost);
    return json_pack("{s:o}", "cost_wanted", number_of(cost));
}

static json_t *see_flush(struct span body, struct mp_writer *w)
{
    uint64_t token, upto;
    if (msg_decode_flush(body, &token, &upto, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_flush(w, token, upto);
    return json_pack("{s:o, s:o}", "token", number_of(token), "upto_seq", number_of(upto));
}

static json_t *see_abort(struct span body, struct mp_writer *w)
{
    uint64_t upto;
    if (msg_decode_abort(body, &upto, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_abort(w, upto);
    return json_pack("{s:o}", "upto_seq", number_of(upto));
}

/* BYE has no fields: frame_peek has checked everything. */
static json_t *see_bye(struct span body, struct mp_writer *w)
{
    struct mp_cursor at = mp_read_open(body);
    if (mp_read_skip(&at) != DDBS_OK || at.p != at.end)
        return NULL;
    msg_encode_bye(w);
    return json_object();
}

static json_t *see_request(struct span body, struct mp_writer *w)
{
    struct msg_request m;
    if (msg_decode_request(body, &m, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_request(w, &m);
    return json_pack("{s:o, s:o, s:o}", "id", number_of(m.id), "verb", text_of(m.verb), "arguments",
                     hex_of(m.arguments));
}

static json_t *see_welcome(struct span body, struct mp_writer *w)
{
    struct msg_welcome m;
    if (msg_decode_welcome(body, &m, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_welcome(w, &m);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version", number_of(m.version), "epoch",
                     number_of(m.epoch), "connection", number_of(m.connection), "max_frame", number_of(m.max_frame),
                     "max_record", number_of(m.max_record), "credit", number_of(m.credit), "server", text_of(m.server));
}

static json_t *see_credit(struct span body, struct mp_writer *w)
{
    uint64_t limit;
    if (msg_decode_credit(body, &limit, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_credit(w, limit);
    return json_pack("{s:o}", "limit", number_of(limit));
}

enum { LIST_MAX = 8 };

static json_t *see_settled(struct span body, struct mp_writer *w)
{
    struct msg_settled m;
    struct msg_range range[LIST_MAX];
    struct msg_failure failure[LIST_MAX];
    if (msg_decode_settled(body, &m, errmsg) != DDBS_OK)
        return NULL;
    assert_true(m.range_count <= LIST_MAX && m.failure_count <= LIST_MAX);
    json_t *fields = json_pack("{s:o, s:[], s:[], s:o}", "upto", number_of(m.upto), "ranges", "failures", "superseded",
                               number_of(m.superseded));
    int err = DDBS_OK;
    for (uint32_t i = 0; i < m.range_count && err == DDBS_OK; i++) {
        err = msg_decode_settled_range(&m.ranges, &range[i]);
        if (err == DDBS_OK)
            json_array_append_new(json_object_get(fields, "ranges"),
                                  json_pack("[o, o]", number_of(range[i].first), number_of(range[i].last)));
    }
    for (uint32_t i = 0; i < m.failure_count && err == DDBS_OK; i++) {
        err = msg_decode_settled_failure(&m.failures, &failure[i]);
        if (err == DDBS_OK)
            json_array_append_new(json_object_get(fields, "failures"),
                                  json_pack("{s:o, s:s, s:o, s:b}", "seq", number_of(failure[i].seq), "code",
                                            err_name(failure[i].code), "message", text_of(failure[i].message),
                                            "maybe_written", failure[i].maybe_written));
    }
    if (err != DDBS_OK) {
        json_decref(fields);
        return NULL;
    }
    struct msg_outcomes outcomes = {m.upto, range, m.range_count, failure, m.failure_count, m.superseded};
    msg_encode_settled(w, &outcomes);
    return fields;
}

static json_t *see_flushed(struct span body, struct mp_writer *w)
{
    uint64_t token;
    if (msg_decode_flushed(body, &token, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_flushed(w, token);
    return json_pack("{s:o}", "token", number_of(token));
}

static json_t *see_aborted(struct span body, struct mp_writer *w)
{
    uint64_t upto;
    if (msg_decode_aborted(body, &upto, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_aborted(w, upto);
    return json_pack("{s:o}", "upto_seq", number_of(upto));
}

/* A span as a C string, for encoders that take one. */
static const char *cstr(struct span s, char out[MSG_TEXT_MAX + 1])
{
    assert_true(s.n <= MSG_TEXT_MAX);
    if (s.n > 0)
        memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return out;
}

static json_t *see_goaway(struct span body, struct mp_writer *w)
{
    struct span reason;
    char text[MSG_TEXT_MAX + 1];
    if (msg_decode_goaway(body, &reason, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_goaway(w, cstr(reason, text));
    return json_pack("{s:o}", "reason", text_of(reason));
}

static json_t *see_error(struct span body, struct mp_writer *w)
{
    struct msg_error m;
    char text[MSG_TEXT_MAX + 1];
    if (msg_decode_error(body, &m, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_error(w, m.code, cstr(m.message, text));
    return json_pack("{s:s, s:o, s:b}", "code", err_name(m.code), "message", text_of(m.message), "retryable",
                     m.retryable);
}

static json_t *see_reply(struct span body, struct mp_writer *w)
{
    struct msg_reply m;
    if (msg_decode_reply(body, &m, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_reply(w, &m);
    return json_pack("{s:o, s:b, s:o, s:o}", "id", number_of(m.id), "more", m.more, "status", text_of(m.status),
                     "payload", hex_of(m.payload));
}

static json_t *see_notice(struct span body, struct mp_writer *w)
{
    struct msg_notice m;
    char reason[MSG_TEXT_MAX + 1], text[MSG_TEXT_MAX + 1];
    if (msg_decode_notice(body, &m, errmsg) != DDBS_OK)
        return NULL;
    msg_encode_notice(w, cstr(m.reason, reason), cstr(m.message, text));
    return json_pack("{s:o, s:o}", "reason", text_of(m.reason), "message", text_of(m.message));
}

static const struct {
    const char *name;
    uint8_t type;
    json_t *(*see)(struct span body, struct mp_writer *w);
} messages[] = {
    {"HELLO", MSG_HELLO, see_hello},       {"WRITE", MSG_WRITE, see_write},       {"BLOCKED", MSG_BLOCKED, see_blocked},
    {"FLUSH", MSG_FLUSH, see_flush},       {"ABORT", MSG_ABORT, see_abort},       {"BYE", MSG_BYE, see_bye},
    {"REQUEST", MSG_REQUEST, see_request}, {"WELCOME", MSG_WELCOME, see_welcome}, {"CREDIT", MSG_CREDIT, see_credit},
    {"SETTLED", MSG_SETTLED, see_settled}, {"FLUSHED", MSG_FLUSHED, see_flushed}, {"ABORTED", MSG_ABORTED, see_aborted},
    {"GOAWAY", MSG_GOAWAY, see_goaway},    {"ERROR", MSG_ERROR, see_error},       {"REPLY", MSG_REPLY, see_reply},
    {"NOTICE", MSG_NOTICE, see_notice},
};

enum { MESSAGES = sizeof(messages) / sizeof(messages[0]), ENCODED_MAX = 4096 };

static size_t message_of(uint8_t type)
{
    size_t i = 0;
    while (i < MESSAGES && messages[i].type != type)
        i++;
    return i;
}

static void check_frame(json_t *v)
{
    const char *name = str(v, "name");
    struct span frame = unhex(str(v, "hex"));
    struct frame_head head;
    for (size_t n = 0; n < FRAME_PEEK; n++)
        assert_int_equal(frame_peek(span_of(frame.p, n), &head), 1);
    assert_int_equal(frame_peek(frame, &head), DDBS_OK);
    assert_int_equal(head.body, frame.n - FRAME_HEADER);
    size_t i = message_of(head.type);
    assert_true(i < MESSAGES);
    assert_string_equal(messages[i].name, str(v, "message"));
    if (head.type < MSG_WELCOME)
        assert_true(head.body <= frame_client_max(head.type, FRAME_WRITE_MAX));

    uint8_t out[ENCODED_MAX];
    struct mp_writer w = mp_write_open(out, sizeof(out));
    json_t *found = messages[i].see(span_from(frame, FRAME_HEADER), &w);
    if (found == NULL)
        fail_msg("%s is refused: %s", name, errmsg);
    if (!json_equal(found, json_object_get(v, "fields")))
        fail_msg("%s decodes as %s", name, json_dumps(found, 0));
    if (json_is_true(json_object_get(v, "encodes"))) {
        json_t *again = hex_of(span_of(out, w.need));
        if (strcmp(json_string_value(again), str(v, "hex")) != 0)
            fail_msg("%s encodes as %s", name, json_string_value(again));
        json_decref(again);
    }
    json_decref(found);
    span_free(frame);
}

static void frames_are_read_and_written(void **state)
{
    (void)state;
    json_t *list = load("frames.json", "frames"), *v;
    size_t i;
    unsigned seen[MESSAGES] = {0};
    json_array_foreach(list, i, v)
    {
        check_frame(v);
        for (size_t m = 0; m < MESSAGES; m++)
            seen[m] += strcmp(messages[m].name, str(v, "message")) == 0;
    }
    for (size_t m = 0; m < MESSAGES; m++)
        assert_true(seen[m] > 0);
    json_decref(list);
}

/* Classify a frame like a real decoder: checks run in the order in which bytes arrive. */
static int judge_frame(struct span frame, bool from_client)
{
    struct frame_head head;
    uint8_t out[ENCODED_MAX];
    struct mp_writer w = mp_write_open(out, sizeof(out));
    int err = frame_peek(frame, &head);
    if (err != DDBS_OK)
        return err;
    uint32_t max = from_client ? frame_client_max(head.type, FRAME_WRITE_MAX) : FRAME_DAEMON_MAX;
    if (head.body > max)
        return DDBS_E_PROTOCOL_ERROR;
    assert_int_equal(head.body, frame.n - FRAME_HEADER);
    json_t *found = messages[message_of(head.type)].see(span_from(frame, FRAME_HEADER), &w);
    json_decref(found);
    return found == NULL ? DDBS_E_PROTOCOL_ERROR : DDBS_OK;
}

static void bad_frames_are_refused(void **state)
{
    (void)state;
    json_t *list = load("bad_frames.json", "frames"), *v;
    size_t i;
    json_array_foreach(list, i, v)
    {
        struct span frame = unhex(str(v, "hex"));
        const char *code = str(v, "code");
        int err = judge_frame(frame, strcmp(str(v, "from"), "client") == 0);
        if (err != err_from_name(code, strlen(code)))
            fail_msg("%s gives %s, not %s", str(v, "name"), err > 0 ? "more" : err_name(err), code);
        span_free(frame);
    }
    json_decref(list);
}

/* Every prefix of every good frame needs more bytes or is refused; it is never accepted as a message. */
static void cut_frames_are_refused(void **state)
{
    (void)state;
    json_t *list = load("frames.json", "frames"), *v;
    size_t i;
    json_array_foreach(list, i, v)
    {
        struct span frame = unhex(str(v, "hex"));
        for (size_t n = FRAME_PEEK; n < frame.n; n++) {
            uint8_t *cut = malloc(n);
            uint8_t out[ENCODED_MAX];
            struct mp_writer w = mp_write_open(out, sizeof(out));
            assert_non_null(cut);
            memcpy(cut, frame.p, n);
            size_t m = message_of(cut[FRAME_HEADER + 1]);
            assert_null(messages[m].see(span_of(cut + FRAME_HEADER, n - FRAME_HEADER), &w));
            free(cut);
        }
        span_free(frame);
    }
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_read_and_written),
        cmocka_unit_test(bad_frames_are_refused),
        cmocka_unit_test(cut_frames_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
