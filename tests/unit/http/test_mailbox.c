/* test_mailbox: order, no loss between threads, one wake-up for many messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/list.h"
#include "daemon/http/mailbox.h"
#include "proto/err.h"

enum { MSGS = 20000 };

struct note {
    struct mailbox_msg msg;
    int number;
};

struct rig {
    uv_loop_t loop;
    struct mailbox box;
    struct note notes[MSGS];
    int next, wakeups;
};

static void on_msgs(void *data)
{
    struct rig *r = data;
    r->wakeups++;
    for (struct mailbox_msg *m = mailbox_take(&r->box); m != NULL; m = m->next)
        assert_int_equal(CONTAINER_OF(m, struct note, msg)->number, r->next++);
    if (r->next == MSGS)
        mailbox_close(&r->box, NULL);
}

static void put_all(void *arg)
{
    struct rig *r = arg;
    for (int i = 0; i < MSGS; i++) {
        r->notes[i].number = i;
        mailbox_put(&r->box, &r->notes[i].msg);
        mailbox_wake(&r->box);
    }
}

static void rig_open(struct rig *r)
{
    r->next = r->wakeups = 0;
    assert_int_equal(uv_loop_init(&r->loop), 0);
    assert_int_equal(mailbox_init(&r->box, &r->loop, on_msgs, r), DDBS_OK);
}

static void rig_close(struct rig *r)
{
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(r->next, MSGS);
    mailbox_fini(&r->box);
    assert_int_equal(uv_loop_close(&r->loop), 0);
}

static void messages_cross_threads_in_order(void **state)
{
    (void)state;
    static struct rig r;
    uv_thread_t thread;
    rig_open(&r);
    assert_int_equal(uv_thread_create(&thread, put_all, &r), 0);
    uv_run(&r.loop, UV_RUN_DEFAULT);
    uv_thread_join(&thread);
    rig_close(&r);
}

static void many_messages_wake_once(void **state)
{
    (void)state;
    static struct rig r;
    rig_open(&r);
    put_all(&r);
    rig_close(&r);
    assert_int_equal(r.wakeups, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_cross_threads_in_order),
        cmocka_unit_test(many_messages_wake_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
