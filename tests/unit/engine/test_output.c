/* test_output: what a slow reader costs: nothing grows, states merge, order holds, last frames fit. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rig_assert.h"
#include "tests/lib/rig_decode.h"

/* C6: the daemon goes on reading, and its pending output does not grow. */
static void a_reader_that_reads_nothing_is_still_read(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    c->slow = true;
    uint64_t seq = 1;
    for (int round = 0; round < 40; round++) {
        for (; seq <= (uint64_t)(round + 1) * 5; seq++) {
            rig_write(c, seq, 1, "k");
            rig_flush(c, seq, seq);
        }
        rig_pump(&r);
        while (r.job_count > 0)
            rig_done(&r);
        if (c->to_len > 0 || !c->reading)
            break;
        if (seq > 60)
            break; /* 64 tokens may be open */
    }
    assert_int_equal(c->to_len, 0);
    assert_true(c->reading);
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_int_equal(n.record_bytes + n.input_bytes + n.body_bytes, 0);
    size_t before = c->from_total;
    c->slow = false;
    rig_pump(&r);
    const char *heard = rig_heard(c);
    char want[16];
    snprintf(want, sizeof want, "settled %u", (unsigned)seq - 1);
    const char *settled = strstr(heard, want), *flushed = strstr(heard, "flushed 60");
    assert_true(settled != NULL && flushed != NULL && settled < flushed);
    assert_true(c->from_total - before < 1000);
    rig_close(&r);
}

/* The output of settled states, taken byte by byte. */
static void output_is_taken_in_pieces(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_connect(&r, RIG_UID);
    rig_hello(c, 1, "orders", false);
    rig_write(c, 1, 4, "k");
    rig_flush(c, 1, 4);
    c->slow = true;
    rig_pump(&r);
    rig_done(&r);
    struct span out;
    uint8_t bytes[4096];
    size_t n = 0;
    while ((out = engine_output(r.e, c->id, r.now)).n > 0) {
        struct span again = engine_output(r.e, c->id, r.now); /* asking changes nothing */
        assert_true(again.p == out.p && again.n == out.n);
        bytes[n++] = out.p[0];
        engine_sent(r.e, c->id, 1, r.now);
        engine_turn(r.e, r.now);
    }
    c->wants_write = false;
    struct rig_conn *other = rig_conn_new(&r); /* it only reads */
    rig_decode(other, span_of(bytes, n));
    assert_heard(other, "welcome 65536; settled 4; flushed 1");
    rig_close(&r);
}

/* An ERROR follows a half-sent frame, complete. */
static void last_words_follow_a_half_sent_frame(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 25, "k");
    rig_pump(&r);
    c->slow = true;
    for (uint64_t i = 0; i < 4; i++)
        rig_request(c, i, "self");
    rig_pump(&r);
    struct span out = engine_output(r.e, c->id, r.now);
    assert_true(out.n > 500);
    rig_decode(c, span_of(out.p, 100));
    engine_sent(r.e, c->id, 100, r.now);
    rig_abort(c, 0);
    rig_send(c, "garbage.", 8);
    rig_pump(&r);
    c->slow = false;
    rig_pump(&r);
    const char *heard = rig_heard(c);
    assert_non_null(strstr(heard, "reply 0 ok"));
    assert_non_null(strstr(heard, "error protocol_error; closed"));
    rig_close(&r);
}

/* A peer that does not take its last frames is closed after a time limit. */
static void last_words_have_five_seconds(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *b = rig_writer(&r, 2, "orders");
    a->slow = b->slow = true;
    rig_send(a, "garbage.", 8);
    rig_request(b, 1, "self");
    rig_pump(&r);
    engine_output(r.e, b->id, r.now); /* the answer is being sent */
    rig_bye(b);
    rig_advance(&r, 4999);
    assert_true(a->open && b->open);
    rig_advance(&r, 1);
    assert_true(!a->open && !b->open);
    rig_close(&r);
}

/* C6: only unread failures end a connection, after ack_stall; while memory is short, after five seconds. */
static void unread_failures_end_a_connection(void **state)
{
    (void)state;
    for (int failures = 0; failures < 2; failures++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        c->slow = true;
        rig_write(c, 1, 1, "k");
        if (failures)
            rig_write_raw(c, 2, 1, "\x92\x00\x80", 3);
        rig_pump(&r);
        rig_done(&r);
        rig_advance(&r, 5 * 60 * 1000 - 1);
        assert_true(c->open);
        rig_advance(&r, 1);
        assert_int_equal(c->open, !failures);
        rig_advance(&r, 3600 * 1000);
        assert_int_equal(c->open, !failures);
        rig_close(&r);
    }
}

static void unread_failures_end_it_sooner_while_memory_is_short(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", "daemon.memory_max=64M", NULL);
        struct rig_conn *c = rig_writer_of(&r, 5, 200, "mine");
        c->slow = true;
        if (order == 0) {
            rig_write_raw(c, 1, 1, "\x92\x00\x80", 3); /* it failed before memory became short */
            rig_pump(&r);
        }
        rig_fill(&r, 1, 1, "aaa");
        rig_fill(&r, 2, 30, "bbb");
        rig_fill(&r, 3, 60, "ccc");
        rig_fill(&r, 4, 90, "ddd");
        rig_fill(&r, 6, 120, "eee");
        rig_fill(&r, 7, 150, "fff");
        struct engine_counts n;
        engine_counts(r.e, &n);
        assert_true(n.record_bytes_max - n.record_bytes < n.record_bytes_max / 8);
        if (order == 1) {
            rig_write_raw(c, 1, 1, "\x92\x00\x80", 3);
            rig_pump(&r);
        }
        rig_advance(&r, 10 * 1000 + 1);
        assert_false(c->open);
        rig_close(&r);
    }
}

/* A client that reads slowly but steadily is not closed. */
static void a_slow_but_steady_reader_stays(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    for (uint64_t seq = 1; seq <= 8; seq++)
        rig_write_raw(c, seq, 1, "\x92\x00\x80", 3);
    c->slow = true;
    rig_pump(&r);
    for (int i = 0; i < 4; i++) { /* one frame every four minutes */
        rig_advance(&r, 4 * 60 * 1000);
        struct span out = engine_output(r.e, c->id, r.now);
        if (out.n == 0)
            break;
        rig_decode(c, out);
        engine_sent(r.e, c->id, out.n, r.now);
    }
    assert_true(c->open);
    assert_int_equal(c->failed, 8);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_that_reads_nothing_is_still_read),
        cmocka_unit_test(output_is_taken_in_pieces),
        cmocka_unit_test(last_words_follow_a_half_sent_frame),
        cmocka_unit_test(last_words_have_five_seconds),
        cmocka_unit_test(unread_failures_end_a_connection),
        cmocka_unit_test(unread_failures_end_it_sooner_while_memory_is_short),
        cmocka_unit_test(a_slow_but_steady_reader_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
