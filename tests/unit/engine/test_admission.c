/* test_admission: connections that wait for memory (PROTOCOL C3 to C5): turns, newcomers, ends, priorities. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/rig_assert.h"

#define SMALL "defaults.linger=0", "daemon.memory_max=64M"

static struct engine_counts counts(const struct rig *r)
{
    struct engine_counts n;
    engine_counts(r->e, &n);
    return n;
}

static void one_table_leaves_room_for_another(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    rig_fill(&r, RIG_UID, 1, "orders");
    struct engine_counts n = counts(&r);
    assert_true(n.record_bytes < n.record_bytes_max / 2);
    struct rig_conn *other = rig_writer(&r, 100, "others");
    rig_write(other, 1, 10, "k");
    rig_pump(&r);
    assert_int_equal(counts(&r).ledger.accepted, n.ledger.accepted + 10);
    struct rig_conn *user = rig_writer_of(&r, RIG_UID + 1, 101, "orders"); /* another uid of the same table */
    rig_write(user, 1, 10, "u");
    rig_pump(&r);
    assert_int_equal(counts(&r).ledger.accepted, n.ledger.accepted + 20);
    rig_finish(&r);
    assert_int_equal(counts(&r).ledger.queued, 0);
    rig_close(&r);
}

static void waiters_are_served_oldest_first(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    struct rig_conn *first = rig_fill(&r, RIG_UID, 1, "orders");
    struct rig_conn *w[3];
    for (int i = 0; i < 3; i++) {
        w[i] = rig_writer(&r, (uint8_t)(100 + i), "orders");
        rig_put(w[i], 1, "w", 50000); /* one key: the order of admission is the order of writing */
        rig_pump(&r);
        assert_false(w[i]->reading);
    }
    rig_advance(&r, 1500);
    for (int i = 0; i < 3; i++)
        assert_non_null(strstr(rig_heard(w[i]), "notice memory"));
    uint64_t accepted = counts(&r).ledger.accepted;
    for (int i = 0; i < 3; i++)
        assert_false(w[i]->reading);
    while (!w[0]->reading)
        rig_done(&r);
    assert_true(first->reading);
    assert_true(counts(&r).ledger.accepted > accepted);
    rig_finish(&r);
    for (int i = 0; i < 3; i++) {
        assert_true(w[i]->reading);
        assert_int_equal(w[i]->settled, 1);
        assert_non_null(strstr(rig_heard(w[i]), "notice none"));
    }
    assert_int_equal(counts(&r).input_bytes, 0);
    rig_close(&r);
}

/* A frame of several records is admitted as far as memory allows, and continues from there. */
static void a_frame_is_admitted_in_parts(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    rig_fill(&r, RIG_UID, 1, "orders");
    struct rig_conn *c = rig_writer(&r, 100, "orders");
    rig_write(c, 1, 30, "k");
    rig_flush(c, 1, 30);
    rig_write(c, 31, 30, "k");
    rig_flush(c, 2, 60);
    rig_pump(&r);
    assert_int_equal(counts(&r).input_bytes, 2 * 65540);
    rig_finish(&r);
    const char *heard = rig_heard(c);
    assert_non_null(strstr(heard, "flushed 1"));
    assert_non_null(strstr(heard, "flushed 2"));
    assert_int_equal(c->settled, 60);
    rig_close(&r);
}

static void eof_with_unadmitted_input_still_delivers(void **state)
{
    (void)state;
    for (int hung = 0; hung < 2; hung++) {
        struct rig r;
        rig_open(&r, SMALL, NULL);
        rig_fill(&r, RIG_UID, 1, "orders");
        struct rig_conn *c = rig_writer(&r, 100, "orders");
        rig_write(c, 1, 3, "last");
        rig_pump(&r);
        rig_eof(c);
        if (hung)
            rig_hangup(c);
        rig_pump(&r);
        assert_true(c->open);
        rig_advance(&r, 60 * 60 * 1000); /* the table is dead for an hour */
        rig_finish(&r);
        assert_non_null(strstr(r.written, "last1 last2 last3 "));
        assert_false(c->open);
        rig_close(&r);
    }
}

