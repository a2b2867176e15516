/* test_write: the records of a WRITE: good, bad alone, bad as a frame, out of order, beyond the credit. */
#include <stdio.h>
#include <string.h>

#include "proto/frame.h"
#include "tests/lib/rig_assert.h"

#define REC(op, item) "\x92" op item
#define ID(key)       "\x81\xa2id\xa2" key /* {"id": two characters} */

static struct rig_conn *open_one(struct rig *r)
{
    rig_open(r, "defaults.linger=0", NULL);
    return rig_writer(r, 1, "orders");
}

/* M4: what is wrong with a record fails that record alone. */
static void bad_records_fail_alone(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *want;
    } cases[] = {
#define CASE(bytes, want) {bytes, sizeof(bytes) - 1, want}
        CASE(REC("\x00", "\x80"), "missing_key"),
        CASE(REC("\x00", "\xc0"), "invalid_item"),
        CASE(REC("\x00", "\x90"), "invalid_item"),
        CASE(REC("\x00", "\x81\x01\x02"), "invalid_item"),
        CASE(REC("\x00", "\x81\xa2id\x05"), "missing_key"),
        CASE(REC("\x00", "\x81\xa2id\xa0"), "missing_key"),
        CASE(REC("\x00", "\x82\xa2id\xa1x\xa2id\xa1y"), "invalid_item"),
        CASE(REC("\x00", "\x81\xa2id\xa1\xff"), "invalid_item"),
        CASE(REC("\x00", "\x82\xa2id\xa1x\xa1n\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"), "invalid_item"),
        CASE(REC("\x00", "\x82\xa2id\xa1x\xa1n\xd4\x01y"), "invalid_item"),
        CASE(REC("\x00", "\x82\xa2id\xa1x\xa1n\xd4\x09y"), "invalid_item"),
        CASE(REC("\x01", "\x82\xa2id\xa1x\xa1n\x01"), "missing_key"),
        CASE(REC("\x02", ID("ok")), "unsupported_op"),
        CASE(REC("\xcc\xff", ID("ok")), "unsupported_op"),
        CASE(REC("\x07", "\x01"), "unsupported_op"),
#undef CASE
    };
    struct rig r;
    struct rig_conn *c = open_one(&r);
    uint64_t seq = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char want[100];
        rig_write_raw(c, seq, 1, cases[i].bytes, cases[i].n);
        rig_pump(&r);
        snprintf(want, sizeof want, "settled %u !%u:%s", (unsigned)seq, (unsigned)seq, cases[i].want);
        assert_heard(c, want);
        assert_true(strlen(c->last_failure) > 0);
        seq++;
        rig_write_raw(c, seq, 1, REC("\x00", ID("ok")), 9);
        rig_pump(&r);
        rig_done(&r);
        snprintf(want, sizeof want, "settled %u", (unsigned)seq);
        assert_heard(c, want);
        seq++;
    }
    rig_close(&r);
}

/* M4: so does one that is nested too deep, at any depth: a list of one list of one list ... */
static void deep_items_fail_alone(void **state)
{
    (void)state;
    static const unsigned depths[] = {32, 33, 40, 41, 1000, 60000};
    static uint8_t bytes[65000];
    const char head[] = REC("\x00", "\x82\xa2id\xa2ok\xa1l"); /* {"id": "ok", "l": */
    enum { HEAD = sizeof head - 1 };
    struct rig r;
    struct rig_conn *c = open_one(&r);
    for (unsigned i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        char want[60];
        unsigned seq = 2 * i + 1, lists = depths[i] - 1;
        memcpy(bytes, head, HEAD);
        memset(bytes + HEAD, 0x91, lists);
        bytes[HEAD + lists] = 0x01;
        rig_write_raw(c, seq, 1, bytes, HEAD + lists + 1);
        rig_write_raw(c, seq + 1, 1, REC("\x00", ID("ok")), 9);
        rig_pump(&r);
        rig_finish(&r);
        if (depths[i] == 32)
            assert_int_equal(c->failed, 0);
        snprintf(want, sizeof want, "!%u:invalid_item", seq);
        assert_int_equal(strstr(rig_heard(c), want) != NULL, depths[i] > 32);
        assert_int_equal(c->upto, seq + 1);
    }
    rig_close(&r);
}

