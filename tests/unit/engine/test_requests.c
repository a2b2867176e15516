/* test_requests: REQUEST and REPLY: verbs, who may, host-wide flush, timeouts, long answers. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "tests/lib/rig_assert.h"

static json_t *answer(struct rig_conn *c)
{
    json_error_t err;
    json_t *v = json_loadb(c->payload, c->payload_len, JSON_REJECT_DUPLICATES, &err);
    if (v == NULL)
        fail_msg("%s at %d: %s", err.text, err.position, c->payload);
    return v;
}

static uint64_t number(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    assert_true(json_is_integer(v));
    return (uint64_t)json_integer_value(v);
}

static void everyone_may_ask_about_itself(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *a = rig_asker(&r, RIG_UID);
    rig_write(c, 1, 3, "k");
    rig_request(c, 7, "ping");
    rig_request(a, 8, "ping");
    rig_pump(&r);
    assert_heard(c, "reply 7 ok");
    assert_heard(a, "reply 8 ok");
    assert_int_equal(a->payload_len, 0);
    rig_request(c, 9, "self");
    rig_request(a, 10, "self");
    rig_pump(&r);
    json_t *self = answer(c);
    assert_int_equal(number(self, "accepted"), 3);
    assert_int_equal(number(self, "in_flight"), 3);
    assert_string_equal(json_string_value(json_object_get(self, "table")), "orders");
    assert_int_equal(json_string_length(json_object_get(self, "session")), 8); /* never whole (R2) */
    json_decref(self);
    self = answer(a);
    assert_string_equal(json_string_value(json_object_get(self, "state")), "asking");
    assert_null(json_object_get(self, "table"));
    json_decref(self);
    rig_request(a, 11, "version");
    rig_pump(&r);
    json_t *version = answer(a);
    assert_string_equal(json_string_value(json_object_get(version, "server")), "rig 1");
    assert_int_equal(number(version, "protocol"), 1);
    json_decref(version);
    rig_close(&r);
}

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
    json_t *s = answer(op);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        assert_non_null(json_object_get(s, members[i]));
    assert_string_equal(json_string_value(json_object_get(s, "health")), "ok");
    assert_int_equal(json_array_size(json_object_get(s, "reasons")), 0);
    const json_t *ledger = json_object_get(s, "ledger");
    assert_int_equal(number(ledger, "accepted"), 30);
    assert_int_equal(number(ledger, "written"), 25);
    assert_int_equal(number(ledger, "in_flight"), 5);
    assert_int_equal(number(ledger, "queued") + number(ledger, "failed") + number(ledger, "superseded") +
                         number(ledger, "withdrawn"),
                     0);
    assert_int_equal(json_array_size(json_object_get(s, "clients")), 2);
    assert_int_equal(json_array_size(json_object_get(s, "tables")), 1);
    assert_true(number(json_object_get(s, "memory"), "record_bytes") > 0);
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
    json_t *s = answer(op);
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

/* Hundreds of clients: an answer of many pieces, read slowly, while the daemon goes on. */
static void a_long_status_comes_in_pieces(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    for (uint8_t i = 1; i <= 120; i++)
        rig_writer_of(&r, 1000 + i, i, "orders");
    struct rig_conn *op = rig_asker(&r, 0);
    rig_request(op, 1, "status");
    rig_request(op, 2, "ping");
    op->slow = true;
    rig_pump(&r);
    rig_writer_of(&r, 3000, 200, "others");
    op->slow = false;
    rig_pump(&r);
    assert_heard(op, "reply 1 ok; reply 2 ok");
    rig_request(op, 3, "status");
    rig_pump(&r);
    json_t *s = answer(op);
    assert_int_equal(json_array_size(json_object_get(s, "clients")), 122);
    json_decref(s);
    rig_close(&r);
}

static void who_may_not_is_told_so(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *a = rig_asker(&r, RIG_UID), *w = rig_writer(&r, 1, "orders");
    rig_request(a, 1, "status");
    rig_request(a, 2, "flush");
    rig_request(a, 3, "drain");
    rig_request(w, 4, "status");
    rig_pump(&r);
    assert_heard(a, "reply 1 not_permitted; reply 2 not_permitted; reply 3 unsupported_op");
    assert_heard(w, "reply 4 not_permitted");
    assert_non_null(strstr(w->payload, "root"));
    rig_close(&r);
}

