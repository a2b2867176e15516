/* test_msg_decode_hostile: decoders against every truncation, every wrong field, trailing elements, oversized counts
 * and deep nesting. Each refusal names the message and the field, and does not touch the result. The tables are
 * `edits`, `refusals` and `bounds`. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/msg_decode.h"
#include "tests/unit/proto/msg_samples.h"

/* Walk an accepted WRITE as the daemon does. */
static int walk_write(const struct msg_write *m)
{
    struct mp_cursor c = m->records;
    int err = DDBS_OK;
    for (uint32_t i = 0; err == DDBS_OK && i < m->count; i++) {
        uint8_t op;
        const uint8_t *start;
        err = msg_decode_write_next(&c, &op, &start);
        if (err == DDBS_OK)
            err = mp_read_skip(&c);
    }
    return err == DDBS_OK ? msg_decode_write_end(m, &c) : err;
}

/* Decode a copy of exactly the body's size, so that the sanitizers detect a read past it. The records of a WRITE are
 * walked, too; errors of the walk have no message. */
static int decode_copy(enum msg_type type, const void *body, size_t n, char errmsg[MSG_ERRMSG])
{
    uint8_t *copy = malloc(n + (n == 0));
    assert_non_null(copy);
    memcpy(copy, body, n);
    union any_message m, before;
    memset(&m, 0x5a, sizeof(m));
    memset(&before, 0x5a, sizeof(before));
    memset(errmsg, 'x', MSG_ERRMSG);
    int err = decode_any(type, span_of(copy, n), &m, errmsg);
    assert_non_null(memchr(errmsg, '\0', MSG_ERRMSG));
    if (err == DDBS_OK) {
        assert_string_equal(errmsg, "");
        if (type == MSG_WRITE)
            err = walk_write(&m.write);
    } else {
        assert_string_not_equal(errmsg, "");
        assert_memory_equal(&m, &before, sizeof(m));
    }
    free(copy);
    return err;
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < DECODED_TYPES; i++) {
        enum msg_type type = decoded_types[i];
        uint8_t out[FRAME_ROOM];
        char errmsg[MSG_ERRMSG];
        struct span body = sample_body(type, out);
        for (size_t n = 0; n < body.n; n++) {
            if (decode_copy(type, body.p, n, errmsg) != DDBS_E_PROTOCOL_ERROR)
                fail_msg("type %d cut to %zu bytes is accepted", (int)type, n);
        }
        assert_int_equal(decode_copy(type, body.p, body.n, errmsg), DDBS_OK);
    }
}

#define NEST_9  "\x91\x91\x91\x91\x91\x91\x91\x91\x91"
#define NEST_39 NEST_9 NEST_9 NEST_9 NEST_9 "\x91\x91\x91"
_Static_assert(sizeof(NEST_39) - 1 == MP_DEPTH_MAX - 1, "an empty array inside makes it as deep as allowed");

struct bytes {
    const char *p;
    size_t n;
};

/* An edit of each type's sample: elements added to its array count, bits of its type flipped, bytes appended. */
struct edit {
    const char *name;
    uint8_t elements;
    uint8_t type_bits;
    struct bytes behind;
    int want;
    const char *sentence; /* substring of the error message */
};

static const struct edit edits[] = {
    {"nothing", 0, 0, {BYTES("")}, DDBS_OK, ""},
    {"two more elements", 2, 0, {BYTES("\xa3new\x81\x01\x90")}, DDBS_OK, ""},
    {"a last element cut off",
     2,
     0,
     {BYTES("\xa3new\x81\x01")},
     DDBS_E_PROTOCOL_ERROR,
     "a trailing element is cut off"},
    {"an element without bytes", 1, 0, {BYTES("")}, DDBS_E_PROTOCOL_ERROR, "is cut off"},
    {"a byte behind the array", 0, 0, {BYTES("\xc0")}, DDBS_E_PROTOCOL_ERROR, "1 bytes follow the message"},
    {"an element at the depth's limit", 1, 0, {BYTES(NEST_39 "\x90")}, DDBS_OK, ""},
    {"an element one level deeper", 1, 0, {BYTES(NEST_39 "\x91\x90")}, DDBS_E_PROTOCOL_ERROR, "nested too deeply"},
    {"another type", 0, 0x10, {BYTES("")}, DDBS_E_PROTOCOL_ERROR, "the message type is not"},
};