/* What is wrong with a frame ends the connection; what was accepted before is delivered, also from the same frame. */
static void bad_frames_end_the_connection(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        uint32_t count;
        const char *written;
    } cases[] = {
#define CASE(bytes, count, written) {bytes, sizeof(bytes) - 1, count, written}
        CASE("\x93\x00" ID("aa") "\x01", 1, ""),     /* three elements */
        CASE("\x91\x00", 1, ""),                     /* one */
        CASE("\x92\xa1x" ID("aa"), 1, ""),           /* op is no integer */
        CASE("\x92\xcd\x01\x00" ID("aa"), 1, ""),    /* op 256 */
        CASE("\x92\xff" ID("aa"), 1, ""),            /* op -1 */
        CASE(REC("\x00", "\x81\xa2id\xa9x"), 1, ""), /* the frame ends inside the item */
        CASE(REC("\x00", "\xc1"), 1, ""),            /* never a msgpack byte */
        CASE(REC("\x00", ID("aa")), 2, "aa "),       /* fewer records than announced */
        CASE(REC("\x00", ID("aa")) REC("\x00", "\xc1"), 2, "aa "),
        CASE(REC("\x00", ID("aa")) "\xc1", 1, "aa "),                /* garbage behind */
        CASE(REC("\x00", ID("aa")) REC("\x00", ID("bb")), 1, "aa "), /* more than announced */
        CASE("\xc0", 1, ""),
#undef CASE
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;
        struct rig_conn *c = open_one(&r);
        rig_write_raw(c, 1, 1, REC("\x00", ID("before")), 5 + 4 + 6 - 4);
        c->to_len = 0; /* dropped unsent: the next frame is the connection's first */
        rig_write_raw(c, 1, cases[i].count, cases[i].bytes, cases[i].n);
        rig_pump(&r);
        const char *heard = rig_heard(c);
        if (strstr(heard, "error protocol_error; closed") == NULL)
            fail_msg("case %zu: %s", i, heard);
        rig_finish(&r);
        assert_string_equal(r.written, cases[i].written);
        rig_close(&r);
    }
}

