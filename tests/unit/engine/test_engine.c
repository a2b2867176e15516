/* test_engine: the object as a whole: connection slots, ids, deadlines, and every allocation failing once. */
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "tests/lib/rig_assert.h"

/* ---- connection slots (C5) ---- */

static void places_are_kept_for_operators(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "daemon.max_clients=40", NULL);
    /* 40 slots: 10 reserved for operators, at most 20 for one uid */
    for (int i = 0; i < 20; i++)
        rig_asker(&r, 1);
    struct rig_conn *c = rig_connect(&r, 1);
    rig_pump(&r);
    assert_heard(c, "error busy; closed");
    assert_non_null(strstr(c->last_error, "half"));
    for (int i = 0; i < 10; i++)
        rig_asker(&r, 2);
    c = rig_connect(&r, 3);
    rig_pump(&r);
    assert_heard(c, "error busy; closed");
    for (int i = 0; i < 10; i++)
        rig_asker(&r, i % 2 == 0 ? 0 : 99);
    c = rig_connect(&r, 0);
    rig_pump(&r);
    assert_heard(c, "error busy; closed");
    rig_bye(r.conns[0]);
    rig_pump(&r);
    rig_asker(&r, 0);
    rig_close(&r);
}

/* Connections that are being refused as "busy" have slots of their own; when those are used up, too, none is left. */
static void no_place_at_all(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "daemon.max_clients=32", NULL);
    uint32_t n = 0;
    struct rig_conn *c;
    while ((c = rig_connect(&r, n % 3)) != NULL) {
        c->slow = true;
        n++;
    }
    assert_int_equal(n, 32 + 64);
    uint64_t id = 42;
    assert_int_equal(engine_conn_open(r.e, (struct peer){0}, r.now, &id), DDBS_E_BUSY);
    assert_int_equal(id, 42);
    rig_advance(&r, 10000); /* the silent and the slow are closed */
    assert_non_null(rig_connect(&r, 0));
    rig_close(&r);
}

static void ids_are_never_used_again(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "daemon.max_clients=32", NULL);
    uint64_t seen[100];
    for (int i = 0; i < 100; i++) {
        struct rig_conn *c = rig_asker(&r, 0);
        seen[i] = c->id;
        for (int k = 0; k < i; k++)
            assert_true(seen[k] != c->id);
        rig_eof(c);
        rig_pump(&r);
        assert_false(c->open);
    }
    rig_close(&r);
}

/* ---- time ---- */

static void an_idle_engine_has_no_deadline(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    struct rig_conn *c = rig_connect(&r, RIG_UID);
    assert_int_equal(engine_deadline(r.e), r.now.mono_ms + 5000);
    rig_hello(c, 1, "orders", false);
    rig_pump(&r);
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    assert_int_equal(engine_deadline(r.e), r.now.mono_ms + 5);
    rig_advance(&r, 5);
    rig_done(&r);
    rig_advance(&r, 3000);
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    rig_bye(c);
    rig_pump(&r);
    assert_true(engine_deadline(r.e) == UINT64_MAX);
    rig_close(&r);
}

/* A late turn does everything that became due, once. */
static void a_late_turn_catches_up(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *silent = rig_connect(&r, RIG_UID);
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    r.now.mono_ms += 3600 * 1000;
    rig_pump(&r);
    assert_jobs(&r, "k1");
    assert_heard(silent, "error timed_out; closed");
    rig_close(&r);
}

static void a_free_with_everything_open_leaves_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 0);
    rig_write(c, 1, 60, "k");
    rig_write_raw(c, 61, 1, "\x92\x00\x80", 3);
    rig_flush(c, 1, 60);
    rig_request(op, 1, "flush");
    rig_blocked(c, 200000);
    rig_put(c, 62, "big", 100000);
    c->to_len -= 10;
    c->slow = op->slow = true;
    rig_pump(&r);
    rig_connect(&r, 1);
    rig_writer(&r, 2, "others");
    rig_outcome(&r, 0, JOB_TRANSIENT);
    rig_close(&r); /* asserts it */
}

/* ---- every allocation fails once ---- */

/* A client that keeps to the protocol: one writer that resends after a retryable end. */
struct client {
    struct rig *r;
    const char *table;
    struct rig_conn *c;
    bool settled[64]; /* over all connections */
    uint32_t records;
    bool flushed;
    uint32_t ends; /* connections that ended early */
};

static void client_connect(struct client *k)
{
    for (int i = 0; i < 3; i++) {
        k->c = rig_connect(k->r, RIG_UID);
        if (k->c != NULL)
            break;
        k->ends++;
    }
    assert_non_null(k->c);
    rig_hello(k->c, (uint8_t)k->table[0], k->table, false);
    rig_pump(k->r);
    for (uint32_t i = 1; i <= k->records && k->c->open; i++)
        if (!k->settled[i])
            rig_write(k->c, i, 1, k->table);
    rig_flush(k->c, 1, k->records);
    rig_pump(k->r);
}