static void edited_samples_are_decoded_or_refused(void **state)
{
    (void)state;
    for (size_t e = 0; e < sizeof(edits) / sizeof(edits[0]); e++) {
        for (int i = 0; i < DECODED_TYPES; i++) {
            enum msg_type type = decoded_types[i];
            uint8_t out[FRAME_ROOM];
            char errmsg[MSG_ERRMSG];
            struct span body = sample_body(type, out);
            out[4] = (uint8_t)(out[4] + edits[e].elements);
            out[5] ^= edits[e].type_bits;
            memcpy(out + 4 + body.n, edits[e].behind.p, edits[e].behind.n);
            int err = decode_copy(type, body.p, body.n + edits[e].behind.n, errmsg);
            if (err != edits[e].want)
                fail_msg("%s: type %d gives %d", edits[e].name, (int)type, err);
            bool walked = type == MSG_WRITE && edits[e].type_bits == 0;
            if (strstr(errmsg, walked ? "" : edits[e].sentence) == NULL)
                fail_msg("%s: type %d says \"%s\"", edits[e].name, (int)type, errmsg);
        }
    }
}

/* Replace each value of the sample in turn by the bomb; also decode the bomb alone. */
static void throw_bomb(enum msg_type type, struct bytes bomb)
{
    uint8_t out[FRAME_ROOM];
    uint8_t bombed[FRAME_ROOM];
    char errmsg[MSG_ERRMSG];
    assert_int_equal(decode_copy(type, bomb.p, bomb.n, errmsg), DDBS_E_PROTOCOL_ERROR);
    struct mp_cursor c = mp_read_open(sample_body(type, out));
    while (c.p < c.end) {
        size_t at = (size_t)(c.p - out) - 4;
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
        size_t behind = (size_t)(c.end - c.p);
        memcpy(bombed, out + 4, at);
        memcpy(bombed + at, bomb.p, bomb.n);
        memcpy(bombed + at + bomb.n, c.p, behind);
        if (decode_copy(type, bombed, at + bomb.n + behind, errmsg) != DDBS_E_PROTOCOL_ERROR)
            fail_msg("type %d with a bomb at %zu is accepted", (int)type, at);
    }
}

static void bombs_are_refused_in_every_place(void **state)
{
    (void)state;
    static const struct bytes bombs[] = {
        {BYTES("\xdd\x01\x00\x00\x00")},     {BYTES("\xdf\x01\x00\x00\x00")},
        {BYTES("\xdd\x60\x83\xdd\x60\x83")}, {BYTES("\xdf\x80\x00\x00\x00\x00\x00\x00")},
        {BYTES("\xdb\xff\xff\xff\xff")},     {BYTES("\xc6\xff\xff\xff\xff")},
        {BYTES("\xc9\xff\xff\xff\xfa\x01")}, {BYTES("\xc1")},
    };
    for (int i = 0; i < DECODED_TYPES; i++) {
        for (size_t b = 0; b < sizeof(bombs) / sizeof(bombs[0]); b++)
            throw_bomb(decoded_types[i], bombs[b]);
    }
}

#define S16                                                                                                            \
    "\xc4\x10"                                                                                                         \
    "0123456789abcdef"
#define TEXT_65                                                                                                        \
    "\xd9\x41"                                                                                                         \
    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg"
#define TEXT_129                                                                                                       \
    "\xd9\x81"                                                                                                         \
    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"                                                 \
    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg"

struct refusal {
    enum msg_type type;
    const char *body;
    size_t n;
    const char *sentence;
};

