/* test_multi: connections that cannot be established; every allocation of a request fails once, including the HTTP
 * library's. Each time the request ends, at the latest by its timeout, the next one is started, and nothing leaks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <curl/curl.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/http/multi.h"
#include "proto/err.h"
#include "tests/unit/http/lane_rig.h"

enum { TIMEOUT_MS = 300 };

/* curl closes sockets without notice. Their descriptor numbers may be reused by the server's threads before the lane
 * removes them from its own epoll. The kernel then reports an unknown descriptor; ThreadSanitizer reports a race. */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN
#endif
#endif

/* A listener that nobody serves. With a full backlog the kernel answers no SYN, like a firewall that drops it. */
struct mute {
    int listener, fill[8];
    uint16_t port;
};

static void mute_start(struct mute *m, bool full)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof a;
    m->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(m->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(m->listener, full ? 0 : 64), 0);
    assert_int_equal(getsockname(m->listener, (struct sockaddr *)&a, &n), 0);
    m->port = ntohs(a.sin_port);
    for (size_t i = 0; i < sizeof m->fill / sizeof m->fill[0]; i++) {
        m->fill[i] = full ? socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) : -1;
        if (full)
            connect(m->fill[i], (struct sockaddr *)&a, sizeof a);
    }
}

static void mute_stop(struct mute *m)
{
    close(m->listener);
    for (size_t i = 0; i < sizeof m->fill / sizeof m->fill[0]; i++) {
        if (m->fill[i] >= 0)
            close(m->fill[i]);
    }
}

static void connections_may_never_come_about(void **state)
{
    (void)state;
    static const struct {
        bool full;
        const char *scheme_and_host;
    } CASES[] = {{true, "http://127.0.0.1"}, {true, "https://127.0.0.1"}, {false, "https://127.0.0.1"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct rig r;
        struct mute m;
        rig_init(&r);
        mute_start(&m, CASES[i].full);
        r.server.port = m.port;
        rig_begin(&r, CASES[i].scheme_and_host, TIMEOUT_MS, 4);
        for (int n = 0; n < 3; n++) {
            rig_submit(&r, 2 * n, 2);
            rig_wait(&r, 2 * n + 2);
            assert_int_equal(r.results[2 * n].outcome, JOB_UNREACHABLE);
        }
        mute_stop(&m);
        rig_close(&r);
    }
}

/* Requests to a name whose connections time out, among others that are answered, over one curl handle. */
struct storm {
    struct multi multi;
    int left[2]; /* still running: without a connection; the others */
};

static void on_storm_done(void *ctx, CURL *easy, CURLcode code)
{
    struct storm *s = ctx;
    char *answered;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &answered);
    assert_int_equal(code, answered != NULL ? CURLE_OK : CURLE_OPERATION_TIMEDOUT);
    s->left[answered != NULL]--;
    if (s->left[0] > 0 || s->left[1] > 0)
        assert_true(multi_add(&s->multi, easy));
    else
        uv_stop(s->multi.loop);
}

static void on_storm_broken(void *ctx)
{
    (void)ctx;
    fail_msg("no memory is short here");
}

static size_t body_drop(char *bytes, size_t size, size_t n, void *ctx)
{
    (void)bytes;
    (void)ctx;
    return size * n;
}

static CURL *storm_add(struct storm *s, const char *url, bool answered)
{
    CURL *easy = curl_easy_init();
    assert_non_null(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{}");
    curl_easy_setopt(easy, CURLOPT_PRIVATE, answered ? s : NULL);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, answered ? 20000L : 20L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_drop);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
    assert_int_equal(multi_adopt(&s->multi, easy), CURLE_OK);
    assert_true(multi_add(&s->multi, easy));
    return easy;
}

/* A name of this host that curl must resolve (not "localhost"); if there is none, an address, and the resolver is not
 * used. */
static void name_of_this_host(char *name, size_t cap)
{
    struct addrinfo *found, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    bool here = gethostname(name, cap) == 0 && getaddrinfo(name, NULL, &hints, &found) == 0;
    if (here) {
        here = (ntohl(((struct sockaddr_in *)found->ai_addr)->sin_addr.s_addr) >> 24) == 127;
        freeaddrinfo(found);
    }
    if (!here)
        snprintf(name, cap, "127.0.0.1");
}

