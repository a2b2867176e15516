/* test_client: the public calls against a tiny daemon on a real socket. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/c/client.h"
#include "client/c/codes.h"
#include "tests/unit/client/peer.h"

static struct peer peer;

static struct ddbs_client *open_client(const struct peer_plan *plan, const struct ddbs_options *more)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *c = NULL;
    char errmsg[DDBS_ERRMSG_SIZE];
    if (more != NULL)
        options = *more;
    peer_start(&peer, plan);
    options.table = "t";
    options.socket_path = peer.path;
    options.app = "test";
    if (ddbs_open(&options, &c, errmsg) != DDBS_OK)
        fail_msg("%s", errmsg);
    assert_string_equal(errmsg, "");
    return c;
}

static void put_some(struct ddbs_client *c, int count, size_t size)
{
    struct ddbs_item *item = ddbs_item_new();
    uint64_t seq, before;
    struct ddbs_stats stats;
    char *text = malloc(size + 1);
    memset(text, 'x', size);
    text[size] = '\0';
    ddbs_stats(c, &stats);
    before = stats.put;
    for (int i = 1; i <= count; i++) {
        ddbs_item_reset(item);
        ddbs_item_str(item, "id", "k");
        ddbs_item_str(item, "text", text);
        if (ddbs_put(c, item, &seq) != DDBS_OK)
            fail_msg("%s", ddbs_errmsg(c));
        assert_true(seq == before + (uint64_t)i);
    }
    ddbs_item_free(item);
    free(text);
}

static void flush_ok(struct ddbs_client *c, uint64_t written)
{
    struct ddbs_result result;
    if (ddbs_flush(c, 60000, &result) != DDBS_OK)
        fail_msg("%s", ddbs_errmsg(c));
    assert_true(result.written == written && result.failed == 0 && result.aborted == 0 && result.superseded == 0);
}

/* Each of 1..count was received at least once. */
static void all_arrived(int count)
{
    for (int seq = 1; seq <= count; seq++)
        if ((peer.seen.got[seq] & 0x7f) == 0)
            fail_msg("record %d did not arrive", seq);
    assert_int_equal(peer.seen.got[count + 1], 0);
}

static void records_arrive_and_a_flush_reports_them(void **state)
{
    struct ddbs_client *c = open_client(&(struct peer_plan){0}, NULL);
    (void)state;
    put_some(c, 5000, 80);
    flush_ok(c, 5000);
    flush_ok(c, 0);
    put_some(c, 10, 300000);
    flush_ok(c, 10);
    assert_int_equal(ddbs_close(c, -1), DDBS_OK);
    peer_stop(&peer);
    all_arrived(5010);
    assert_int_equal(peer.seen.records, 5010);
    assert_int_equal(peer.seen.byes, 1);
    assert_true(peer.seen.writes < 60); /* batched, not one by one */
}

static void deletes_are_deletes(void **state)
{
    struct ddbs_client *c = open_client(&(struct peer_plan){0}, NULL);
    (void)state;
    put_some(c, 1, 10);
    assert_int_equal(ddbs_delete_msgpack(c, "\x81\xa2id\xa1k", 6, NULL), DDBS_OK);
    flush_ok(c, 2);
    ddbs_close(c, -1);
    peer_stop(&peer);
    assert_int_equal(peer.seen.got[1], 1);
    assert_int_equal(peer.seen.got[2], 0x80 | 1);
}

static void it_waits_for_credit(void **state)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *c;
    (void)state;
    options.memory_max = 64 * 1024;
    c = open_client(&(struct peer_plan){.credit = 1000, .eager = true}, &options);
    put_some(c, 3000, 100);
    flush_ok(c, 3000);
    ddbs_close(c, -1);
    peer_stop(&peer);
    all_arrived(3000);
    assert_true(peer.seen.blocked > 10);
}

/* PROTOCOL C7: a frame must be complete within ten seconds, and the program may not call again for longer. */
static void a_put_leaves_no_frame_half_sent(void **state)
{
    struct ddbs_client *c = open_client(&(struct peer_plan){.pause_ms = 50}, NULL);
    (void)state;
    for (int i = 0; i < 3; i++) {
        put_some(c, 1, 390000); /* more than a socket takes at once */
        assert_false(core_half_sent(&c->shell.core));
    }
    flush_ok(c, 3);
    ddbs_close(c, -1);
    peer_stop(&peer);
}

static void a_lost_connection_loses_nothing(void **state)
{
    static const struct peer_plan plans[] = {{.lose_after = 1},
                                             {.lose_after = 3},
                                             {.lose_after = 2, .eager = true},
                                             {.goaway = true},
                                             {.credit = 5000, .lose_after = 4}};
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct ddbs_client *c = open_client(&plans[i], NULL);
        put_some(c, 4000, 100);
        flush_ok(c, 4000);
        ddbs_close(c, -1);
        peer_stop(&peer);
        all_arrived(4000);
        assert_int_equal(peer.seen.connections, 2);
    }
}