static const struct refusal refusals[] = {
    {MSG_FLUSH, BYTES("\x93\x04\xa1t\x01"), "FLUSH: token is not an unsigned integer"},
    {MSG_FLUSH, BYTES("\x93\x04\x01\xff"), "FLUSH: upto_seq is not an unsigned integer"},
    {MSG_FLUSH, BYTES("\x93\x04\x01\xc1"), "FLUSH: upto_seq is cut off or not msgpack"},
    {MSG_FLUSH, BYTES("\x92\x04\x01"), "FLUSH: the array has 2 elements, 3 are needed"},
    {MSG_FLUSH, BYTES("\x82\x04\x01\x01\x01"), "FLUSH: the body is not an array"},
    {MSG_FLUSH, BYTES(""), "FLUSH: the body is cut off or not msgpack"},
    {MSG_FLUSH, BYTES("\x93\xa1\x04\x01\x01"), "FLUSH: the message type is not 4"},
    {MSG_FLUSH, BYTES("\x94\x04\x01\x01\xc1"),
     "FLUSH: a trailing element is cut off, not msgpack, or nested too deeply"},
    {MSG_BLOCKED, BYTES("\x92\x03\xc0"), "BLOCKED: cost_wanted is not an unsigned integer"},
    {MSG_ABORT, BYTES("\x92\x05\xcb\x00\x00\x00\x00\x00\x00\x00\x00"), "ABORT: upto_seq is not an unsigned integer"},
    {MSG_WRITE, BYTES("\x93\x02\xc0\x90"), "WRITE: first_seq is not an unsigned integer"},
    {MSG_WRITE, BYTES("\x93\x02\x01\x81\x00\x00"), "WRITE: the list of records is not an array"},
    {MSG_WRITE, BYTES("\x93\x02\x01\x90"), "WRITE: the list of records is empty"},
    {MSG_WRITE, BYTES("\x93\x02\x00\x91\x92\x00\x80"), "WRITE: first_seq is 0, sequence numbers start at 1"},
    {MSG_WRITE, BYTES("\x93\x02\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x92\x92\x00\x80\x92\x00\x80"),
     "WRITE: the last record's sequence number does not fit 64 bits"},
    {MSG_REQUEST, BYTES("\x94\x07\xc2\xa1v\x80"), "REQUEST: id is not an unsigned integer"},
    {MSG_REQUEST, BYTES("\x94\x07\x01\xa0\x80"), "REQUEST: verb is empty"},
    {MSG_REQUEST, BYTES("\x94\x07\x01" TEXT_65 "\x80"), "REQUEST: verb has 65 bytes, at most 64 are allowed"},
    {MSG_REQUEST, BYTES("\x94\x07\x01\xa1v\x90"), "REQUEST: arguments is not a map"},
    {MSG_REQUEST, BYTES("\x94\x07\x01\xa1v\x81\x01\xc1"),
     "REQUEST: arguments is cut off, not msgpack, or nested too deeply"},
    {MSG_HELLO,
     BYTES("\x99\x01\x01" S16 "\xa1"
           "c\x01\xc0\x80\x80\x90"),
     "HELLO: versions is not an array"},
    {MSG_HELLO,
     BYTES("\x99\x01\x90" S16 "\xa1"
           "c\x01\xc0\x80\x80\x90"),
     "HELLO: versions has 0 elements, 1 to 16 are allowed"},
    {MSG_HELLO,
     BYTES("\x99\x01\xdc\x00\x11\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1" S16 "\xa1"
           "c\x01\xc0\x80\x80\x90"),
     "HELLO: versions has 17 elements, 1 to 16 are allowed"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\xff" S16 "\xa1"
           "c\x01\xc0\x80\x80\x90"),
     "HELLO: a version is not an unsigned integer"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01\xc4\x0f"
           "0123456789abcde"
           "\xa1"
           "c\x01\xc0\x80\x80\x90"),
     "HELLO: session has 15 bytes, 16 to 16 are allowed"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01\xb0"
           "0123456789abcdef"
           "\xa1"
           "c\x01\xc0\x80\x80\x90"),
     "HELLO: session is not a byte string"},
    {MSG_HELLO, BYTES("\x99\x01\x91\x01" S16 "\xc0\x01\xc0\x80\x80\x90"), "HELLO: client is not a string"},
    {MSG_HELLO, BYTES("\x99\x01\x91\x01" S16 TEXT_129 "\x01\xc0\x80\x80\x90"),
     "HELLO: client has 129 bytes, at most 128 are allowed"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\xe0\xc0\x80\x80\x90"),
     "HELLO: pid is not an unsigned integer"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xa0\x80\x80\x90"),
     "HELLO: table is empty"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc2\x80\x80\x90"),
     "HELLO: table is not a string"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc0\x90\x80\x90"),
     "HELLO: options is not a map"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc0\x81\x01\x01\x80\x90"),
     "HELLO: an option's name is not a string"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc0\x81\xa0\x01\x80\x90"),
     "HELLO: an option's name is empty"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc0\x81\xa6on_eof\xa4"
           "drop\x80\x90"),
     "HELLO: option on_eof is neither \"deliver\" nor \"discard\""},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc0\x81\xa6on_eof\xc3\x80\x90"),
     "HELLO: option on_eof is not a string"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc0\x81\xaamax_window\xa1"
           "9\x80\x90"),
     "HELLO: option max_window is not an unsigned integer"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc0\x80\x90\x90"),
     "HELLO: tags is not a map"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc0\x80\x80\x80"),
     "HELLO: features is not an array"},
    {MSG_HELLO,
     BYTES("\x99\x01\x91\x01" S16 "\xa1"
           "c\x01\xc0\x80\x80\x91\x01"),
     "HELLO: a feature is not a string"},
    {MSG_WELCOME, BYTES("\x99\x21\x01\xa1x\x03\x04\x05\x06\x90\xa0"), "WELCOME: epoch is not an unsigned integer"},
    {MSG_WELCOME, BYTES("\x99\x21\x01\x02\x03\x04\x05\x06\x90\xc0"), "WELCOME: server is not a string"},
    {MSG_CREDIT, BYTES("\x92\x22\xff"), "CREDIT: limit is not an unsigned integer"},
    {MSG_SETTLED, BYTES("\x95\x23\x01\xc0\x90\x00"), "SETTLED: the list of ranges is not an array"},
    {MSG_SETTLED, BYTES("\x95\x23\x01\x90\x91\xc1\x00"),
     "SETTLED: the list of failures is cut off, not msgpack, or nested too deeply"},
    {MSG_SETTLED, BYTES("\x95\x23\x01\x90\x90\xc0"), "SETTLED: superseded is not an unsigned integer"},
    {MSG_FLUSHED, BYTES("\x92\x24\xc0"), "FLUSHED: token is not an unsigned integer"},
    {MSG_ABORTED, BYTES("\x92\x25\xc0"), "ABORTED: upto_seq is not an unsigned integer"},
    {MSG_GOAWAY, BYTES("\x92\x26\xa0"), "GOAWAY: reason is empty"},
    {MSG_ERROR, BYTES("\x94\x27\x01\xa0\xc2"), "ERROR: code is not a string"},
    {MSG_ERROR, BYTES("\x94\x27\xa1x\xa0\x01"), "ERROR: retryable is not a boolean"},
    {MSG_REPLY, BYTES("\x95\x28\x01\xc2\xa2ok\xa1p"), "REPLY: payload is not a byte string"},
    {MSG_REPLY, BYTES("\x95\x28\x01\xc2\xa0\xc4\x00"), "REPLY: status is empty"},
    {MSG_NOTICE, BYTES("\x93\x29\xa1r\xc4\x00"), "NOTICE: message is not a string"},
};

