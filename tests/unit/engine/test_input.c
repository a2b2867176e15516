/* test_input: bytes into frames: every split, long frames, limits, slow peers, waiting for memory, ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"
#include "proto/mp_write.h"
#include "tests/lib/rig_assert.h"

static uint64_t input_bytes(const struct rig *r)
{
    struct engine_counts n;
    engine_counts(r->e, &n);
    return n.input_bytes;
}

static uint64_t record_bytes(const struct rig *r)
{
    struct engine_counts n;
    engine_counts(r->e, &n);
    return n.record_bytes;
}

/* ---- splits ---- */

/* Every message that a writer may send, in one stream. */
static void say_all(struct rig_conn *c)
{
    rig_write(c, 1, 3, "k");
    rig_flush(c, 1, 3);
    rig_write_raw(c, 4, 2, "\x92\x00\x80\x92\x07\x01", 6); /* two that fail alone */
    rig_request(c, 5, "ping");
    rig_blocked(c, 1000);
    rig_put(c, 6, "long", 400);
    rig_abort(c, 0);
    rig_flush(c, 2, 6);
}

static void split_at(size_t first, size_t chunk, const char *want)
{
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    say_all(c);
    size_t all = c->to_len;
    c->feed_max = first;
    if (first > 0 && first < all) { /* the first piece alone, then the rest */
        uint8_t *rest = malloc(all - first);
        memcpy(rest, c->to + first, all - first);
        c->to_len = first;
        rig_pump(&r);
        rig_send(c, rest, all - first);
        free(rest);
    }
    c->feed_max = chunk;
    rig_pump(&r);
    rig_finish(&r);
    assert_int_equal(c->settled, 4);
    assert_int_equal(c->failed, 2);
    assert_int_equal(input_bytes(&r), 0);
    assert_string_equal(r.written, "k1 k2 k3 long ");
    const char *heard = rig_heard(c);
    assert_non_null(strstr(heard, "reply 5 ok"));
    assert_non_null(strstr(heard, "aborted 0"));
    assert_non_null(strstr(heard, "flushed 1"));
    assert_non_null(strstr(heard, want));
    rig_close(&r);
}

static void every_split_gives_the_same(void **state)
{
    (void)state;
    for (size_t first = 0; first < 700; first++)
        split_at(first, 0, "flushed 2");
    for (size_t chunk = 1; chunk <= 8; chunk++)
        split_at(0, chunk, "flushed 2");
}

/* ---- long frames ---- */

static void grow(struct rig *r, struct rig_conn *c, uint64_t cost)
{
    rig_blocked(c, cost);
    rig_pump(r);
    assert_true(c->limit >= c->used + cost);
}

static void a_long_write_is_read_in_pieces(void **state)
{
    (void)state;
    static const size_t pads[] = {65400, 65536, 70000, 300000};
    static const size_t chunks[] = {0, 4000, 65540, 1 << 17};
    for (size_t p = 0; p < sizeof pads / sizeof pads[0]; p++)
        for (size_t k = 0; k < sizeof chunks / sizeof chunks[0]; k++) {
            struct rig r;
            rig_open(&r, "defaults.linger=0", NULL);
            struct rig_conn *c = rig_writer(&r, 1, "orders");
            grow(&r, c, pads[p] + 1000);
            c->feed_max = chunks[k];
            rig_put(c, 1, "big", pads[p]);
            rig_write(c, 2, 1, "k");
            rig_flush(c, 1, 2);
            rig_pump(&r);
            assert_int_equal(input_bytes(&r), 0);
            rig_finish(&r);
            assert_int_equal(c->settled, 2);
            assert_int_equal(record_bytes(&r), 0);
            rig_close(&r);
        }
}

static void a_half_read_long_write_is_given_back(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    for (int how = 0; how < 3; how++) {
        struct rig_conn *c = rig_writer(&r, (uint8_t)(1 + how), "orders");
        grow(&r, c, 300400);
        rig_put(c, 1, "big", 300000);
        c->to_len = 100000;
        rig_pump(&r);
        assert_true(record_bytes(&r) > 300000);
        if (how == 0) {
            rig_eof(c);
            rig_pump(&r);
        } else if (how == 1) {
            rig_advance(&r, 9999);
            assert_true(c->open);
            rig_advance(&r, 1);
            assert_non_null(strstr(rig_heard(c), "error timed_out; closed"));
        } else {
            rig_hangup(c);
            assert_true(c->open);
            rig_advance(&r, 10000);
        }
        assert_false(c->open);
        assert_int_equal(record_bytes(&r), 0);
    }
    rig_close(&r);
}