/* Take over what this connection reported. */
static void client_listen(struct client *k)
{
    for (uint32_t i = 1; i <= k->records; i++)
        k->settled[i] |= k->c->outcome[i] == 1;
    k->flushed |= strstr(rig_heard(k->c), "flushed 1") != NULL;
}

static void answer_all(struct rig *r, uint32_t round)
{
    for (uint32_t n = r->job_count; n > 0 && r->job_count > 0; n--) {
        if (r->jobs[0]->kind == JOB_DESCRIBE)
            rig_described(r, "id", 'S');
        else if (round == 0)
            rig_unprocessed(r, 0, 1);
        else if (round == 1)
            rig_outcome(r, 0, JOB_TRANSIENT);
        else
            rig_done(r);
    }
    rig_advance(r, 2000);
}

/* Two clients, a DescribeTable, a retry, an operator. Returns the number of connections that ended early. */
static uint32_t scenario(struct rig *r)
{
    struct client k[2] = {{.r = r, .table = "aaa", .records = 30}, {.r = r, .table = "bbb", .records = 5}};
    struct rig_conn *op = NULL;
    client_connect(&k[0]);
    client_connect(&k[1]);
    for (uint32_t round = 0; !(k[0].flushed && k[1].flushed); round++) {
        assert_true(round < 30);
        if (op == NULL && (op = rig_connect(r, 0)) != NULL) {
            rig_hello(op, 0, NULL, false);
            rig_request(op, 1, "status");
            rig_request(op, 2, "flush");
        }
        rig_pump(r);
        answer_all(r, round);
        for (int i = 0; i < 2; i++) {
            client_listen(&k[i]);
            if (k[i].c->open || k[i].flushed)
                continue;
            assert_string_not_equal(k[i].c->last_error, "");
            k[i].ends++;
            client_connect(&k[i]);
        }
    }
    for (int i = 0; i < 2; i++)
        for (uint32_t seq = 1; seq <= k[i].records; seq++)
            assert_true(k[i].settled[seq]);
    rig_finish(r);
    return k[0].ends + k[1].ends;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    static const char *const settings[] = {"defaults.linger=0", "defaults.key_schema=", NULL};
    struct rig r;
    uint64_t before = mem_asked();
    assert_true(rig_try_open(&r, settings));
    assert_int_equal(scenario(&r), 0);
    rig_close(&r);
    uint64_t asked = mem_asked() - before;
    uint32_t ends = 0;
    assert_true(asked > 60);
    for (uint64_t n = 1; n <= asked; n++) {
        mem_fail_nth(n);
        if (rig_try_open(&r, settings)) {
            ends += scenario(&r);
            rig_close(&r);
        }
        mem_fail_nth(0);
    }
    assert_true(ends > 40); /* most of them end one connection, which resends */
}

/* No memory for a batch while only a DescribeTable is in flight: its answer frees no body memory. */
static void a_batch_without_memory_is_tried_again(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.key_schema=", "table known.key_schema=id:S", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "asks"), *k = rig_writer(&r, 2, "known");
    rig_write(a, 1, 1, "a");
    rig_write(k, 1, 1, "k");
    rig_pump(&r);
    assert_jobs(&r, "?asks");
    mem_fail_nth(1);
    rig_advance(&r, 5);
    assert_jobs(&r, "?asks");
    rig_advance(&r, 50);
    assert_jobs(&r, "?asks | k1");
    rig_finish(&r);
    rig_close(&r);
}

/* A failure that cannot be recorded ends the connection: it must not be reported as written. */
static void a_failure_without_memory_is_not_a_success(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 4; n++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        rig_write(c, 1, 2, "k");
        rig_pump(&r);
        mem_fail_nth(n);
        rig_outcome(&r, 0, JOB_INVALID);
        while (r.job_count > 0)
            rig_outcome(&r, 0, JOB_INVALID);
        rig_advance(&r, 100);
        while (r.job_count > 0)
            rig_outcome(&r, 0, JOB_INVALID);
        mem_fail_nth(0);
        for (uint64_t seq = 1; seq <= 2; seq++)
            assert_int_not_equal(c->outcome[seq], 1);
        if (!c->open) {
            assert_string_equal(c->last_error, "no memory to remember a failed record; connect again and resend");
            struct rig_conn *d = rig_writer(&r, 1, "orders");
            rig_write(d, 1, 2, "k"); /* nobody claims to know it */
            rig_pump(&r);
            assert_int_equal(d->settled, 0);
        }
        rig_finish(&r);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_kept_for_operators),
        cmocka_unit_test(no_place_at_all),
        cmocka_unit_test(ids_are_never_used_again),
        cmocka_unit_test(an_idle_engine_has_no_deadline),
        cmocka_unit_test(a_late_turn_catches_up),
        cmocka_unit_test(a_free_with_everything_open_leaves_nothing),
        cmocka_unit_test(every_allocation_fails_once),
        cmocka_unit_test(a_batch_without_memory_is_tried_again),
        cmocka_unit_test(a_failure_without_memory_is_not_a_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