static void arguments_of_flush_are_judged(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *op = rig_asker(&r, 0);
    rig_request_with(op, 1, "flush", "timeout", 5, NULL);
    rig_request_with(op, 2, "flush", "timeout_ms", 0, "5");
    rig_pump(&r);
    assert_heard(op, "reply 1 invalid_argument; reply 2 invalid_argument");
    rig_request_with(op, 3, "flush", "timeout_ms", UINT64_MAX, NULL);
    rig_pump(&r);
    assert_heard(op, "reply 3 ok");
    assert_string_equal(op->payload, "{\"pending\":0,\"failed\":0}");
    rig_close(&r);
}

static void a_host_wide_flush_waits_for_everything_before_it(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=1m", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *b = rig_writer_of(&r, 1001, 2, "others");
    struct rig_conn *op = rig_asker(&r, 0);
    rig_write(a, 1, 2, "a");
    rig_write(b, 1, 1, "b");
    rig_pump(&r);
    assert_jobs(&r, "");
    rig_request(op, 1, "flush");
    rig_pump(&r);
    assert_jobs(&r, "a1 a2 | b1"); /* lingering ends */
    rig_bye(b);                    /* that its client leaves changes nothing */
    rig_write(a, 3, 1, "=a1");     /* later ones do not delay it */
    rig_pump(&r);
    assert_heard(op, "");
    rig_outcome(&r, 1, JOB_TRANSIENT);
    rig_done(&r);
    assert_heard(op, "");
    rig_advance(&r, 200);
    assert_jobs(&r, "a1 | b1");
    rig_outcome(&r, 1, JOB_DONE);
    assert_heard(op, "reply 1 ok");
    assert_string_equal(op->payload, "{\"pending\":0,\"failed\":0}");
    assert_jobs(&r, "a1");
    rig_close(&r);
}

static void a_host_wide_flush_counts_failed_records_as_done(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 0);
    rig_write(a, 1, 1, "a");
    rig_request(op, 1, "flush");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_INVALID);
    assert_heard(op, "reply 1 ok");
    assert_string_equal(op->payload, "{\"pending\":0,\"failed\":1}");
    rig_request(op, 2, "flush"); /* what failed before it is not its own to tell */
    rig_pump(&r);
    assert_heard(op, "reply 2 ok");
    assert_string_equal(op->payload, "{\"pending\":0,\"failed\":0}");
    rig_write(a, 2, 1, "a");
    rig_write(a, 3, 1, "b");
    rig_request_with(op, 3, "flush", "timeout_ms", 5000, NULL);
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_INVALID); /* refused as one: sent again singly */
    rig_advance(&r, 5000);
    assert_heard(op, "reply 3 timed_out");
    rig_finish(&r);
    rig_close(&r);
}

static void a_flush_times_out_with_what_is_left(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 0);
    rig_write(a, 1, 30, "a");
    rig_pump(&r);
    rig_request_with(op, 1, "flush", "timeout_ms", 1000, NULL);
    rig_pump(&r);
    rig_done(&r);
    rig_write(a, 31, 5, "b");
    rig_advance(&r, 999);
    assert_heard(op, "");
    rig_advance(&r, 1);
    assert_heard(op, "reply 1 timed_out");
    assert_string_equal(op->payload, "{\"pending\":5,\"failed\":0}");
    rig_request_with(op, 2, "flush", "timeout_ms", 0, NULL);
    rig_pump(&r);
    assert_heard(op, "reply 2 timed_out");
    assert_string_equal(op->payload, "{\"pending\":10,\"failed\":0}");
    rig_finish(&r);
    rig_close(&r);
}

static void at_most_four_are_open(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders"), *op = rig_asker(&r, 0);
    rig_write(a, 1, 1, "a");
    rig_pump(&r);
    for (uint64_t i = 1; i <= 4; i++)
        rig_request(op, i, "flush");
    rig_pump(&r);
    assert_heard(op, "");
    rig_done(&r);
    assert_heard(op, "reply 1 ok; reply 2 ok; reply 3 ok; reply 4 ok");
    rig_write(a, 2, 1, "a");
    rig_pump(&r);
    for (uint64_t i = 1; i <= 5; i++)
        rig_request(op, i, "flush");
    rig_pump(&r);
    assert_heard(op, "error protocol_error; closed");
    rig_done(&r);
    rig_close(&r);
}