/* A client left with unread failures: that is no reason to drop what it had sent (P2). */
static void a_client_that_left_is_not_dropped_for_unread_failures(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    rig_fill(&r, RIG_UID, 1, "orders");
    struct rig_conn *c = rig_writer_of(&r, RIG_UID + 1, 100, "orders");
    c->slow = true;
    rig_write_raw(c, 1, 1, "\x92\x00\x80", 3);
    rig_pump(&r);
    assert_int_equal(counts(&r).ledger.failed, 1);
    rig_fill(&r, RIG_UID + 1, 110, "orders"); /* now its uid has to wait, too */
    rig_write(c, 2, 1, "last");
    rig_pump(&r);
    assert_false(c->reading);
    rig_eof(c);
    rig_hangup(c);
    rig_advance(&r, 10 * 60 * 1000);
    rig_finish(&r);
    assert_non_null(strstr(r.written, "last2 "));
    rig_close(&r);
}

static void discard_drops_unadmitted_input(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    rig_fill(&r, RIG_UID, 1, "orders");
    struct rig_conn *c = rig_connect(&r, RIG_UID);
    rig_hello(c, 100, "orders", true);
    rig_pump(&r);
    rig_write(c, 1, 3, "k");
    rig_pump(&r);
    assert_false(c->reading);
    rig_hangup(c);
    assert_false(c->open);
    assert_int_equal(counts(&r).input_bytes, 65540); /* that of the one that waits first */
    rig_finish(&r);
    assert_null(strstr(r.written, "k1"));
    rig_close(&r);
}

/* Every job succeeds at the current instant. */
static void all_done(struct rig *r)
{
    rig_pump(r);
    while (r->job_count > 0) {
        rig_done(r);
        rig_pump(r);
    }
}

/* A client that begins long WRITEs and stops takes nothing from the short WRITEs of its own uid and table, and delays
 * long ones no longer than the time limit of a frame (C7). */
static void half_read_long_writes_leave_room_for_others(void **state)
{
    (void)state;
    enum { HALF = 8, PAD = 2000000 };
    struct rig r;
    rig_open(&r, SMALL, NULL);
    struct rig_conn *half[HALF], *honest = rig_writer(&r, 50, "orders"), *late = rig_writer(&r, 51, "orders");
    struct rig_conn *all[HALF + 1] = {late};
    for (int i = 0; i < HALF; i++)
        all[i + 1] = half[i] = rig_writer(&r, (uint8_t)(100 + i), "orders");
    for (int i = 0; i <= HALF; i++)
        rig_blocked(all[i], PAD + 400);
    rig_pump(&r);
    for (int i = 0; i < HALF; i++) {
        rig_put(half[i], 1, "half", PAD);
        half[i]->to_len = 100000;
        rig_pump(&r);
    }
    assert_true(counts(&r).record_bytes <= counts(&r).record_bytes_max / 4);
    rig_put(late, 1, "late", 300000);
    rig_pump(&r);
    assert_false(late->reading);
    for (uint64_t seq = 1; seq <= 300; seq += 3) {
        rig_write(honest, seq, 3, "k");
        rig_pump(&r);
        assert_true(honest->reading);
        all_done(&r);
        assert_int_equal(honest->settled, seq + 2);
    }
    for (int k = 0; k < 60 && !late->reading; k++)
        rig_advance(&r, 1000);
    assert_true(late->reading);
    rig_finish(&r);
    assert_int_equal(late->settled, 1);
    for (int k = 0; k < 60; k++)
        rig_advance(&r, 1000);
    for (int i = 0; i < HALF; i++)
        assert_false(half[i]->open);
    assert_int_equal(counts(&r).record_bytes, 0);
    rig_close(&r);
}

/* A client that begins frames and stops holds the buffers of its uid and table; whole frames are still processed. */
static void half_read_frames_keep_no_whole_ones_from_being_read(void **state)
{
    (void)state;
    enum { HALF = 60 };
    struct rig r;
    rig_open(&r, SMALL, NULL);
    struct rig_conn *honest = rig_writer(&r, 1, "orders"), *split = rig_writer(&r, 2, "orders");
    for (int i = 0; i < HALF; i++) {
        struct rig_conn *c = rig_writer(&r, (uint8_t)(100 + i), "orders");
        rig_put(c, 1, "half", 60000);
        c->to_len = 1000;
        rig_pump(&r);
    }
    uint64_t held = counts(&r).input_bytes;
    for (uint64_t seq = 1; seq <= 900; seq += 90) {
        rig_write(honest, seq, 90, "k"); /* a frame that is longer than what a connection keeps of its own */
        rig_flush(honest, seq, seq + 89);
        rig_pump(&r);
        assert_true(honest->reading);
        assert_int_equal(honest->to_len, 0);
        all_done(&r);
        assert_int_equal(honest->settled, seq + 89);
    }
    rig_write(honest, 901, 1, "last"); /* behind it the beginning of one that does not fit, which stays in the socket */
    rig_put(honest, 902, "long", 60000);
    honest->to_len -= 50000;
    rig_put(split, 1, "split", 50000);
    split->feed_max = 10000;
    rig_pump(&r);
    assert_false(honest->reading || split->reading);
    assert_true(honest->to_len > 1000 && split->to_len > 50000);
    assert_int_equal(counts(&r).input_bytes, held);
    all_done(&r);
    assert_int_equal(honest->settled, 901);
    for (int k = 0; k < 30; k++)
        rig_advance(&r, 1000);
    rig_finish(&r);
    assert_int_equal(split->settled, 1);
    assert_int_equal(counts(&r).input_bytes, 0);
    rig_close(&r);
}

