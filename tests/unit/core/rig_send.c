#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"
#include "proto/msg_encode.h"
#include "tests/unit/core/rig.h"

static void send_written(struct rig_conn *c, const struct mp_writer *w)
{
    assert_true(mp_write_fits(w));
    rig_send(c, w->out, w->need);
}

void rig_hello(struct rig_conn *c, uint8_t session, const char *table, bool discard)
{
    uint8_t bytes[2048];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    struct msg_hello h = {
        .versions = {MSG_VERSION},
        .version_count = 1,
        .client = span_of("rig", 3),
        .pid = 4711,
        .discard = discard,
    };
    memset(h.session, session, sizeof h.session);
    if (table != NULL)
        h.table = span_of(table, strlen(table));
    msg_encode_hello(&w, &h);
    send_written(c, &w);
}

void rig_write_raw(struct rig_conn *c, uint64_t first_seq, uint32_t count, const void *records, size_t n)
{
    uint8_t head[MSG_WRITE_HEAD];
    struct mp_writer w = mp_write_open(head, sizeof head);
    msg_encode_write_head(&w, first_seq, count, n);
    send_written(c, &w);
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
    assert_true(mp_write_fits(&w));
    rig_write_raw(c, first_seq, count, bytes, w.need);
}

uint64_t rig_put(struct rig_conn *c, uint64_t seq, const char *key, size_t pad)
{
    size_t cap = pad + 256;
    uint8_t *bytes = calloc(1, cap + pad);
    assert_non_null(bytes);
    struct mp_writer w = mp_write_open(bytes, cap);
    mp_write_array(&w, 2);
    mp_write_uint(&w, OP_PUT);
    mp_write_map(&w, 2);
    mp_write_cstr(&w, "id");
    mp_write_cstr(&w, key);
    mp_write_cstr(&w, "pad");
    mp_write_bin(&w, bytes + cap, pad);
    assert_true(mp_write_fits(&w));
    rig_write_raw(c, seq, 1, bytes, w.need);
    free(bytes);
    return w.need + MSG_COST_OVERHEAD;
}

void rig_flush(struct rig_conn *c, uint64_t token, uint64_t upto)
{
    uint8_t bytes[64];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_flush(&w, token, upto);
    send_written(c, &w);
}

void rig_abort(struct rig_conn *c, uint64_t upto)
{
    uint8_t bytes[64];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_abort(&w, upto);
    send_written(c, &w);
}

void rig_blocked(struct rig_conn *c, uint64_t cost)
{
    uint8_t bytes[64];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_blocked(&w, cost);
    send_written(c, &w);
}

void rig_bye(struct rig_conn *c)
{
    uint8_t bytes[64];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_bye(&w);
    send_written(c, &w);
}

static void send_request(struct rig_conn *c, uint64_t id, const char *verb, struct span arguments)
{
    uint8_t bytes[2048];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    msg_encode_request(&w, &(struct msg_request){
                               .id = id, .verb = span_of(verb, strlen(verb)), .arguments = arguments});
    send_written(c, &w);
}

void rig_request(struct rig_conn *c, uint64_t id, const char *verb)
{
    send_request(c, id, verb, (struct span){0});
}

void rig_request_with(struct rig_conn *c, uint64_t id, const char *verb, const char *name, uint64_t value,
                      const char *text)
{
    uint8_t bytes[1024];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    mp_write_map(&w, 1);
    mp_write_cstr(&w, name);
    if (text != NULL)
        mp_write_cstr(&w, text);
    else
        mp_write_uint(&w, value);
    assert_true(mp_write_fits(&w));
    send_request(c, id, verb, span_of(bytes, w.need));
}

struct rig_conn *rig_fill(struct rig *r, uint32_t uid, uint8_t session, const char *table)
{
    enum { PAD = 60000, COST = PAD + 400 };
    for (int writers = 0; writers < 16; writers++, session++) {
        struct rig_conn *c = rig_writer_of(r, uid, session, table);
        for (int i = 0; i < 8; i++) { /* demand makes the window grow to its largest */
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
    fail_msg("the memory did not fill");
    return NULL;
}
