/* test_check: each invariant is broken on purpose, one at a time, and the check names it. */
#include <stdio.h>
#include <string.h>

#include "daemon/engine/conn/conn.h"
#include "daemon/engine/ops/status.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"
#include "tests/lib/rig_assert.h"

static void expect(struct rig *r, const char *want)
{
    char errmsg[256] = "";
    bool ok = engine_check(r->e, errmsg, sizeof errmsg);
    assert_int_equal(ok, want == NULL);
    if (want != NULL && strstr(errmsg, want) == NULL)
        fail_msg("\"%s\" instead of \"%s\"", errmsg, want);
}

/* Counters that must agree with the lists. */
static void wrong_counters_are_found(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 27, "k");
    rig_write(c, 28, 1, "=k26");
    rig_write_raw(c, 29, 1, "\x92\x00\x80", 3);
    rig_pump(&r);
    struct engine *e = r.e;
    struct target *t = CONTAINER_OF(e->target_list.first, struct target, in_engine);
    struct session *s = CONTAINER_OF(e->session_list.first, struct session, in_engine);
    struct {
        uint64_t *counter;
        const char *want;
    } cases[] = {
        {&e->ledger.written, "I8: the ledger does not balance"},
        {&t->queue.ledger.accepted, "I8: the table's ledger"},
        {&s->ledger.failed, "I8: a session's ledger"},
        {&t->queue.ready_count, "ready_count"},
        {&t->queue.backoff.count, "backoff heap"},
        {&e->pools[POOL_RECORD].used, "I1: the record pool"},
        {&e->pools[POOL_INPUT].used, "I1: the input pool"},
        {&e->pools[POOL_BODY].used, "I1: the body pool"},
        {&e->pools[POOL_LONG].used, "I1: the long pool"},
        {&e->failure_bytes, "I1: failure_bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect(&r, NULL);
        ++*cases[i].counter;
        expect(&r, cases[i].want);
        --*cases[i].counter;
    }
    t->queue.ledger.queued--; /* balanced, but wrong */
    t->queue.ledger.in_flight++;
    expect(&r, "in_flight");
    t->queue.ledger.queued++;
    t->queue.ledger.in_flight--;
    s->last_seq -= 5;
    expect(&r, "above last_seq");
    s->last_seq += 5;
    expect(&r, NULL);
    rig_close(&r);
}

static void records_on_the_wrong_list_are_found(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 2, "=x");
    rig_pump(&r);
    struct engine *e = r.e;
    struct target *t = CONTAINER_OF(e->target_list.first, struct target, in_engine);
    struct record *first = CONTAINER_OF(t->queue.all.first, struct record, in_target);
    struct record *second = CONTAINER_OF(t->queue.all.last, struct record, in_target);
    expect(&r, NULL);
    second->state = RECORD_READY; /* two records of one key could start */
    expect(&r, "I3");
    second->state = RECORD_BLOCKED;
    first->state = RECORD_BLOCKED;
    expect(&r, "I3");
    first->state = RECORD_UNKEYED;
    expect(&r, "I2");
    first->state = RECORD_READY;
    uint64_t seq = first->seq;
    first->seq = 9;
    expect(&r, "not in order");
    first->seq = seq;
    list_remove(&first->session->in_ring);
    expect(&r, "ring");
    list_push_back(&t->queue.ring, &first->session->in_ring);
    expect(&r, NULL);
    rig_close(&r);
}

/* E3: a record that waits without a reason or a timer is a bug. */
static void waiting_for_nothing_is_found(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 2, "k");
    rig_pump(&r);
    struct engine *e = r.e;
    struct target *t = CONTAINER_OF(e->target_list.first, struct target, in_engine);
    uint64_t due = t->timer.node.due_ms;
    work_set_timer(e, &t->timer, HEAP_NEVER);
    expect(&r, "I4: records wait without");
    work_set_timer(e, &t->timer, due);
    expect(&r, NULL);
    rig_close(&r);
}

static void a_wait_for_memory_that_is_there_is_found(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "daemon.memory_max=64M", NULL);
    rig_fill(&r, RIG_UID, 1, "orders");
    struct engine *e = r.e;
    struct target *t = CONTAINER_OF(e->target_list.first, struct target, in_engine);
    expect(&r, NULL);
    uint64_t held = t->queue.budget.held[POOL_RECORD];
    t->queue.budget.held[POOL_RECORD] = 0;
    expect(&r, "I4: a connection waits for memory");
    t->queue.budget.held[POOL_RECORD] = held;
    expect(&r, NULL);
    rig_close(&r);
}

static void a_window_out_of_order_is_found(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    rig_writer(&r, 1, "orders");
    struct conn *c = CONTAINER_OF(r.e->conn_list.first, struct conn, in_engine);
    c->writer.window.settled++;
    expect(&r, "I7");
    c->writer.window.settled--;
    c->writer.window.used = c->writer.window.limit + 1;
    expect(&r, "I7");
    c->writer.window.used = 0;
    expect(&r, NULL);
    rig_close(&r);
}

/* P8: a ledger that does not balance turns health red. */
static void status_reports_it_too(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *op = rig_asker(&r, 0);
    struct engine *e = r.e;
    e->ledger.accepted++;
    struct json_writer w;
    json_writer_init(&w, 1 << 20);
    status_write(e, &w);
    assert_true(json_writer_ok(&w));
    static const char broken[] = "\"health\":\"broken\"";
    assert_non_null(memmem(w.text, w.len, broken, sizeof broken - 1));
    json_writer_fini(&w);
    e->ledger.accepted--;
    rig_request(op, 1, "status");
    rig_pump(&r);
    assert_non_null(strstr(op->payload, "\"health\":\"ok\""));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_counters_are_found),       cmocka_unit_test(records_on_the_wrong_list_are_found),
        cmocka_unit_test(waiting_for_nothing_is_found),   cmocka_unit_test(a_wait_for_memory_that_is_there_is_found),
        cmocka_unit_test(a_window_out_of_order_is_found), cmocka_unit_test(status_reports_it_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
