/* msg_decode: see the header. */
#include "proto/msg_decode.h"

#include <stdarg.h>
#include <stdio.h>

#include "proto/err.h"

/* A message being decoded. The first error sets `err`; every later read then does nothing and returns zero, so a
 * decoder reads all fields in a row and checks once, at the end. */
struct field_reader {
    struct mp_cursor at;
    const char *message; /* its name, for error messages */
    uint32_t extra;      /* elements after the known ones */
    int err;
    char *errmsg;
};

__attribute__((format(printf, 2, 3))) static void field_refuse(struct field_reader *r, const char *format, ...)
{
    if (r->err != DDBS_OK)
        return;
    r->err = DDBS_E_PROTOCOL_ERROR;
    int n = snprintf(r->errmsg, MSG_ERRMSG, "%s: ", r->message);
    va_list args;
    va_start(args, format);
    vsnprintf(r->errmsg + n, MSG_ERRMSG - (size_t)n, format, args);
    va_end(args);
}

/* Explain a failed typed read: the bytes are not msgpack, or the value has another type. */
static void field_refuse_kind(struct field_reader *r, const char *field, const char *kind)
{
    struct mp_cursor probe = r->at;
    struct mp_token t;
    if (mp_read_next(&probe, &t) == DDBS_OK)
        field_refuse(r, "%s is not %s", field, kind);
    else
        field_refuse(r, "%s is cut off or not msgpack", field);
}

/* Open a body: an array of at least `known` elements, counting the type, whose first element is `type`. */
static struct field_reader field_open(struct span body, const char *message, enum msg_type type, uint32_t known,
                                      char *errmsg)
{
    struct field_reader r = {.at = mp_read_open(body), .message = message, .errmsg = errmsg};
    uint32_t count = 0;
    uint64_t got = 0;
    errmsg[0] = '\0';
    if (mp_read_array(&r.at, &count) != DDBS_OK)
        field_refuse_kind(&r, "the body", "an array");
    else if (count < known)
        field_refuse(&r, "the array has %u elements, %u are needed", count, known);
    else if (mp_read_uint(&r.at, &got) != DDBS_OK || got != type)
        field_refuse(&r, "the message type is not %d", (int)type);
    r.extra = count - known;
    return r;
}

static uint64_t field_uint(struct field_reader *r, const char *field)
{
    uint64_t value = 0;
    if (r->err == DDBS_OK && mp_read_uint(&r->at, &value) != DDBS_OK)
        field_refuse_kind(r, field, "an unsigned integer");
    return value;
}

static bool field_bool(struct field_reader *r, const char *field)
{
    bool value = false;
    if (r->err == DDBS_OK && mp_read_bool(&r->at, &value) != DDBS_OK)
        field_refuse_kind(r, field, "a boolean");
    return value;
}

static struct span field_str(struct field_reader *r, const char *field, size_t min, size_t max)
{
    struct span text = {.p = NULL, .n = 0};
    if (r->err != DDBS_OK)
        return text;
    if (mp_read_str(&r->at, &text) != DDBS_OK)
        field_refuse_kind(r, field, "a string");
    else if (text.n < min)
        field_refuse(r, "%s is empty", field);
    else if (text.n > max)
        field_refuse(r, "%s has %zu bytes, at most %zu are allowed", field, text.n, max);
    return text;
}

static struct span field_bin(struct field_reader *r, const char *field, size_t min, size_t max)
{
    struct span bytes = {.p = NULL, .n = 0};
    if (r->err != DDBS_OK)
        return bytes;
    if (mp_read_bin(&r->at, &bytes) != DDBS_OK)
        field_refuse_kind(r, field, "a byte string");
    else if (bytes.n < min || bytes.n > max)
        field_refuse(r, "%s has %zu bytes, %zu to %zu are allowed", field, bytes.n, min, max);
    return bytes;
}

static uint32_t field_array(struct field_reader *r, const char *field)
{
    uint32_t count = 0;
    if (r->err == DDBS_OK && mp_read_array(&r->at, &count) != DDBS_OK)
        field_refuse_kind(r, field, "an array");
    return count;
}

static uint32_t field_map(struct field_reader *r, const char *field)
{
    uint32_t pairs = 0;
    if (r->err == DDBS_OK && mp_read_map(&r->at, &pairs) != DDBS_OK)
        field_refuse_kind(r, field, "a map");
    return pairs;
}

/* Skip `count` values of any type. Returns their bytes. */
static struct span field_skip(struct field_reader *r, const char *field, uint64_t count)
{
    const uint8_t *start = r->at.p;
    for (uint64_t i = 0; i < count && r->err == DDBS_OK; i++) {
        if (mp_read_skip(&r->at) != DDBS_OK)
            field_refuse(r, "%s is cut off, not msgpack, or nested too deeply", field);
    }
    return span_of(start, (size_t)(r->at.p - start));
}