/* The asker leaves while its flush waits. */
static void a_flush_ends_with_its_connection(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_writer(&r, 1, "orders");
    rig_write(a, 1, 1, "a");
    for (int how = 0; how < 3; how++) {
        struct rig_conn *op = rig_asker(&r, 0);
        rig_request_with(op, 1, "flush", "timeout_ms", 5000, NULL);
        rig_pump(&r);
        if (how == 0)
            rig_eof(op);
        else if (how == 1)
            rig_hangup(op);
        else
            rig_bye(op);
        rig_pump(&r);
        assert_false(op->open);
    }
    rig_advance(&r, 10000);
    rig_done(&r);
    rig_close(&r);
}

static void describe_tells_the_key_schema(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.key_schema=", NULL);
    struct rig_conn *a = rig_asker(&r, RIG_UID);
    rig_request_with(a, 1, "describe", "table", 0, "orders");
    rig_request_with(a, 2, "describe", "table", 0, "or ders");
    rig_request(a, 3, "describe");
    rig_request_with(a, 4, "describe", "table", 0, "orders");
    rig_pump(&r);
    assert_jobs(&r, "?orders");
    assert_heard(a, "reply 2 invalid_argument; reply 3 invalid_argument");
    rig_described(&r, "id", 'N');
    assert_heard(a, "reply 1 ok; reply 4 ok");
    json_t *t = answer(a);
    const json_t *key = json_array_get(json_object_get(t, "key_schema"), 0);
    assert_string_equal(json_string_value(json_object_get(key, "name")), "id");
    assert_string_equal(json_string_value(json_object_get(key, "type")), "N");
    assert_string_equal(json_string_value(json_object_get(t, "state")), "open");
    json_decref(t);
    rig_request_with(a, 5, "describe", "table", 0, "missing");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_TABLE_NOT_FOUND);
    assert_heard(a, "reply 5 ok");
    t = answer(a);
    assert_string_equal(json_string_value(json_object_get(t, "code")), "table_not_found");
    json_decref(t);
    rig_request_with(a, 6, "describe", "table", 0, "nowhere");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_UNREACHABLE);
    assert_heard(a, "reply 6 ok");
    t = answer(a);
    assert_string_equal(json_string_value(json_object_get(t, "reason")), "endpoint_down");
    json_decref(t);
    rig_advance(&r, 60000);
    assert_true(engine_deadline(r.e) == UINT64_MAX); /* nobody waits for them */
    rig_close(&r);
}

/* Asked for while the table waits for its requests before it is described again, and then no record needs it. */
static void describe_is_answered_though_no_record_waits(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", "defaults.key_schema=", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders"), *a = rig_asker(&r, RIG_UID);
    rig_write(c, 1, 50, "k");
    rig_pump(&r);
    rig_described(&r, "id", 'S');
    rig_advance(&r, 11 * 1000);
    rig_outcome(&r, 0, JOB_KEY_SCHEMA);
    rig_request_with(a, 1, "describe", "table", 0, "orders");
    rig_abort(c, 50);
    rig_pump(&r);
    rig_done(&r);
    assert_jobs(&r, "?orders");
    rig_described(&r, "id", 'S');
    assert_heard(a, "reply 1 ok");
    rig_write(c, 51, 50, "k"); /* the same, but the last request meets trouble */
    rig_advance(&r, 11 * 1000);
    rig_outcome(&r, 0, JOB_KEY_SCHEMA);
    rig_request_with(a, 2, "describe", "table", 0, "orders");
    rig_abort(c, 100);
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_ACCESS_DENIED);
    assert_heard(a, "reply 2 ok");
    assert_non_null(strstr(a->payload, "access_denied"));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everyone_may_ask_about_itself),
        cmocka_unit_test(status_has_what_is_promised),
        cmocka_unit_test(trouble_shows_in_status),
        cmocka_unit_test(a_long_status_comes_in_pieces),
        cmocka_unit_test(who_may_not_is_told_so),
        cmocka_unit_test(arguments_of_flush_are_judged),
        cmocka_unit_test(a_host_wide_flush_waits_for_everything_before_it),
        cmocka_unit_test(a_host_wide_flush_counts_failed_records_as_done),
        cmocka_unit_test(a_flush_times_out_with_what_is_left),
        cmocka_unit_test(at_most_four_are_open),
        cmocka_unit_test(a_flush_ends_with_its_connection),
        cmocka_unit_test(describe_tells_the_key_schema),
        cmocka_unit_test(describe_is_answered_though_no_record_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