static void refusals_name_message_and_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        char errmsg[MSG_ERRMSG];
        int err = decode_copy(refusals[i].type, refusals[i].body, refusals[i].n, errmsg);
        assert_string_equal(errmsg, refusals[i].sentence);
        assert_int_equal(err, DDBS_E_PROTOCOL_ERROR);
    }
}

enum { BIN_16 = 0xc5, STR_16 = 0xda }; /* first bytes of bin 16 and str 16 */

/* A field with a bound: the bytes before it, its first byte, the bound, the bytes after it. */
struct bound {
    enum msg_type type;
    struct bytes before;
    uint8_t mark;
    size_t max;
    struct bytes behind;
    const char *sentence; /* substring of the error message for one byte more */
};

static const struct bound bounds[] = {
    {MSG_REPLY, {BYTES("\x95\x28\x01\xc2\xa2ok")}, BIN_16, MSG_REPLY_CHUNK, {BYTES("")}, "payload has 61441 bytes"},
    {MSG_HELLO,
     {BYTES("\x99\x01\x91\x01" S16 "\xa0\x00")},
     STR_16,
     MSG_TABLE_MAX,
     {BYTES("\x80\x80\x90")},
     "table has 1025 bytes"},
    /* In tags, the map and the key take 2 bytes, the value's head 3. */
    {MSG_HELLO,
     {BYTES("\x99\x01\x91\x01" S16 "\xa0\x00\xc0\x80\x81\x00")},
     BIN_16,
     MSG_TAGS_MAX - 5,
     {BYTES("\x90")},
     "tags has 1025 bytes"},
    {MSG_NOTICE, {BYTES("\x93\x29\xa1r")}, STR_16, MSG_TEXT_MAX, {BYTES("")}, "message has 513 bytes"},
};

static int decode_bound(const struct bound *b, size_t n, char errmsg[MSG_ERRMSG])
{
    static uint8_t out[MSG_REPLY_CHUNK + 64];
    const uint8_t head[] = {b->mark, (uint8_t)(n >> 8), (uint8_t)n};
    memcpy(out, b->before.p, b->before.n);
    memcpy(out + b->before.n, head, sizeof(head));
    size_t at = b->before.n + sizeof(head);
    memset(out + at, 0, n);
    memcpy(out + at + n, b->behind.p, b->behind.n);
    return decode_copy(b->type, out, at + n + b->behind.n, errmsg);
}

static void bounds_hold_at_their_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        char errmsg[MSG_ERRMSG];
        assert_int_equal(decode_bound(&bounds[i], bounds[i].max, errmsg), DDBS_OK);
        assert_int_equal(decode_bound(&bounds[i], bounds[i].max + 1, errmsg), DDBS_E_PROTOCOL_ERROR);
        assert_non_null(strstr(errmsg, bounds[i].sentence));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncation_is_refused),      cmocka_unit_test(edited_samples_are_decoded_or_refused),
        cmocka_unit_test(bombs_are_refused_in_every_place), cmocka_unit_test(refusals_name_message_and_field),
        cmocka_unit_test(bounds_hold_at_their_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