/* S1: strictly increasing on a connection, from 1 on. */
static void seqs_must_rise(void **state)
{
    (void)state;
    static const struct {
        uint64_t first;
        uint32_t count;
        uint64_t second;
        bool ok;
    } cases[] = {
        {1, 1, 2, true},  {1, 1, 100, true}, {5, 3, 8, true},  {1, 1, 1, false},
        {5, 3, 7, false}, {5, 3, 4, false},  {5, 1, 0, false}, {UINT64_MAX - 1, 1, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;
        struct rig_conn *c = open_one(&r);
        rig_write(c, cases[i].first, cases[i].count, "k");
        rig_write(c, cases[i].second, 1, "k");
        rig_pump(&r);
        assert_int_equal(strstr(rig_heard(c), "error protocol_error") == NULL, cases[i].ok);
        struct engine_counts n;
        engine_counts(r.e, &n);
        assert_int_equal(n.ledger.accepted, cases[i].count + (cases[i].ok ? 1 : 0));
        rig_finish(&r);
        rig_close(&r);
    }
}

/* The highest possible seqs. */
static void seqs_may_be_as_large_as_they_come(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_one(&r);
    rig_write(c, UINT64_MAX - 2, 2, "k");
    rig_flush(c, 1, UINT64_MAX);
    rig_pump(&r);
    rig_done(&r);
    assert_non_null(strstr(rig_heard(c), "settled 18446744073709551614; flushed 1"));
    rig_close(&r);
}

/* C1 to the byte. */
static void credit_is_spent_to_the_byte(void **state)
{
    (void)state;
    for (int over = 0; over < 2; over++) {
        struct rig r;
        struct rig_conn *c = open_one(&r);
        uint64_t one = rig_put(c, 1, "k", 1000), seq = 2;
        for (; c->limit - c->used > 2 * one; seq++)
            rig_put(c, seq, "k", 1000);
        uint64_t left = c->limit - c->used;
        rig_put(c, seq, "k", 1000 + (size_t)(left - one) + (size_t)over);
        rig_pump(&r);
        const char *heard = rig_heard(c);
        if (over)
            assert_string_equal(heard, "error protocol_error; closed");
        else
            assert_string_equal(heard, "");
        struct engine_counts n;
        engine_counts(r.e, &n);
        assert_int_equal(n.ledger.accepted, seq - (uint64_t)over);
        rig_finish(&r);
        assert_int_equal(c->open, !over);
        rig_close(&r);
    }
}

/* After an ABORT no WRITE with seqs up to its upto_seq (S5). */
static void no_write_below_an_abort(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_one(&r);
    rig_write(c, 1, 1, "k");
    rig_abort(c, 5);
    rig_write(c, 6, 1, "k");
    rig_pump(&r);
    assert_true(c->open);
    rig_finish(&r);
    assert_string_equal(r.written, "k6 ");
    struct rig_conn *d = rig_writer(&r, 2, "orders");
    rig_abort(d, 5);
    rig_write(d, 5, 1, "k");
    rig_pump(&r);
    assert_non_null(strstr(rig_heard(d), "error protocol_error; closed"));
    rig_finish(&r);
    assert_string_equal(r.written, "k6 ");
    rig_close(&r);
}

static void many_failures_turn_into_ranges(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_one(&r);
    for (uint64_t seq = 1; seq <= 3000; seq++) {
        rig_write_raw(c, seq, 1, REC("\x00", "\x80"), 3);
        if (seq % 100 == 0)
            rig_pump(&r);
    }
    rig_pump(&r);
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_int_equal(n.ledger.failed, 3000);
    assert_int_equal(n.record_bytes, (1024 + 1) * 256);
    rig_flush(c, 1, 3000);
    rig_pump(&r);
    assert_int_equal(c->failed, 3000);
    assert_int_equal(c->settled, 0);
    assert_string_equal(c->last_failure, "a key attribute is missing, empty or of the wrong type");
    assert_non_null(strstr(rig_heard(c), "flushed 1"));
    rig_close(&r);
}

/* More failures than can be recorded: the session ends with an error, and none is reported as written. */
static void more_failures_than_fit_end_the_session(void **state)
{
    (void)state;
    struct rig r;
    struct rig_conn *c = open_one(&r);
    uint64_t seq = 1;
    for (; c->open && seq < 100 * 1000; seq += 2) {
        rig_write_raw(c, seq, 1, REC("\x00", "\x80"), 3); /* a gap behind each: no range */
        rig_pump(&r);
        rig_heard(c);
    }
    assert_string_equal(c->last_error, "more records of this writer failed than the daemon can remember");
    assert_true(seq / 2 > 16 * 1024);
    struct engine_counts n;
    engine_counts(r.e, &n);
    assert_int_equal(n.record_bytes, 0);
    assert_int_equal(n.sessions, 0);
    rig_close(&r);
}

/* The recorded failures of many writers must not fill the memory that all of them wait for: before that, their sessions
 * end with an error. */
static void recorded_failures_never_stop_a_table(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "daemon.memory_max=64M", NULL);
    struct rig_conn *c[6];
    uint32_t ended = 0;
    for (uint8_t i = 0; i < 6; i++)
        c[i] = rig_writer(&r, (uint8_t)(i + 1), "orders");
    for (uint64_t seq = 1; seq < 2 * 16000; seq += 2)
        for (uint32_t i = 0; i < 6; i++) {
            if (!c[i]->open)
                continue;
            rig_write_raw(c[i], seq, 1, REC("\x00", "\x80"), 3); /* a gap behind each: no range */
            rig_pump(&r);
            rig_heard(c[i]);
            assert_int_equal(c[i]->to_len, 0);
            assert_true(c[i]->reading || !c[i]->open);
            if (!c[i]->open) {
                ended++;
                assert_string_equal(c[i]->last_error,
                                    "more records of this writer failed than the daemon can remember");
            }
        }
    assert_true(ended > 0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_records_fail_alone),
        cmocka_unit_test(deep_items_fail_alone),
        cmocka_unit_test(bad_frames_end_the_connection),
        cmocka_unit_test(seqs_must_rise),
        cmocka_unit_test(seqs_may_be_as_large_as_they_come),
        cmocka_unit_test(credit_is_spent_to_the_byte),
        cmocka_unit_test(no_write_below_an_abort),
        cmocka_unit_test(many_failures_turn_into_ranges),
        cmocka_unit_test(more_failures_than_fit_end_the_session),
        cmocka_unit_test(recorded_failures_never_stop_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