/* A long WRITE that breaks a rule: its memory is freed, and its record fails alone or its connection ends. */
static void long_writes_that_are_wrong(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    uint8_t *bytes = calloc(1, 500000);
    struct mp_writer w = mp_write_open(bytes, 500000);
    for (int i = 0; i < 2; i++) { /* two records in one long frame */
        mp_write_array(&w, 2);
        mp_write_uint(&w, OP_PUT);
        mp_write_map(&w, 1);
        mp_write_cstr(&w, "id");
        mp_write_str(&w, (const char *)bytes + 400000, 40000);
    }
    struct rig_conn *a = rig_writer(&r, 1, "orders");
    grow(&r, a, 100000);
    rig_write_raw(a, 1, 2, bytes, w.need);
    rig_pump(&r);
    assert_non_null(strstr(rig_heard(a), "error protocol_error; closed"));

    struct rig_conn *b = rig_writer(&r, 2, "orders");
    grow(&r, b, 600000);
    rig_put(b, 1, "too-large", 450000);
    rig_put(b, 2, "good", 10);
    rig_flush(b, 1, 2);
    rig_pump(&r);
    rig_finish(&r);
    assert_non_null(strstr(rig_heard(b), "settled 2; flushed 1"));
    assert_int_equal(b->outcome[1], 2);
    assert_int_equal(b->outcome[2], 1);
    assert_int_equal(record_bytes(&r), 256); /* charged for the failure itself */
    rig_bye(b);
    rig_pump(&r);
    assert_int_equal(record_bytes(&r), 0);

    struct rig_conn *c = rig_writer(&r, 3, "orders"); /* no credit for it */
    rig_put(c, 1, "big", 100000);
    rig_pump(&r);
    assert_heard(c, "error protocol_error; closed");
    free(bytes);
    rig_close(&r);
}

/* ---- invalid frames ---- */

static void limits_by_type(void **state)
{
    (void)state;
    static const struct {
        uint8_t head[6];
        const char *want;
    } cases[] = {
        {{0, 0, 0x40, 0x00, 0x99, 1}, ""}, /* HELLO: 16 KiB */
        {{0, 0, 0x40, 0x01, 0x99, 1}, "error protocol_error; closed"},
        {{0, 0, 0x10, 0x00, 0x92, 3}, ""}, /* BLOCKED: 4 KiB */
        {{0, 0, 0x10, 0x01, 0x92, 3}, "error protocol_error; closed"},
        {{0, 0, 0x10, 0x01, 0x93, 4}, "error protocol_error; closed"},
        {{0, 0, 0x10, 0x01, 0x91, 6}, "error protocol_error; closed"},
        {{0, 0x20, 0x10, 0x01, 0x93, 2}, "error protocol_error; closed"}, /* WRITE: max_frame */
        {{0, 0, 0, 5, 0x91, 8}, "error protocol_error; closed"},          /* no client's type */
        {{0, 0, 0, 5, 0x91, 64}, "error protocol_error; closed"},
        {{0, 0, 0, 5, 0x91, 33}, "error protocol_error; closed"},
        {{0, 0, 0, 1, 0x91, 6}, "error protocol_error; closed"}, /* shorter than any */
        {{0, 0, 0, 5, 0x90, 6}, "error protocol_error; closed"},
        {{0, 0, 0, 5, 0xdc, 6}, "error protocol_error; closed"},    /* array16 */
        {{0, 0, 0, 5, 0x91, 0xcc}, "error protocol_error; closed"}, /* not a positive fixint */
        {{'G', 'E', 'T', ' ', '/', ' '}, "error protocol_error; closed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;
        rig_open(&r, NULL);
        struct rig_conn *c = rig_connect(&r, RIG_UID);
        rig_send(c, cases[i].head, sizeof cases[i].head);
        rig_pump(&r);
        assert_heard(c, cases[i].want);
        rig_close(&r);
    }
}

/* ---- slow peers (C7) ---- */

static void hello_is_due_within_five_seconds(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *silent = rig_connect(&r, RIG_UID), *slow = rig_connect(&r, RIG_UID);
    rig_hello(slow, 1, "orders", false);
    uint8_t last = slow->to[--slow->to_len];
    rig_advance(&r, 4999);
    assert_true(silent->open && slow->open);
    rig_advance(&r, 1);
    assert_heard(silent, "error timed_out; closed");
    assert_heard(slow, "error timed_out; closed");
    struct rig_conn *good = rig_connect(&r, RIG_UID);
    rig_hello(good, 1, "orders", false);
    good->to_len--;
    rig_advance(&r, 4999);
    rig_send(good, &last, 1);
    rig_advance(&r, 60000);
    assert_heard(good, "welcome 65536");
    assert_true(engine_deadline(r.e) == UINT64_MAX); /* nothing waits, no timer */
    rig_close(&r);
}

static void a_begun_frame_is_due_within_ten_seconds(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 14; cut += 3) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders"), *a = rig_asker(&r, 0);
        rig_write(c, 1, 1, "k");
        rig_write(c, 2, 1, "k");
        c->to_len -= cut;
        rig_request(a, 1, "ping");
        a->to_len -= cut < 9 ? cut : 9;
        rig_pump(&r);
        rig_advance(&r, 9999);
        rig_done(&r); /* what came before is accepted and continues */
        assert_heard(c, "notice in_flight; settled 1");
        assert_true(c->open && a->open);
        rig_advance(&r, 1);
        assert_heard(c, "error timed_out; closed");
        assert_heard(a, "error timed_out; closed");
        assert_int_equal(input_bytes(&r), 0);
        rig_close(&r);
    }
}

