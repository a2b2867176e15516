/* msg_samples: see msg_samples.h. */
#include "tests/unit/proto/msg_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"

int decode_any(enum msg_type type, struct span body, union any_message *m, char *errmsg)
{
    switch (type) {
    case MSG_HELLO:
        return msg_decode_hello(body, &m->hello, errmsg);
    case MSG_WRITE:
        return msg_decode_write(body, &m->write, errmsg);
    case MSG_BLOCKED:
        return msg_decode_blocked(body, &m->number[0], errmsg);
    case MSG_FLUSH:
        return msg_decode_flush(body, &m->number[0], &m->number[1], errmsg);
    case MSG_ABORT:
        return msg_decode_abort(body, &m->number[0], errmsg);
    case MSG_REQUEST:
        return msg_decode_request(body, &m->request, errmsg);
    case MSG_WELCOME:
        return msg_decode_welcome(body, &m->welcome, errmsg);
    case MSG_CREDIT:
        return msg_decode_credit(body, &m->number[0], errmsg);
    case MSG_SETTLED:
        return msg_decode_settled(body, &m->settled, errmsg);
    case MSG_FLUSHED:
        return msg_decode_flushed(body, &m->number[0], errmsg);
    case MSG_ABORTED:
        return msg_decode_aborted(body, &m->number[0], errmsg);
    case MSG_GOAWAY:
        return msg_decode_goaway(body, &m->text, errmsg);
    case MSG_ERROR:
        return msg_decode_error(body, &m->error, errmsg);
    case MSG_REPLY:
        return msg_decode_reply(body, &m->reply, errmsg);
    case MSG_NOTICE:
        return msg_decode_notice(body, &m->notice, errmsg);
    case MSG_BYE:
        break;
    }
    fail_msg("no decoder for type %d", (int)type);
    return DDBS_E_INTERNAL;
}

const enum msg_type decoded_types[DECODED_TYPES] = {
    MSG_HELLO,   MSG_WRITE,   MSG_BLOCKED, MSG_FLUSH,  MSG_ABORT, MSG_REQUEST, MSG_WELCOME, MSG_CREDIT,
    MSG_SETTLED, MSG_FLUSHED, MSG_ABORTED, MSG_GOAWAY, MSG_ERROR, MSG_REPLY,   MSG_NOTICE,
};

const struct msg_range sample_ranges[2] = {{12, 15}, {17, 17}};
const struct msg_failure sample_failures[2] = {
    {.seq = 11, .code = DDBS_E_ITEM_TOO_LARGE, .message = {(const uint8_t *)"too large", 9}, .maybe_written = false},
    {.seq = 16, .code = DDBS_E_ABORTED, .message = {(const uint8_t *)"", 0}, .maybe_written = true},
};

static void encode_sample_hello(struct mp_writer *w)
{
    struct msg_hello m = {.versions = {1, 2}, .version_count = 2, .client = TEXT("c 0.1"), .pid = 4711};
    m.table = TEXT("foopojo-supplementary");
    m.discard = true;
    m.max_window = 1 << 20;
    m.tags = TEXT("\x81\xa3job\xa1x");
    memcpy(m.session, SAMPLE_SESSION, MSG_SESSION_BYTES);
    msg_encode_hello(w, &m);
}

static void encode_sample_write(struct mp_writer *w)
{
    static const char records[] = "\x92\x00\x81\xa1k\xa1v"  /* put {k: "v"} */
                                  "\x92\x01\x81\xa1k\xa1w"; /* delete {k: "w"} */
    msg_encode_write_head(w, 300, 2, sizeof(records) - 1);
    mp_write_raw(w, records, sizeof(records) - 1);
}

size_t encode_sample(enum msg_type type, uint8_t out[FRAME_ROOM])
{
    struct mp_writer w = mp_write_open(out, FRAME_ROOM);
    switch (type) {
    case MSG_HELLO:
        encode_sample_hello(&w);
        break;
    case MSG_WRITE:
        encode_sample_write(&w);
        break;
    case MSG_BLOCKED:
        msg_encode_blocked(&w, 70000);
        break;
    case MSG_FLUSH:
        msg_encode_flush(&w, 7, UINT64_MAX);
        break;
    case MSG_ABORT:
        msg_encode_abort(&w, 99);
        break;
    case MSG_BYE:
        msg_encode_bye(&w);
        break;
    case MSG_REQUEST:
        msg_encode_request(&w, &(struct msg_request){5, TEXT("flush"), TEXT("\x81\xa1t\x05")});
        break;
    case MSG_WELCOME:
        msg_encode_welcome(&w, &(struct msg_welcome){1, 2, 3, 2101248, 409856, 65536, TEXT("ddbsidecard 0.1.0")});
        break;
    case MSG_CREDIT:
        msg_encode_credit(&w, 1 << 20);
        break;
    case MSG_SETTLED:
        msg_encode_settled(&w, &(struct msg_outcomes){10, sample_ranges, 2, sample_failures, 2, 3});
        break;
    case MSG_FLUSHED:
        msg_encode_flushed(&w, 7);
        break;
    case MSG_ABORTED:
        msg_encode_aborted(&w, 99);
        break;
    case MSG_GOAWAY:
        msg_encode_goaway(&w, "draining");
        break;
    case MSG_ERROR:
        msg_encode_error(&w, DDBS_E_BUSY, "no place");
        break;
    case MSG_REPLY:
        msg_encode_reply(&w, &(struct msg_reply){5, true, TEXT("ok"), TEXT("{\"a\":1}")});
        break;
    case MSG_NOTICE:
        msg_encode_notice(&w, "memory", "wait");
        break;
    }
    assert_true(mp_write_fits(&w));
    return w.need;
}

struct span sample_body(enum msg_type type, uint8_t out[FRAME_ROOM])
{
    size_t n = encode_sample(type, out);
    return span_of(out + FRAME_HEADER, n - FRAME_HEADER);
}
