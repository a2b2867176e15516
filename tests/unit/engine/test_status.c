/* test_status: the documented content of status, and how trouble shows in it (PROTOCOL L4). */

#include "tests/unit/engine/verb_answer.h"

static void status_has_what_is_promised(void **state)
{
    (void)state;
    static const char *const members[] = {"schema_version", "health", "reasons",     "ledger",
                                          "clients",        "tables", "credentials", "memory"};
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 0);
    rig_write(c, 1, 30, "k");
    rig_pump(&r);
    rig_done(&r);
    rig_request(op, 1, "status");
    rig_pump(&r);
    assert_heard(op, "reply 1 ok");
    json_t *s = verb_answer(op);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        assert_non_null(json_object_get(s, members[i]));
    assert_string_equal(json_string_value(json_object_get(s, "health")), "ok");
    assert_int_equal(json_array_size(json_object_get(s, "reasons")), 0);
    const json_t *ledger = json_object_get(s, "ledger");
    assert_int_equal(verb_number(ledger, "accepted"), 30);
    assert_int_equal(verb_number(ledger, "written"), 25);
    assert_int_equal(verb_number(ledger, "in_flight"), 5);
    assert_int_equal(verb_number(ledger, "queued") + verb_number(ledger, "failed") + verb_number(ledger, "superseded") +
                         verb_number(ledger, "withdrawn"),
                     0);
    assert_int_equal(json_array_size(json_object_get(s, "clients")), 2);
    assert_int_equal(json_array_size(json_object_get(s, "tables")), 1);
    assert_true(verb_number(json_object_get(s, "memory"), "record_bytes") > 0);
    json_decref(s);
    rig_close(&r);
}

static void trouble_shows_in_status(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 99); /* the daemon's own user */
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_CREDENTIALS);
    rig_request(op, 1, "status");
    rig_pump(&r);
    json_t *s = verb_answer(op);
    assert_string_equal(json_string_value(json_object_get(s, "health")), "degraded");
    assert_string_equal(json_string_value(json_array_get(json_object_get(s, "reasons"), 0)), "orders: credentials");
    const json_t *t = json_array_get(json_object_get(s, "tables"), 0);
    assert_string_equal(json_string_value(json_object_get(t, "state")), "paused");
    assert_string_equal(json_string_value(json_object_get(t, "code")), "credentials");
    assert_string_equal(json_string_value(json_object_get(t, "text")), "the test says so");
    assert_string_equal(json_string_value(json_object_get(json_object_get(s, "credentials"), "state")), "refused");
    json_decref(s);
    rig_close(&r);
}

/* Hundreds of clients: an answer of many pieces, read slowly, while the daemon continues to work. */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_has_what_is_promised),
        cmocka_unit_test(trouble_shows_in_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
