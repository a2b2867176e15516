/* rig_send: the messages that a client of the rig sends. See rig.h. */
#include <string.h>

#include "proto/frame.h"
#include "proto/msg_encode.h"
#include "tests/lib/check.h"
#include "tests/lib/rig.h"

void rig_send(struct rig_conn *c, const void *bytes, size_t n)
{
    if (c->eof_due || c->eof_told || c->to_len + n > RIG_TO_MAX) {
        c->eof_due = true;
        return;
    }
    size_t at = (size_t)(c->to - c->to_base);
    if (at + c->to_len + n > c->to_cap) {
        if (at > 0)
            memmove(c->to_base, c->to, c->to_len);
        if (c->to_len + n > c->to_cap) {
            c->to_cap = (c->to_len + n) * 2;
            c->to_base = realloc(c->to_base, c->to_cap);
            CHECK(c->to_base != NULL);
        }
        c->to = c->to_base;
    }
    if (n > 0)
        memcpy(c->to + c->to_len, bytes, n);
    c->to_len += n;
}

void rig_send_written(struct rig_conn *c, const struct mp_writer *w)
{
    CHECK(mp_write_fits(w));
    rig_send(c, w->out, w->need);
}

void rig_hello_with(struct rig_conn *c, uint8_t session, const char *table, bool discard, uint64_t max_window)
{
    uint8_t bytes[2048];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    struct msg_hello h = {
        .versions = {MSG_VERSION},
        .version_count = 1,
        .client = span_of("rig", 3),
        .pid = 4711,
        .discard = discard,
        .max_window = max_window,
    };
    memset(h.session, session, sizeof h.session);
    if (table != NULL)
        h.table = span_of(table, strlen(table));
    msg_encode_hello(&w, &h);
    rig_send_written(c, &w);
}

void rig_hello(struct rig_conn *c, uint8_t session, const char *table, bool discard)
{
    rig_hello_with(c, session, table, discard, 0);
}

void rig_write_raw(struct rig_conn *c, uint64_t first_seq, uint32_t count, const void *records, size_t n)
{
    uint8_t head[MSG_WRITE_HEAD];
    struct mp_writer w = mp_write_open(head, sizeof head);
    msg_encode_write_head(&w, first_seq, count, n);
    rig_send_written(c, &w);
    rig_send(c, records, n);
    c->used += n + (uint64_t)count * MSG_COST_OVERHEAD;
}

void rig_write(struct rig_conn *c, uint64_t first_seq, uint32_t count, const char *key)
{
    static uint8_t bytes[1 << 20];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    for (uint32_t i = 0; i < count; i++) {
        char text[64];
        int n = key[0] == '=' ? snprintf(text, sizeof text, "%s", key + 1)
                              : snprintf(text, sizeof text, "%s%llu", key, (unsigned long long)(first_seq + i));
        mp_write_array(&w, 2);
        mp_write_uint(&w, OP_PUT);
        mp_write_map(&w, 1);
        mp_write_cstr(&w, "id");
        mp_write_str(&w, text, (size_t)n);
    }
    CHECK(mp_write_fits(&w));
    rig_write_raw(c, first_seq, count, bytes, w.need);
}

uint64_t rig_put(struct rig_conn *c, uint64_t seq, const char *key, size_t pad)
{
    size_t cap = pad + 256;
    uint8_t *bytes = calloc(1, cap + pad);
    CHECK(bytes != NULL);
    struct mp_writer w = mp_write_open(bytes, cap);
    mp_write_array(&w, 2);
    mp_write_uint(&w, OP_PUT);
    mp_write_map(&w, 2);
    mp_write_cstr(&w, "id");
    mp_write_cstr(&w, key);
    mp_write_cstr(&w, "pad");
    mp_write_bin(&w, bytes + cap, pad);
    CHECK(mp_write_fits(&w));
    rig_write_raw(c, seq, 1, bytes, w.need);
    free(bytes);
    return w.need + MSG_COST_OVERHEAD;
}

void rig_flush(struct rig_conn *c, uint64_t token, uint64_t upto)
{
    uint8_t bytes[64];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_flush(&w, token, upto);
    rig_send_written(c, &w);
}

void rig_abort(struct rig_conn *c, uint64_t upto)
{
    uint8_t bytes[64];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_abort(&w, upto);
    rig_send_written(c, &w);
}

void rig_blocked(struct rig_conn *c, uint64_t cost)
{
    uint8_t bytes[64];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_blocked(&w, cost);
    rig_send_written(c, &w);
}

void rig_bye(struct rig_conn *c)
{
    uint8_t bytes[64];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_bye(&w);
    rig_send_written(c, &w);
}

static void send_request(struct rig_conn *c, uint64_t id, const char *verb, struct span arguments)
{
    uint8_t bytes[4096];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_request(&w,
                       &(struct msg_request){.id = id, .verb = span_of(verb, strlen(verb)), .arguments = arguments});
    rig_send_written(c, &w);
}

void rig_request(struct rig_conn *c, uint64_t id, const char *verb)
{
    send_request(c, id, verb, (struct span){0});
}

void rig_request_with(struct rig_conn *c, uint64_t id, const char *verb, const char *name, uint64_t value,
                      const char *text)
{
    uint8_t bytes[4000];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    mp_write_map(&w, 1);
    mp_write_cstr(&w, name);
    if (text != NULL)
        mp_write_cstr(&w, text);
    else
        mp_write_uint(&w, value);
    CHECK(mp_write_fits(&w));
    send_request(c, id, verb, span_of(bytes, w.need));
}

struct rig_conn *rig_fill(struct rig *r, uint32_t uid, uint8_t session, const char *table)
{
    enum { PAD = 60000, COST = PAD + 400 };
    for (int writers = 0; writers < 16; writers++, session++) {
        struct rig_conn *c = rig_writer_of(r, uid, session, table);
        for (int i = 0; i < 8; i++) { /* demand lets the window grow to its maximum */
            rig_blocked(c, COST);
            rig_pump(r);
        }
        while (c->limit - c->used >= COST) {
            char key[48];
            snprintf(key, sizeof key, "fill-%u-%u", session, (unsigned)++c->filled);
            rig_put(c, c->filled, key, PAD);
            rig_pump(r);
            if (!c->reading)
                return c;
        }
    }
    FAIL("the memory did not fill");
}
