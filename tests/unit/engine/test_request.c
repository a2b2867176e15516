/* test_request: answers in pieces, and the limit of open requests (PROTOCOL L4). */

#include <string.h>

#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/request.h"
#include "daemon/engine/work/state.h"
#include "tests/unit/engine/verb_answer.h"

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
    json_t *s = verb_answer(op);
    assert_int_equal(json_array_size(json_object_get(s, "clients")), 122);
    json_decref(s);
    rig_close(&r);
}

/* What no verb takes is not kept until the turn, and answered all the same. */
static void long_arguments_are_refused(void **state)
{
    (void)state;
    static char text[3000];
    memset(text, 'x', sizeof text - 1);
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *op = rig_asker(&r, 0);
    rig_request_with(op, 1, "ping", "padding", 0, text);
    rig_request_with(op, 2, "flush", "timeout_ms", 0, text);
    rig_request_with(op, 3, "describe", "table", 0, text);
    rig_pump(&r);
    assert_heard(op, "reply 1 ok; reply 2 invalid_argument; reply 3 invalid_argument");
    rig_close(&r);
}

/* An answer that nobody reads keeps itself, and not its question. */
static void an_unread_answer_keeps_no_question(void **state)
{
    (void)state;
    static char text[1200];
    memset(text, 'x', sizeof text - 1);
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *op = rig_asker(&r, 0);
    op->slow = true;
    rig_request(op, 1, "ping"); /* its reply is encoded, and stays in the connection's own buffer */
    rig_pump(&r);
    rig_request_with(op, 2, "ping", "padding", 0, text);
    rig_pump(&r);
    const struct conn *c = CONTAINER_OF(r.e->conn_list.first, struct conn, in_engine);
    const struct request *last = CONTAINER_OF(c->requests.last, struct request, node);
    assert_true(last->id == 2 && last->answered);
    assert_null(last->copy);
    op->slow = false;
    rig_pump(&r);
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

/* The asking client leaves while its flush waits. */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_status_comes_in_pieces),
        cmocka_unit_test(long_arguments_are_refused),
        cmocka_unit_test(an_unread_answer_keeps_no_question),
        cmocka_unit_test(at_most_four_are_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