/* A map that the decoder does not look into: its raw bytes. */
static struct span field_raw_map(struct field_reader *r, const char *field, size_t max)
{
    const uint8_t *start = r->at.p;
    uint32_t pairs = field_map(r, field);
    field_skip(r, field, 2 * (uint64_t)pairs);
    struct span raw = span_of(start, (size_t)(r->at.p - start));
    if (raw.n > max)
        field_refuse(r, "%s has %zu bytes, at most %zu are allowed", field, raw.n, max);
    return raw;
}

/* Skip the extra fields that F3 allows, and refuse anything after the array. */
static int field_close(struct field_reader *r)
{
    field_skip(r, "a trailing element", r->extra);
    if (r->at.p != r->at.end)
        field_refuse(r, "%zu bytes follow the message", (size_t)(r->at.end - r->at.p));
    return r->err;
}

/* Decode a message of the form [type, value]. */
static int decode_one_uint(struct span body, const char *message, enum msg_type type, const char *field, uint64_t *ret,
                           char *errmsg)
{
    struct field_reader r = field_open(body, message, type, 2, errmsg);
    uint64_t value = field_uint(&r, field);
    int err = field_close(&r);
    if (err == DDBS_OK)
        *ret = value;
    return err;
}

static bool text_is(struct span text, const char *s)
{
    return text.n == strlen(s) && memcmp(text.p, s, text.n) == 0;
}

static void hello_versions(struct field_reader *r, struct msg_hello *m)
{
    uint32_t count = field_array(r, "versions");
    if (r->err == DDBS_OK && (count == 0 || count > MSG_VERSIONS_MAX))
        field_refuse(r, "versions has %u elements, 1 to %d are allowed", count, MSG_VERSIONS_MAX);
    for (uint32_t i = 0; i < count && r->err == DDBS_OK; i++)
        m->versions[i] = field_uint(r, "a version");
    m->version_count = count;
}

static void hello_table(struct field_reader *r, struct msg_hello *m)
{
    if (r->err == DDBS_OK && r->at.p < r->at.end && *r->at.p == 0xc0) /* nil: a connection without a table (M1) */
        r->at.p++;
    else
        m->table = field_str(r, "table", 1, MSG_TABLE_MAX);
}

static void hello_option(struct field_reader *r, struct msg_hello *m)
{
    struct span name = field_str(r, "an option's name", 1, MSG_NAME_MAX);
    if (r->err != DDBS_OK)
        return;
    if (text_is(name, "on_eof")) {
        struct span value = field_str(r, "option on_eof", 0, MSG_NAME_MAX);
        m->discard = text_is(value, "discard");
        if (!m->discard && !text_is(value, "deliver"))
            field_refuse(r, "option on_eof is neither \"deliver\" nor \"discard\"");
    } else if (text_is(name, "max_window")) {
        m->max_window = field_uint(r, "option max_window");
    } else {
        if (m->bad_option.n == 0)
            m->bad_option = name;
        field_skip(r, "an option's value", 1);
    }
}

static void hello_features(struct field_reader *r)
{
    uint32_t count = field_array(r, "features");
    for (uint32_t i = 0; i < count && r->err == DDBS_OK; i++)
        field_str(r, "a feature", 1, MSG_NAME_MAX);
}

int msg_decode_hello(struct span body, struct msg_hello *ret, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "HELLO", MSG_HELLO, 9, errmsg);
    struct msg_hello m = {0};
    hello_versions(&r, &m);
    struct span session = field_bin(&r, "session", MSG_SESSION_BYTES, MSG_SESSION_BYTES);
    m.client = field_str(&r, "client", 0, MSG_CLIENT_MAX);
    m.pid = field_uint(&r, "pid");
    hello_table(&r, &m);
    uint32_t options = field_map(&r, "options");
    for (uint32_t i = 0; i < options && r.err == DDBS_OK; i++)
        hello_option(&r, &m);
    m.tags = field_raw_map(&r, "tags", MSG_TAGS_MAX);
    hello_features(&r);
    int err = field_close(&r);
    if (err != DDBS_OK)
        return err;
    memcpy(m.session, session.p, sizeof(m.session));
    *ret = m;
    return DDBS_OK;
}

