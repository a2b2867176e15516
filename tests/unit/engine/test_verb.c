/* test_verb: what anyone may request, what is refused to whom, and the schema of a table (PROTOCOL L4). */
#include <string.h>

#include "tests/unit/engine/verb_answer.h"

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
    json_t *self = verb_answer(c);
    assert_int_equal(verb_number(self, "accepted"), 3);
    assert_int_equal(verb_number(self, "in_flight"), 3);
    assert_string_equal(json_string_value(json_object_get(self, "table")), "orders");
    assert_int_equal(json_string_length(json_object_get(self, "session")), 8); /* never whole (R2) */
    json_decref(self);
    self = verb_answer(a);
    assert_string_equal(json_string_value(json_object_get(self, "state")), "asking");
    assert_null(json_object_get(self, "table"));
    json_decref(self);
    rig_request(a, 11, "version");
    rig_pump(&r);
    json_t *version = verb_answer(a);
    assert_string_equal(json_string_value(json_object_get(version, "server")), "rig 1");
    assert_int_equal(verb_number(version, "protocol"), 1);
    json_decref(version);
    rig_close(&r);
}

static void missing_permission_is_reported(void **state)
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
    json_t *t = verb_answer(a);
    const json_t *key = json_array_get(json_object_get(t, "key_schema"), 0);
    assert_string_equal(json_string_value(json_object_get(key, "name")), "id");
    assert_string_equal(json_string_value(json_object_get(key, "type")), "N");
    assert_string_equal(json_string_value(json_object_get(t, "state")), "open");
    json_decref(t);
    rig_request_with(a, 5, "describe", "table", 0, "missing");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_TABLE_NOT_FOUND);
    assert_heard(a, "reply 5 ok");
    t = verb_answer(a);
    assert_string_equal(json_string_value(json_object_get(t, "code")), "table_not_found");
    json_decref(t);
    rig_request_with(a, 6, "describe", "table", 0, "nowhere");
    rig_pump(&r);
    rig_outcome(&r, 0, JOB_UNREACHABLE);
    assert_heard(a, "reply 6 ok");
    t = verb_answer(a);
    assert_string_equal(json_string_value(json_object_get(t, "reason")), "endpoint_down");
    json_decref(t);
    rig_advance(&r, 60000);
    assert_true(engine_deadline(r.e) == UINT64_MAX); /* nobody waits for them */
    rig_close(&r);
}

/* Requested while the table waits for its requests before it is described again, and then no record needs it. */
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
        cmocka_unit_test(missing_permission_is_reported),
        cmocka_unit_test(describe_tells_the_key_schema),
        cmocka_unit_test(describe_is_answered_though_no_record_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