/* A long WRITE waits before it is read, and its time limit is suspended meanwhile (C7). */
static void a_long_write_waits_unread(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    struct rig_conn *c = rig_writer(&r, 100, "orders");
    rig_blocked(c, 300400);
    rig_pump(&r);
    rig_fill(&r, RIG_UID, 1, "orders");
    rig_put(c, 1, "long", 300000);
    rig_pump(&r);
    assert_false(c->reading);
    rig_advance(&r, 60 * 1000);
    assert_true(c->open);
    rig_finish(&r);
    assert_int_equal(c->settled, 1);
    rig_close(&r);
}

/* A long WRITE whose record is refused while others took the memory: it fails and is not forgotten (P1). */
static void a_refused_long_write_fails_under_pressure(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    struct rig_conn *c = rig_writer(&r, 100, "orders");
    rig_blocked(c, 600000);
    rig_pump(&r);
    rig_put(c, 1, "too-large", 450000);
    uint8_t last = c->to[--c->to_len];
    rig_pump(&r); /* reserved, all but one byte received */
    rig_fill(&r, RIG_UID, 1, "orders");
    rig_fill(&r, RIG_UID, 30, "others");
    rig_send(c, &last, 1);
    rig_write(c, 2, 1, "next");
    rig_flush(c, 1, 2);
    rig_pump(&r);
    rig_finish(&r);
    assert_int_equal(c->outcome[1], 2);
    assert_int_equal(c->outcome[2], 1);
    rig_close(&r);
}

/* A client waits, unread, for room for a long WRITE and holds nothing; another of its user queues behind it for what is
 * there. When the first one goes away it frees no memory, and all the same the second must be looked at: the rig checks
 * that nobody waits for memory that is there. */
static void whoever_dies_waiting_lets_the_next_one_go(void **state)
{
    (void)state;
    enum { PAD = 350000, LONG = 2000000, BUFFERS = 46 };
    struct rig r;
    uint8_t session = 0;
    rig_open(&r, "daemon.memory_max=64M", NULL);
    for (int i = 0; i < 93; i++) { /* fill the record pool down to less than the long WRITE */
        char table[16];
        struct engine_counts n;
        engine_counts(r.e, &n);
        if (n.record_bytes_max - n.record_bytes < 1300000)
            break;
        snprintf(table, sizeof table, "more%d", i);
        struct rig_conn *c = rig_writer_of(&r, 0, ++session, table);
        rig_blocked(c, PAD + 400);
        rig_pump(&r);
        rig_put(c, 1, "x", PAD);
        rig_pump(&r);
    }
    struct rig_conn *b = rig_writer_of(&r, 0, ++session, "ttt");
    rig_put(b, 1, "small", 600);
    static uint8_t frame[1000];
    size_t n = b->to_len;
    assert_in_range(n, 401, sizeof frame);
    memcpy(frame, b->to, n);
    b->to_len = 400; /* the rest comes later */
    rig_pump(&r);
    struct rig_conn *a = rig_connect(&r, 0);
    rig_hello(a, 99, "ttt", true);
    rig_pump(&r);
    rig_blocked(a, LONG + 400);
    rig_pump(&r);
    for (int i = 0; i < BUFFERS; i++) /* and the input buffers that its user may have */
        rig_send(rig_writer_of(&r, 0, (uint8_t)(150 + i), "ttt"), frame, 400);
    rig_pump(&r);
    uint8_t head[3000] = {LONG >> 24, (LONG >> 16) & 0xff, (LONG >> 8) & 0xff, LONG & 0xff, frame[4], frame[5]};
    rig_send(a, head, sizeof head);
    rig_pump(&r);
    assert_false(a->reading);
    rig_send(b, frame + 400, n - 400);
    rig_pump(&r);
    assert_false(b->reading); /* behind a */
    rig_hangup(a);
    rig_pump(&r);
    assert_true(b->reading);
    rig_close(&r);
}