int msg_decode_write(struct span body, struct msg_write *ret, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "WRITE", MSG_WRITE, 3, errmsg);
    struct msg_write m = {0};
    m.first_seq = field_uint(&r, "first_seq");
    m.count = field_array(&r, "the list of records");
    m.extra = r.extra;
    m.records = r.at;
    if (r.err == DDBS_OK && m.first_seq == 0)
        field_refuse(&r, "first_seq is 0, sequence numbers start at 1");
    if (r.err == DDBS_OK && m.count == 0)
        field_refuse(&r, "the list of records is empty");
    if (r.err == DDBS_OK && m.count - 1 > UINT64_MAX - m.first_seq)
        field_refuse(&r, "the last record's sequence number does not fit 64 bits");
    if (r.err == DDBS_OK)
        *ret = m;
    return r.err;
}

int msg_decode_write_next(struct mp_cursor *records, uint8_t *ret_op, const uint8_t **ret_start)
{
    struct mp_cursor at = *records;
    struct mp_token t;
    if (mp_read_next(&at, &t) != DDBS_OK || t.type != MP_ARRAY || t.count != 2)
        return DDBS_E_PROTOCOL_ERROR;
    if (mp_read_next(&at, &t) != DDBS_OK || t.type != MP_UINT || t.u64 > UINT8_MAX)
        return DDBS_E_PROTOCOL_ERROR;
    *ret_op = (uint8_t)t.u64;
    *ret_start = records->p;
    *records = at;
    return DDBS_OK;
}

int msg_decode_write_end(const struct msg_write *m, const struct mp_cursor *records)
{
    struct mp_cursor at = *records;
    for (uint32_t i = 0; i < m->extra; i++) {
        if (mp_read_skip(&at) != DDBS_OK)
            return DDBS_E_PROTOCOL_ERROR;
    }
    return at.p == at.end ? DDBS_OK : DDBS_E_PROTOCOL_ERROR;
}

int msg_decode_blocked(struct span body, uint64_t *ret_cost, char errmsg[MSG_ERRMSG])
{
    return decode_one_uint(body, "BLOCKED", MSG_BLOCKED, "cost_wanted", ret_cost, errmsg);
}

int msg_decode_flush(struct span body, uint64_t *ret_token, uint64_t *ret_upto, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "FLUSH", MSG_FLUSH, 3, errmsg);
    uint64_t token = field_uint(&r, "token");
    uint64_t upto = field_uint(&r, "upto_seq");
    int err = field_close(&r);
    if (err != DDBS_OK)
        return err;
    *ret_token = token;
    *ret_upto = upto;
    return DDBS_OK;
}

int msg_decode_abort(struct span body, uint64_t *ret_upto, char errmsg[MSG_ERRMSG])
{
    return decode_one_uint(body, "ABORT", MSG_ABORT, "upto_seq", ret_upto, errmsg);
}

int msg_decode_request(struct span body, struct msg_request *ret, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "REQUEST", MSG_REQUEST, 4, errmsg);
    struct msg_request m;
    m.id = field_uint(&r, "id");
    m.verb = field_str(&r, "verb", 1, MSG_NAME_MAX);
    m.arguments = field_raw_map(&r, "arguments", body.n);
    int err = field_close(&r);
    if (err == DDBS_OK)
        *ret = m;
    return err;
}

int msg_decode_welcome(struct span body, struct msg_welcome *ret, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "WELCOME", MSG_WELCOME, 9, errmsg);
    struct msg_welcome m;
    m.version = field_uint(&r, "version");
    m.epoch = field_uint(&r, "epoch");
    m.connection = field_uint(&r, "connection");
    m.max_frame = field_uint(&r, "max_frame");
    m.max_record = field_uint(&r, "max_record");
    m.credit = field_uint(&r, "credit");
    hello_features(&r);
    m.server = field_str(&r, "server", 0, MSG_CLIENT_MAX);
    int err = field_close(&r);
    if (err == DDBS_OK)
        *ret = m;
    return err;
}

int msg_decode_credit(struct span body, uint64_t *ret_limit, char errmsg[MSG_ERRMSG])
{
    return decode_one_uint(body, "CREDIT", MSG_CREDIT, "limit", ret_limit, errmsg);
}

/* A list inside SETTLED: its length, and a cursor over exactly its elements. */
static struct mp_cursor settled_list(struct field_reader *r, const char *field, uint32_t *ret_count)
{
    uint32_t count = field_array(r, field);
    struct span elements = field_skip(r, field, count);
    *ret_count = count;
    return mp_read_open(elements);
}

int msg_decode_settled(struct span body, struct msg_settled *ret, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "SETTLED", MSG_SETTLED, 5, errmsg);
    struct msg_settled m;
    m.upto = field_uint(&r, "upto");
    m.ranges = settled_list(&r, "the list of ranges", &m.range_count);
    m.failures = settled_list(&r, "the list of failures", &m.failure_count);
    m.superseded = field_uint(&r, "superseded");
    int err = field_close(&r);
    if (err == DDBS_OK)
        *ret = m;
    return err;
}