static void failures_are_reported(void **state)
{
    struct ddbs_client *c = open_client(&(struct peer_plan){.fail_seq = 2}, NULL);
    struct ddbs_result result;
    struct ddbs_failure failure;
    (void)state;
    put_some(c, 3, 10);
    assert_int_equal(ddbs_flush(c, -1, &result), DDBS_FAILURES);
    assert_true(result.written == 2 && result.failed == 1 && result.unlisted == 0);
    assert_string_equal(ddbs_errmsg(c), "1 record failed; ddbs_failure_next says which and why");
    assert_int_equal(ddbs_failure_next(c, &failure), 1);
    assert_true(failure.seq == 2 && failure.code == DDBS_E_REJECTED && failure.maybe_written == 0);
    assert_string_equal(failure.message, "bad luck");
    assert_int_equal(ddbs_failure_next(c, &failure), 0);
    flush_ok(c, 0);
    ddbs_close(c, -1);
    peer_stop(&peer);
}

static void a_flush_times_out_with_the_reason(void **state)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *c;
    (void)state;
    options.on_eof = DDBS_ON_EOF_DISCARD;
    c = open_client(&(struct peer_plan){.mute = true}, &options);
    put_some(c, 3, 10);
    while (ddbs_reason(c)[0] == '\0') /* until NOTICE has come */
        assert_int_equal(ddbs_flush(c, 1, NULL), DDBS_E_TIMED_OUT);
    assert_int_equal(ddbs_flush(c, 0, NULL), DDBS_E_TIMED_OUT);
    assert_non_null(strstr(ddbs_errmsg(c), "3 records have not settled (throttled: DynamoDB throttles the table)"));
    assert_int_equal(ddbs_close(c, -1), DDBS_OK); /* discard: at once, without BYE */
    peer_stop(&peer);
    assert_int_equal(peer.seen.byes, 0);
}

static void an_abort_settles_everything(void **state)
{
    struct ddbs_client *c = open_client(&(struct peer_plan){.mute = true}, NULL);
    struct ddbs_failure failure;
    struct ddbs_stats stats;
    (void)state;
    put_some(c, 3, 10);
    assert_int_equal(ddbs_flush(c, 0, NULL), DDBS_E_TIMED_OUT);
    put_some(c, 1, 10);
    assert_int_equal(ddbs_abort(c, -1), DDBS_OK);
    ddbs_stats(c, &stats);
    assert_true(stats.put == 4 && stats.aborted == 4 && stats.unsettled == 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ddbs_failure_next(c, &failure), 1);
        assert_int_equal(failure.code, DDBS_E_ABORTED);
    }
    ddbs_close(c, -1);
    peer_stop(&peer);
}

static void a_close_without_a_flush_hands_everything_over(void **state)
{
    struct ddbs_client *c = open_client(&(struct peer_plan){.credit = 500}, NULL);
    (void)state;
    put_some(c, 500, 50);
    assert_int_equal(ddbs_close(c, -1), DDBS_OK);
    peer_stop(&peer);
    all_arrived(500);
    assert_int_equal(peer.seen.byes, 1);
    assert_int_equal(peer.seen.flushes, 0);
}

static void a_close_that_times_out_reports_it(void **state)
{
    struct ddbs_client *c = open_client(&(struct peer_plan){.credit = 500, .mute = true}, NULL);
    (void)state;
    put_some(c, 500, 50);
    assert_int_equal(ddbs_close(c, 1), DDBS_E_TIMED_OUT);
    peer_stop(&peer);
}

static void bad_items_stay_here(void **state)
{
    static const struct {
        const char *item;
        size_t size;
    } cases[] = {
        {"", 0}, {"\x81", 1}, {"\xc1", 1}, {"\x90", 1}, {"\x80\x80", 2}, {"\x81\xa1k\xd4\x01x", 6},
    };
    struct ddbs_client *c = open_client(&(struct peer_plan){0}, NULL);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (ddbs_put_msgpack(c, cases[i].item, cases[i].size, NULL) != DDBS_E_INVALID_ITEM)
            fail_msg("case %zu: %s", i, ddbs_errmsg(c));
        assert_true(ddbs_errmsg(c)[0] != '\0');
    }
    put_some(c, 1, 10);
    flush_ok(c, 1);
    ddbs_close(c, -1);
    peer_stop(&peer);
    assert_int_equal(peer.seen.records, 1);
}

static void an_item_beyond_400_KB_stays_here(void **state)
{
    struct ddbs_client *c = open_client(&(struct peer_plan){0}, NULL);
    struct ddbs_item *item = ddbs_item_new();
    char *text = calloc(1, 500 * 1024);
    (void)state;
    memset(text, 'x', 410 * 1024);
    ddbs_item_str(item, "id", text);
    assert_int_equal(ddbs_put(c, item, NULL), DDBS_E_ITEM_TOO_LARGE);
    assert_true(ddbs_errmsg(c)[0] != '\0');
    ddbs_item_free(item);
    free(text);
    ddbs_close(c, -1);
    peer_stop(&peer);
    assert_int_equal(peer.seen.records, 0);
}

