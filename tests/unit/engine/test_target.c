/* test_target: tables come and go; the chain of a key under every order of removal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/rig_assert.h"

static struct engine_counts counts(const struct rig *r)
{
    struct engine_counts n;
    engine_counts(r->e, &n);
    return n;
}

static void visit(struct rig *r, uint32_t i)
{
    char table[32];
    snprintf(table, sizeof table, "table-%u", i);
    struct rig_conn *c = rig_writer(r, 1, table);
    rig_write(c, 1, 1, "k");
    rig_pump(r);
    rig_done(r);
    rig_bye(c);
    rig_pump(r);
    assert_false(c->open);
    rig_forget_closed(r);
}

/* C9: idle tables are forgotten when their slot is needed. */
static void idle_tables_are_forgotten(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    for (uint32_t i = 0; i < 1100; i++)
        visit(&r, i);
    assert_int_equal(counts(&r).targets, 1024);
    assert_int_equal(counts(&r).ledger.written, 1100);
    rig_close(&r);
}

/* A table whose last client is closing (sent BYE, not closed yet) keeps its slot: that client still refers to it. */
static void a_table_with_a_closing_client_is_not_forgotten(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *going = rig_writer(&r, 200, "first");
    going->slow = true;
    rig_request(going, 1, "self");
    rig_pump(&r);
    engine_output(r.e, going->id, r.now); /* an answer is being sent */
    rig_bye(going);
    rig_pump(&r);
    assert_true(going->open);
    for (uint32_t i = 0; i < 1100; i++) {
        char table[32];
        snprintf(table, sizeof table, "table-%u", i);
        struct rig_conn *asker = i == 0 ? rig_asker(&r, RIG_UID) : r.conns[1];
        rig_request_with(asker, i, "describe", "table", 0, table);
        rig_pump(&r);
        rig_heard(asker);
    }
    assert_int_equal(counts(&r).targets, 1024);
    going->slow = false;
    rig_pump(&r);
    assert_false(going->open);
    rig_close(&r);
}

static void too_many_tables_in_use(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "aws.max_in_flight=1", NULL);
    rig_write(rig_writer(&r, 250, "first"), 1, 1, "k");
    rig_pump(&r);
    uint32_t n = 0;
    for (; counts(&r).targets < 1024; n++) { /* each keeps a record that waits for its turn */
        char table[32];
        snprintf(table, sizeof table, "table-%u", n);
        struct rig_conn *c = rig_writer(&r, 1 + (uint8_t)(n % 200), table);
        rig_write(c, 1, 1, "k");
        rig_bye(c);
        rig_pump(&r);
        assert_false(c->open);
        rig_forget_closed(&r);
    }
    struct rig_conn *c = rig_connect(&r, RIG_UID);
    rig_hello(c, 1, "one-too-many", false);
    rig_pump(&r);
    assert_heard(c, "error busy; closed");
    rig_finish(&r);
    assert_int_equal(counts(&r).ledger.written, n + 1);
    struct rig_conn *d = rig_writer(&r, 251, "one-too-many");
    assert_true(d->open);
    rig_close(&r);
}

/* The chain of one key: whichever record leaves it, the others keep their order. */
static void a_chain_keeps_its_order(void **state)
{
    (void)state;
    for (uint32_t leaver = 0; leaver < 5; leaver++) {
        struct rig r;
        rig_open(&r, "defaults.linger=0", NULL);
        struct rig_conn *c[5];
        for (uint8_t i = 0; i < 5; i++) {
            c[i] = rig_writer(&r, (uint8_t)(i + 1), "orders");
            rig_write(c[i], 1, 1, "=x");
            rig_pump(&r);
        }
        rig_abort(c[leaver], 1);
        rig_pump(&r);
        for (uint32_t i = 0; i < 5; i++) {
            if (i == leaver && i > 0)
                continue; /* the first one was in flight: it ends with its own outcome */
            assert_int_equal(r.job_count, 1);
            assert_int_equal(c[i]->settled, 0);
            rig_done(&r);
            assert_int_equal(c[i]->settled, 1);
        }
        assert_int_equal(r.job_count, 0);
        assert_int_equal(c[leaver]->failed, leaver > 0);
        rig_close(&r);
    }
}

/* Keys are equal by value: 1 = 1.0 = 10e-1. */
static void equal_numbers_are_one_key(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.key_schema=n:N", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write_raw(c, 1, 1, "\x92\x00\x81\xa1n\x01", 6);
    rig_write_raw(c, 2, 1, "\x92\x00\x81\xa1n\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", 14);
    rig_write_raw(c, 3, 1,
                  "\x92\x00\x81\xa1n\xc7\x05\x01"
                  "10e-1",
                  13);
    rig_write_raw(c, 4, 1, "\x92\x00\x81\xa1n\x02", 6);
    rig_pump(&r);
    assert_int_equal(r.job_count, 1);
    assert_int_equal(r.jobs[0]->count, 2); /* one of the three, and the other number */
    rig_finish(&r);
    assert_int_equal(c->settled, 4);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_tables_are_forgotten), cmocka_unit_test(a_table_with_a_closing_client_is_not_forgotten),
        cmocka_unit_test(too_many_tables_in_use),    cmocka_unit_test(a_chain_keeps_its_order),
        cmocka_unit_test(equal_numbers_are_one_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