/* Open a list element that is an array of at least `known` elements. Sets no error message. */
static int element_open(struct mp_cursor *at, uint32_t known, uint32_t *ret_extra)
{
    uint32_t count;
    if (mp_read_array(at, &count) != DDBS_OK || count < known)
        return DDBS_E_PROTOCOL_ERROR;
    *ret_extra = count - known;
    return DDBS_OK;
}

static int element_close(struct mp_cursor *list, struct mp_cursor at, uint32_t extra)
{
    for (uint32_t i = 0; i < extra; i++) {
        if (mp_read_skip(&at) != DDBS_OK)
            return DDBS_E_PROTOCOL_ERROR;
    }
    *list = at;
    return DDBS_OK;
}

int msg_decode_settled_range(struct mp_cursor *ranges, struct msg_range *ret)
{
    struct mp_cursor at = *ranges;
    struct msg_range range;
    uint32_t extra;
    if (element_open(&at, 2, &extra) != DDBS_OK || mp_read_uint(&at, &range.first) != DDBS_OK ||
        mp_read_uint(&at, &range.last) != DDBS_OK || range.first > range.last)
        return DDBS_E_PROTOCOL_ERROR;
    int err = element_close(ranges, at, extra);
    if (err == DDBS_OK)
        *ret = range;
    return err;
}

int msg_decode_settled_failure(struct mp_cursor *failures, struct msg_failure *ret)
{
    struct mp_cursor at = *failures;
    struct msg_failure f;
    struct span code;
    uint32_t extra;
    if (element_open(&at, 4, &extra) != DDBS_OK || mp_read_uint(&at, &f.seq) != DDBS_OK ||
        mp_read_str(&at, &code) != DDBS_OK || code.n == 0 || code.n > MSG_NAME_MAX ||
        mp_read_str(&at, &f.message) != DDBS_OK || f.message.n > MSG_TEXT_MAX ||
        mp_read_bool(&at, &f.maybe_written) != DDBS_OK)
        return DDBS_E_PROTOCOL_ERROR;
    f.code = err_from_name((const char *)code.p, code.n);
    int err = element_close(failures, at, extra);
    if (err == DDBS_OK)
        *ret = f;
    return err;
}

int msg_decode_flushed(struct span body, uint64_t *ret_token, char errmsg[MSG_ERRMSG])
{
    return decode_one_uint(body, "FLUSHED", MSG_FLUSHED, "token", ret_token, errmsg);
}

int msg_decode_aborted(struct span body, uint64_t *ret_upto, char errmsg[MSG_ERRMSG])
{
    return decode_one_uint(body, "ABORTED", MSG_ABORTED, "upto_seq", ret_upto, errmsg);
}

int msg_decode_goaway(struct span body, struct span *ret_reason, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "GOAWAY", MSG_GOAWAY, 2, errmsg);
    struct span reason = field_str(&r, "reason", 1, MSG_NAME_MAX);
    int err = field_close(&r);
    if (err == DDBS_OK)
        *ret_reason = reason;
    return err;
}

int msg_decode_error(struct span body, struct msg_error *ret, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "ERROR", MSG_ERROR, 4, errmsg);
    struct msg_error m;
    m.code_name = field_str(&r, "code", 1, MSG_NAME_MAX);
    m.message = field_str(&r, "message", 0, MSG_TEXT_MAX);
    m.retryable = field_bool(&r, "retryable");
    int err = field_close(&r);
    if (err != DDBS_OK)
        return err;
    m.code = err_from_name((const char *)m.code_name.p, m.code_name.n);
    *ret = m;
    return DDBS_OK;
}

int msg_decode_reply(struct span body, struct msg_reply *ret, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "REPLY", MSG_REPLY, 5, errmsg);
    struct msg_reply m;
    m.id = field_uint(&r, "id");
    m.more = field_bool(&r, "more");
    m.status = field_str(&r, "status", 1, MSG_NAME_MAX);
    m.payload = field_bin(&r, "payload", 0, MSG_REPLY_CHUNK);
    int err = field_close(&r);
    if (err == DDBS_OK)
        *ret = m;
    return err;
}

int msg_decode_notice(struct span body, struct msg_notice *ret, char errmsg[MSG_ERRMSG])
{
    struct field_reader r = field_open(body, "NOTICE", MSG_NOTICE, 3, errmsg);
    struct msg_notice m;
    m.reason = field_str(&r, "reason", 1, MSG_NAME_MAX);
    m.message = field_str(&r, "message", 0, MSG_TEXT_MAX);
    int err = field_close(&r);
    if (err == DDBS_OK)
        *ret = m;
    return err;
}