/* S5 in a full daemon: what would free memory must not wait behind clients that want memory. */
static void an_abort_is_served_while_others_wait_for_memory(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    struct rig_conn *c = rig_writer(&r, 100, "orders");
    rig_write(c, 1, 5, "mine");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_TRANSIENT);
    struct rig_conn *first = rig_fill(&r, RIG_UID, 1, "orders");
    rig_abort(c, 5);
    rig_pump(&r);
    assert_non_null(strstr(rig_heard(c), "aborted 5"));
    assert_false(first->reading);
    rig_eof(c);
    rig_pump(&r);
    assert_false(c->open);
    rig_close(&r);
}

/* The same for a client that lost its connection in the meantime, and for its FLUSH. */
static void a_reconnect_is_served_while_others_wait_for_memory(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    struct rig_conn *a = rig_writer(&r, 100, "orders");
    rig_write(a, 1, 5, "mine");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_TRANSIENT);
    rig_fill(&r, RIG_UID, 1, "orders");
    rig_put(a, 6, "waits", 50000);
    rig_pump(&r);
    assert_false(a->reading);
    struct rig_conn *b = rig_connect(&r, RIG_UID);
    rig_hello(b, 100, "orders", false);
    rig_pump(&r);
    rig_abort(b, 6);
    rig_flush(b, 3, 6);
    rig_pump(&r);
    const char *heard = rig_heard(b);
    assert_non_null(strstr(heard, "aborted 6"));
    assert_non_null(strstr(heard, "flushed 3"));
    rig_close(&r);
}

static void operators_are_served_while_all_wait(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    rig_fill(&r, RIG_UID, 1, "orders");
    struct rig_conn *op = rig_asker(&r, 0), *same = rig_asker(&r, RIG_UID);
    rig_request(op, 1, "status");
    rig_request(same, 1, "ping");
    rig_pump(&r);
    assert_heard(op, "reply 1 ok");
    assert_heard(same, "reply 1 ok");
    rig_close(&r);
}

static void lingering_ends_while_anyone_waits(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", "daemon.memory_max=64M", NULL);
    struct rig_conn *c = rig_writer(&r, 100, "slow-one");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "");
    rig_fill(&r, RIG_UID, 1, "orders");
    assert_non_null(strstr(rig_jobs(&r), "k1")); /* its memory is waited for */
    rig_write(c, 2, 1, "k");
    rig_pump(&r);
    assert_string_equal(r.jobs[r.job_count - 1]->table, "slow-one");
    rig_close(&r);
}

/* Memory freed by a broken connection goes to those who wait, without any other event. */
static void memory_that_a_broken_connection_frees_is_used_at_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SMALL, NULL);
    struct rig_conn *big = rig_writer(&r, 100, "orders");
    rig_blocked(big, 2000000);
    rig_pump(&r);
    rig_put(big, 1, "big", 1900000);
    big->to_len = 70000;
    rig_pump(&r);
    struct rig_conn *waits = rig_fill(&r, RIG_UID, 1, "orders");
    assert_false(waits->reading);
    rig_advance(&r, 10000); /* the long frame was not completed */
    assert_false(big->open);
    assert_true(waits->reading);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_table_leaves_room_for_another),
        cmocka_unit_test(waiters_are_served_oldest_first),
        cmocka_unit_test(a_frame_is_admitted_in_parts),
        cmocka_unit_test(eof_with_unadmitted_input_still_delivers),
        cmocka_unit_test(a_client_that_left_is_not_dropped_for_unread_failures),
        cmocka_unit_test(discard_drops_unadmitted_input),
        cmocka_unit_test(half_read_long_writes_leave_room_for_others),
        cmocka_unit_test(half_read_frames_keep_no_whole_ones_from_being_read),
        cmocka_unit_test(a_long_write_waits_unread),
        cmocka_unit_test(a_refused_long_write_fails_under_pressure),
        cmocka_unit_test(whoever_dies_waiting_lets_the_next_one_go),
        cmocka_unit_test(an_abort_is_served_while_others_wait_for_memory),
        cmocka_unit_test(a_reconnect_is_served_while_others_wait_for_memory),
        cmocka_unit_test(operators_are_served_while_all_wait),
        cmocka_unit_test(lingering_ends_while_anyone_waits),
        cmocka_unit_test(memory_that_a_broken_connection_frees_is_used_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