/* Frames that follow each other slowly each get their own time limit. */
static void the_time_limit_restarts_with_each_frame(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    for (uint64_t i = 1; i <= 10; i++) {
        uint8_t half[64];
        rig_write(c, i, 1, "k");
        size_t n = c->to_len / 2;
        memcpy(half, c->to + n, c->to_len - n);
        size_t rest = c->to_len - n;
        c->to_len = n;
        rig_advance(&r, 6000);
        rig_send(c, half, rest);
        rig_advance(&r, 100);
    }
    rig_finish(&r);
    assert_int_equal(c->settled, 10);
    assert_true(c->open);
    rig_close(&r);
}

static void buffers_go_back_when_they_are_empty(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 100, "k"); /* longer than the connection's own 256 bytes */
    uint8_t last = c->to[--c->to_len];
    rig_pump(&r);
    assert_int_equal(input_bytes(&r), 65540);
    rig_send(c, &last, 1);
    rig_pump(&r);
    assert_int_equal(input_bytes(&r), 0);
    rig_close(&r);
}

/* ---- ends ---- */

static void eof_in_every_state_closes(void **state)
{
    (void)state;
    for (int how = 0; how < 6; how++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", NULL);
        struct rig_conn *c = rig_connect(&r, RIG_UID);
        if (how >= 1)
            rig_hello(c, 1, how == 1 ? NULL : "orders", false);
        if (how >= 3)
            rig_write(c, 1, 4, "k");
        if (how >= 4)
            c->to_len -= 2; /* a frame that will never be complete */
        if (how == 5)
            c->feed_max = 10;
        rig_eof(c);
        rig_pump(&r);
        assert_false(c->open);
        assert_int_equal(input_bytes(&r), 0);
        rig_finish(&r);
        assert_string_equal(r.written, how == 3 ? "k1 k2 k3 k4 " : "");
        rig_close(&r);
    }
}

static void events_for_dead_ids_are_counted(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_bye(c);
    rig_pump(&r);
    assert_false(c->open);
    uint64_t ids[] = {c->id, 0, UINT64_MAX, c->id + 1, c->id ^ 0xffff};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct engine_counts before, after;
        engine_counts(r.e, &before);
        assert_int_equal(engine_input(r.e, ids[i]).n, 0);
        engine_received(r.e, ids[i], 1, r.now);
        engine_conn_eof(r.e, ids[i], r.now);
        engine_conn_hangup(r.e, ids[i], r.now);
        assert_int_equal(engine_output(r.e, ids[i], r.now).n, 0);
        engine_sent(r.e, ids[i], 1, r.now);
        engine_counts(r.e, &after);
        assert_int_equal(after.stale_events, before.stale_events + 6);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same),
        cmocka_unit_test(a_long_write_is_read_in_pieces),
        cmocka_unit_test(a_half_read_long_write_is_given_back),
        cmocka_unit_test(long_writes_that_are_wrong),
        cmocka_unit_test(limits_by_type),
        cmocka_unit_test(hello_is_due_within_five_seconds),
        cmocka_unit_test(a_begun_frame_is_due_within_ten_seconds),
        cmocka_unit_test(the_time_limit_restarts_with_each_frame),
        cmocka_unit_test(buffers_go_back_when_they_are_empty),
        cmocka_unit_test(eof_in_every_state_closes),
        cmocka_unit_test(events_for_dead_ids_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