/* The number of a socket that curl closed without notice is reused, also by the resolver's socket. */
static void a_number_may_be_another_sockets(void **state)
{
    (void)state;
    enum { LOST = 16, ANSWERED = 8 };
    static const enum act ACTS[] = {ACT_OK};
    struct storm s = {.left = {LOST * 60, ANSWERED * 60}};
    struct http_script server;
    struct mute m;
    uv_loop_t loop;
    CURL *easies[LOST + ANSWERED];
    char host[128], lost_url[160], answered_url[160];
    http_script_start(&server, ACTS, 1);
    mute_start(&m, true);
    name_of_this_host(host, sizeof host);
    snprintf(lost_url, sizeof lost_url, "http://%s:%u/", host, m.port);
    snprintf(answered_url, sizeof answered_url, "http://127.0.0.1:%u/", server.port);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(multi_init(&s.multi, &loop, LOST + ANSWERED, on_storm_done, on_storm_broken, &s), DDBS_OK);
    for (int i = 0; i < LOST + ANSWERED; i++)
        easies[i] = storm_add(&s, i < LOST ? lost_url : answered_url, i >= LOST);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < LOST + ANSWERED; i++) {
        multi_remove(&s.multi, easies[i]);
        curl_easy_cleanup(easies[i]);
    }
    multi_close(&s.multi);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    mute_stop(&m);
    http_script_stop(&server);
}

static char *text_copy(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = mem_alloc(n);
    return copy != NULL ? memcpy(copy, text, n) : NULL;
}

static void *array_alloc(size_t count, size_t size)
{
    return mem_zalloc(count * size);
}

static bool is_known(enum job_outcome outcome)
{
    return outcome == JOB_DONE || outcome == JOB_TRANSIENT || outcome == JOB_UNREACHABLE;
}

/* A lane's life with the nth allocation after its start failing (0: none): two requests at once, then one alone.
 * Returns the number of allocations. */
static uint64_t __attribute__((unused)) live(uint64_t nth)
{
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    rig_open(&r, ACTS, 1, TIMEOUT_MS, 4);
    uint64_t asked = mem_asked();
    mem_fail_nth(nth);
    int taken = 0;
    for (int i = 0; i < 2; i++) {
        int rc = lane_submit(r.lane, rig_job(&r, taken));
        lane_wake(r.lane);
        assert_true(rc == DDBS_OK || rc == DDBS_E_OUT_OF_MEMORY);
        taken += rc == DDBS_OK ? 1 : 0;
    }
    rig_wait(&r, taken);
    for (int i = 0; i < taken; i++)
        assert_true(is_known(r.results[i].outcome) &&
                    (r.results[i].outcome == JOB_DONE || r.results[i].text[0] != '\0'));
    asked = mem_asked() - asked;
    mem_fail_nth(0);
    rig_submit(&r, taken, 1);
    rig_wait(&r, taken + 1);
    assert_true(is_known(r.results[taken].outcome));
    rig_close(&r);
    return asked;
}

static void __attribute__((unused)) every_allocation_of_a_request_may_fail(void **state)
{
    (void)state;
    uint64_t asked = live(0);
    assert_true(asked > 20);
    for (uint64_t n = 1; n <= asked; n++)
        live(n);
}

/* The start of a second lane. */
static void every_allocation_of_a_start_may_fail(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    uint64_t refusals = 0, asked, n = 0;
    do {
        struct lane *other = NULL;
        rig_open(&r, ACTS, 1, TIMEOUT_MS, 4);
        asked = mem_asked();
        mem_fail_nth(++n);
        int rc = lane_start(&r.params, &other);
        mem_fail_nth(0);
        asked = mem_asked() - asked;
        assert_int_equal(rc == DDBS_OK, other != NULL);
        refusals += rc != DDBS_OK;
        lane_stop(other);
        rig_close(&r);
    } while (n <= asked);
    assert_true(refusals > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_may_never_come_about),
        cmocka_unit_test(a_number_may_be_another_sockets),
        cmocka_unit_test(every_allocation_of_a_start_may_fail),
#ifndef UNDER_TSAN
        cmocka_unit_test(every_allocation_of_a_request_may_fail),
#endif
    };
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_alloc, mem_free, mem_realloc, text_copy, array_alloc) != CURLE_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, rig_libraries_warm_up, NULL);
    curl_global_cleanup();
    return failed;
}
