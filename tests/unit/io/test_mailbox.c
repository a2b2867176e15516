/* Tests of daemon/io/mailbox: order, nothing lost between threads, one wake-up for many letters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/list.h"
#include "daemon/io/mailbox.h"
#include "proto/err.h"

enum { LETTERS = 20000 };

struct note {
    struct letter letter;
    int number;
};

struct rig {
    uv_loop_t loop;
    struct mailbox box;
    struct note notes[LETTERS];
    int next, wakeups;
};

static void on_letters(void *data)
{
    struct rig *r = data;
    r->wakeups++;
    for (struct letter *l = mailbox_take(&r->box); l != NULL; l = l->next)
        assert_int_equal(CONTAINER_OF(l, struct note, letter)->number, r->next++);
    if (r->next == LETTERS)
        mailbox_close(&r->box, NULL);
}

static void put_all(void *arg)
{
    struct rig *r = arg;
    for (int i = 0; i < LETTERS; i++) {
        r->notes[i].number = i;
        mailbox_put(&r->box, &r->notes[i].letter);
        mailbox_tell(&r->box);
    }
}

static void rig_open(struct rig *r)
{
    r->next = r->wakeups = 0;
    assert_int_equal(uv_loop_init(&r->loop), 0);
    assert_int_equal(mailbox_init(&r->box, &r->loop, on_letters, r), DDBS_OK);
}

static void rig_close(struct rig *r)
{
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(r->next, LETTERS);
    mailbox_fini(&r->box);
    assert_int_equal(uv_loop_close(&r->loop), 0);
}

static void letters_cross_threads_in_order(void **state)
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

static void many_letters_wake_once(void **state)
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
        cmocka_unit_test(letters_cross_threads_in_order),
        cmocka_unit_test(many_letters_wake_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
