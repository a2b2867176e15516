/* test_drain: SIGTERM by phases (PROTOCOL R5): handover, in flight, last frames, records of clients that left. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rig_assert.h"

static void drain(struct rig *r)
{
    rig_drain(r);
    rig_pump(r);
}

static void an_idle_daemon_stops_at_once(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    drain(&r);
    assert_true(r.stopped);
    rig_drain(&r); /* again: no effect */
    rig_pump(&r);
    rig_close(&r);
}

static void writers_are_notified_and_closed(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *idle = rig_writer(&r, 2, "orders");
    struct rig_conn *op = rig_asker(&r, 0), *new = rig_connect(&r, RIG_UID);
    rig_write(c, 1, 2, "k");
    rig_flush(c, 1, 2);
    rig_write(c, 3, 1, "k");
    rig_pump(&r);
    drain(&r);
    assert_heard(c, "goaway draining");
    assert_heard(idle, "goaway draining");
    assert_heard(new, "error shutting_down; closed");
    assert_false(r.stopped);
    assert_jobs(&r, "k1 k2 k3"); /* lingering ends */
    rig_done(&r);
    assert_heard(c, "settled 3; flushed 1; closed");
    assert_heard(idle, "closed");
    assert_heard(op, ""); /* an operator may look on */
    assert_true(r.stopped);
    rig_close(&r);
}

/* During the handover new records are still delivered. */
static void the_handover_goes_on_delivering(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "daemon.handover=2s", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "=x");
    rig_pump(&r);
    rig_write(c, 2, 1, "=x");
    drain(&r);
    rig_advance(&r, 1000);
    rig_done(&r);
    assert_jobs(&r, "x");
    rig_write(c, 3, 1, "=x");
    rig_pump(&r);
    rig_advance(&r, 1000); /* the handover is over: no new request */
    rig_done(&r);
    assert_jobs(&r, "");
    const char *heard = rig_heard(c);
    assert_non_null(strstr(heard, "settled 2"));
    assert_non_null(strstr(heard, "closed"));
    assert_int_equal(c->outcome[3], 0); /* its client still has it */
    assert_true(r.stopped);
    assert_null(strstr(r.log, "records_lost"));
    rig_close(&r);
}

static void a_slow_reader_delays_no_more_than_five_seconds(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    c->slow = true;
    drain(&r);
    rig_done(&r);
    rig_advance(&r, 4999);
    assert_false(r.stopped);
    rig_advance(&r, 1);
    assert_true(r.stopped);
    assert_false(c->open);
    rig_close(&r);
}

/* Records of clients that have left get drain_timeout. */
static void what_clients_left_is_delivered(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *gone = rig_writer(&r, 1, "orders"), *here = rig_writer(&r, 2, "orders");
    rig_write(gone, 1, 1, "=x");
    rig_write(gone, 2, 1, "=x");
    rig_bye(gone);
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_TRANSIENT);
    rig_write(here, 1, 1, "=here");
    rig_pump(&r);
    drain(&r);
    assert_int_equal(r.job_count, 1);
    rig_done(&r);
    rig_advance(&r, 100);
    while (r.job_count > 0)
        rig_done(&r);
    rig_finish(&r);
    assert_string_equal(r.written, "here x x ");
    assert_true(r.stopped);
    assert_null(strstr(r.log, "records_lost"));
    rig_close(&r);
}

static void what_could_not_be_delivered_is_listed(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *gone = rig_writer(&r, 1, "orders");
    rig_write(gone, 1, 3, "k");
    rig_bye(gone);
    rig_pump(&r);
    drain(&r);
    uint64_t start = r.now.mono_ms;
    while (!r.stopped && r.now.mono_ms < start + 60000) {
        while (r.job_count > 0)
            rig_outcome(&r, 0, JOB_UNREACHABLE);
        rig_advance(&r, 100);
    }
    assert_true(r.now.mono_ms - start >= 15000 && r.now.mono_ms - start <= 18000);
    assert_non_null(strstr(r.log, "event=records_lost table=orders records=3"));
    rig_close(&r);
}

/* A record whose client has left is refused with `outcome` again and again, before and after SIGTERM. Returns how long
 * the daemon took to stop. */
static uint64_t stop_refused(struct rig *r, enum job_outcome outcome)
{
    rig_open(r, "defaults.linger=0", NULL);
    struct rig_conn *gone = rig_writer(r, 1, "orders");
    rig_write(gone, 1, 1, "k");
    rig_bye(gone);
    rig_pump(r);
    for (int k = 0; k < 3 && r->job_count > 0; k++) {
        rig_outcome(r, 0, outcome);
        rig_advance(r, 3000);
    }
    while (r->job_count > 0)
        rig_outcome(r, 0, outcome);
    uint64_t start = r->now.mono_ms;
    drain(r);
    for (int i = 0; i < 600 && !r->stopped; i++) {
        rig_advance(r, 100);
        while (r->job_count > 0)
            rig_outcome(r, 0, outcome);
    }
    assert_true(r->stopped);
    return r->now.mono_ms - start;
}

