/* test_client_oom: every allocation of the client fails once. Each time the call reports it, and nothing leaks or is
 * lost silently. malloc, calloc and realloc are replaced at link time for the client's objects; only the test's own
 * thread is affected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/c/codes.h"
#include "tests/unit/client/peer.h"

static _Thread_local long fail_in; /* the allocation that fails, counted from 1; 0: none */

static bool fails(void)
{
    return fail_in > 0 && --fail_in == 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

/* Put items of many sizes, so that the builder and the store grow. Returns how many were accepted. */
static uint64_t put_items(struct ddbs_client *c, int *ret_failed)
{
    static char text[30000];
    uint64_t taken = 0;
    struct ddbs_item *item = ddbs_item_new();
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 20; i++) {
        int rc;
        ddbs_item_reset(item);
        ddbs_item_str(item, "id", "k");
        ddbs_item_strn(item, "text", text, (size_t)i * 1500);
        rc = ddbs_put(c, item, NULL);
        assert_true(rc == DDBS_OK || rc == DDBS_E_OUT_OF_MEMORY);
        assert_true(rc == DDBS_OK || ddbs_errmsg(c)[0] != '\0');
        taken += rc == DDBS_OK ? 1 : 0;
        *ret_failed += rc == DDBS_OK ? 0 : 1;
    }
    ddbs_item_free(item);
    return taken;
}

/* The life of a client with the nth allocation failing. True: that allocation was reached. */
static bool live(long nth)
{
    static struct peer peer;
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *c = NULL;
    struct ddbs_result result = {0};
    struct ddbs_failure failure;
    char errmsg[DDBS_ERRMSG_SIZE];
    int failed = 0, rc;
    peer_start(&peer, &(struct peer_plan){.fail_seq = 3});
    options.table = "t";
    options.socket_path = peer.path;
    fail_in = nth;
    rc = ddbs_open(&options, &c, errmsg);
    if (rc == DDBS_OK) {
        uint64_t taken = put_items(c, &failed);
        assert_int_equal(ddbs_flush(c, -1, &result), taken >= 3 ? DDBS_FAILURES : DDBS_OK);
        assert_true(result.written + result.failed == taken);
        if (taken >= 3)
            assert_true(ddbs_failure_next(c, &failure) + (int)result.unlisted == 1);
        assert_int_equal(ddbs_close(c, -1), DDBS_OK);
        failed += (int)result.unlisted;
    } else {
        assert_int_equal(rc, DDBS_E_OUT_OF_MEMORY);
        assert_string_equal(errmsg, "memory for the client ran out");
        failed++;
    }
    rc = fail_in > 0 ? 0 : 1;
    fail_in = 0;
    assert_true(rc == 0 ? failed == 0 : failed > 0);
    peer_stop(&peer);
    return rc == 1;
}

static void every_allocation_may_fail(void **state)
{
    long n = 1;
    (void)state;
    while (live(n))
        n++;
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