/* In the child every call except ddbs_close fails with `forked`; the parent's connection continues. */
static void a_fork_is_refused(void **state)
{
    struct ddbs_client *c = open_client(&(struct peer_plan){0}, NULL);
    int status = 0;
    pid_t child;
    (void)state;
    put_some(c, 3, 10);
    child = fork();
    if (child == 0) {
        struct ddbs_failure failure;
        int good = ddbs_put_msgpack(c, "\x81\xa2id\xa1k", 6, NULL) == DDBS_E_FORKED &&
                   ddbs_flush(c, -1, NULL) == DDBS_E_FORKED && strstr(ddbs_errmsg(c), "fork") != NULL &&
                   ddbs_fd(c) == -1 && ddbs_abort(c, -1) == DDBS_E_FORKED && ddbs_process(c) == DDBS_E_FORKED &&
                   ddbs_failure_next(c, &failure) == 0 && ddbs_close(c, -1) == DDBS_OK;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    put_some(c, 3, 10);
    flush_ok(c, 6);
    ddbs_close(c, -1);
    peer_stop(&peer);
    assert_int_equal(peer.seen.connections, 1);
    assert_int_equal(peer.seen.byes, 1);
    assert_int_equal(peer.seen.records, 6);
}

/* The loop of a program that never blocks in the library. */
static int drive(struct ddbs_client *c)
{
    struct pollfd p = {.fd = ddbs_fd(c)};
    int events = ddbs_events(c), n;
    p.events = (short)((events & DDBS_READ ? POLLIN : 0) | (events & DDBS_WRITE ? POLLOUT : 0));
    n = poll(&p, p.fd >= 0 ? 1 : 0, ddbs_timeout(c));
    assert_true(n >= 0);
    return ddbs_process(c);
}

static void a_program_can_have_its_own_loop(void **state)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *c;
    struct ddbs_result result = {0};
    int rc, again = 0;
    (void)state;
    options.nonblocking = 1;
    options.memory_max = 64 * 1024;
    c = open_client(&(struct peer_plan){.credit = 600, .eager = true}, &options);
    for (int i = 0; i < 3000; i++) {
        while ((rc = ddbs_put_msgpack(c, "\x82\xa2id\xa1k\xa4text\xd9\x20................................", 45,
                                      NULL)) == DDBS_AGAIN) {
            again++;
            assert_int_equal(drive(c), DDBS_OK);
        }
        assert_int_equal(rc, DDBS_OK);
    }
    assert_true(again > 0);
    while ((rc = ddbs_flush(c, 0, &result)) == DDBS_E_TIMED_OUT)
        assert_int_equal(drive(c), DDBS_OK);
    assert_int_equal(rc, DDBS_OK);
    assert_int_equal(result.written, 3000);
    ddbs_close(c, -1);
    peer_stop(&peer);
    all_arrived(3000);
}

static void it_ends_when_no_daemon_comes_back(void **state)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *c;
    struct ddbs_result result = {.written = 77};
    (void)state;
    options.reconnect_timeout_ms = -1;
    c = open_client(&(struct peer_plan){.mute = true}, &options);
    put_some(c, 3, 10);
    assert_int_equal(ddbs_flush(c, 0, &result), DDBS_E_TIMED_OUT);
    peer_stop(&peer);
    assert_int_equal(ddbs_flush(c, -1, &result), DDBS_E_NOT_REACHABLE);
    assert_non_null(strstr(ddbs_errmsg(c), "3 records are not known to be written"));
    assert_int_equal(result.written, 77);
    assert_int_equal(ddbs_put_msgpack(c, "\x81\xa2id\xa1k", 6, NULL), DDBS_E_NOT_REACHABLE);
    assert_int_equal(ddbs_close(c, -1), DDBS_E_NOT_REACHABLE);
}

static void nothing_can_be_closed(void **state)
{
    (void)state;
    assert_int_equal(ddbs_close(NULL, 0), DDBS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_arrive_and_a_flush_reports_them),
        cmocka_unit_test(deletes_are_deletes),
        cmocka_unit_test(it_waits_for_credit),
        cmocka_unit_test(a_put_leaves_no_frame_half_sent),
        cmocka_unit_test(a_lost_connection_loses_nothing),
        cmocka_unit_test(failures_are_reported),
        cmocka_unit_test(a_flush_times_out_with_the_reason),
        cmocka_unit_test(an_abort_settles_everything),
        cmocka_unit_test(a_close_without_a_flush_hands_everything_over),
        cmocka_unit_test(a_close_that_times_out_reports_it),
        cmocka_unit_test(bad_items_stay_here),
        cmocka_unit_test(an_item_beyond_400_KB_stays_here),
        cmocka_unit_test(a_fork_is_refused),
        cmocka_unit_test(a_program_can_have_its_own_loop),
        cmocka_unit_test(it_ends_when_no_daemon_comes_back),
        cmocka_unit_test(nothing_can_be_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