static void paused_tables_end_it_early(void **state)
{
    (void)state;
    struct rig r;
    assert_true(stop_refused(&r, JOB_ACCESS_DENIED) <= 3000);
    assert_non_null(strstr(r.log, "records_lost table=orders records=1 reason=table_paused"));
    assert_non_null(strstr(r.log, "the table is paused (access_denied): a stopping daemon does not wait"));
    rig_close(&r);
}

static void throttled_tables_have_drain_timeout(void **state)
{
    (void)state;
    struct rig r;
    uint64_t took = stop_refused(&r, JOB_THROTTLED);
    assert_true(took >= 15000 && took <= 18000);
    assert_non_null(strstr(r.log, "records_lost table=orders records=1 reason=throttled"));
    assert_non_null(strstr(r.log, "before drain_timeout was over"));
    rig_close(&r);
}

/* A writer that has left while its input waits for memory, in a daemon that drains while the endpoint is dead. */
static struct rig_conn *leave_waiting(struct rig *r, bool hung)
{
    rig_open(r, "defaults.linger=0", "daemon.memory_max=64M", NULL);
    struct rig_conn *c = rig_writer(r, 200, "orders");
    rig_write(c, 1, 2, "first");
    rig_pump(r);
    rig_outcome(r, 0, JOB_UNREACHABLE);
    rig_fill(r, RIG_UID, 1, "orders");
    rig_write(c, 3, 2, "last");
    rig_pump(r);
    assert_false(c->reading);
    rig_eof(c);
    engine_conn_eof(r->e, c->id, r->now); /* a shell that polls reports it */
    c->eof_due = false;
    if (hung)
        rig_hangup(c);
    for (uint32_t i = 0; i < r->conn_count; i++)
        rig_eof(r->conns[i]); /* the clients that fill the memory have left, too */
    rig_pump(r);
    for (uint32_t i = 0; i < r->conn_count; i++)
        if (r->conns[i]->open && r->conns[i] != c)
            rig_hangup(r->conns[i]);
    drain(r);
    for (int i = 0; i < 80; i++) { /* eight seconds: the handover, and the time for last frames */
        while (r->job_count > 0)
            rig_outcome(r, 0, JOB_UNREACHABLE);
        rig_advance(r, 100);
    }
    assert_false(r->stopped);
    return c;
}

/* Its records are delivered if there is time, or logged; never dropped silently (P2). */
static void input_of_clients_that_left_is_delivered(void **state)
{
    (void)state;
    for (int hung = 0; hung < 2; hung++) {
        struct rig r;
        struct rig_conn *c = leave_waiting(&r, hung);
        for (int i = 0; i < 80 && !r.stopped; i++) { /* the endpoint recovers before drain_timeout */
            while (r.job_count > 0)
                rig_done(&r);
            rig_advance(&r, 100);
        }
        assert_non_null(strstr(r.written, "first1 "));
        assert_non_null(strstr(r.written, "first2 "));
        assert_non_null(strstr(r.written, "last3 "));
        assert_non_null(strstr(r.written, "last4 "));
        assert_false(c->open);
        assert_true(r.stopped);
        assert_null(strstr(r.log, "_lost"));
        rig_close(&r);
    }
}

static void input_that_could_not_be_admitted_is_listed(void **state)
{
    (void)state;
    struct rig r;
    leave_waiting(&r, true);
    for (int i = 0; i < 100; i++) {
        while (r.job_count > 0)
            rig_outcome(&r, 0, JOB_UNREACHABLE);
        rig_advance(&r, 100);
    }
    assert_true(r.stopped);
    assert_non_null(strstr(r.log, "event=records_lost table=orders"));
    assert_non_null(strstr(r.log, "event=input_lost"));
    rig_close(&r);
}

static void askers_are_still_served_while_draining(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    drain(&r);
    struct rig_conn *op = rig_asker(&r, 0), *late = rig_connect(&r, RIG_UID);
    rig_request(op, 1, "status");
    rig_hello(late, 9, "orders", false);
    rig_pump(&r);
    assert_heard(op, "reply 1 ok");
    assert_non_null(strstr(op->payload, "\"health\":\"degraded\""));
    assert_heard(late, "error shutting_down; closed");
    rig_done(&r);
    assert_true(r.stopped);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_daemon_stops_at_once),
        cmocka_unit_test(writers_are_notified_and_closed),
        cmocka_unit_test(the_handover_goes_on_delivering),
        cmocka_unit_test(a_slow_reader_delays_no_more_than_five_seconds),
        cmocka_unit_test(what_clients_left_is_delivered),
        cmocka_unit_test(what_could_not_be_delivered_is_listed),
        cmocka_unit_test(paused_tables_end_it_early),
        cmocka_unit_test(throttled_tables_have_drain_timeout),
        cmocka_unit_test(input_of_clients_that_left_is_delivered),
        cmocka_unit_test(input_that_could_not_be_admitted_is_listed),
        cmocka_unit_test(askers_are_still_served_while_draining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
