/* Tests of daemon/io/lane with transfer, easy and multi, against a scripted server. Every test ends with nothing left
 * over: the main loop closes, no descriptor and no block of memory is open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include "daemon/base/mem.h"
#include "daemon/core/body.h"
#include "daemon/io/lane.h"
#include "proto/err.h"
#include "tests/fakeddb/tls.h"
#include "tests/unit/io/http_script.h"

enum { JOBS = 64 };

/* {"pk": "a"} */
static const uint8_t ITEM[] = {0x81, 0xa2, 'p', 'k', 0xa1, 'a'};
static const struct key_schema SCHEMA = {.count = 1, .attr = {{.type = 'S', .name_len = 2, .name = "pk"}}};

struct rig {
    struct http_script server;
    bool serving;
    uv_loop_t loop;
    struct lane *lane;
    struct lane_params params;
    struct endpoint endpoint;
    struct creds creds;
    struct job jobs[JOBS];
    struct job_result results[JOBS];
    bool done[JOBS];
    int done_count, awaited;
    int fds;
    int64_t live;
    const char *ca_bundle;
};

static int fds_open(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void on_done(void *ctx, struct job *job, const struct job_result *result)
{
    struct rig *r = ctx;
    size_t i = (size_t)(job - r->jobs);
    assert_true(i < JOBS);
    assert_false(r->done[i]);
    r->done[i] = true;
    r->results[i] = *result;
    if (++r->done_count == r->awaited)
        uv_stop(&r->loop);
}

/* Start the lane for the server that runs. */
/* What there was before anything was opened. */
static void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    r->live = mem_live();
    r->fds = fds_open();
}

static void rig_begin(struct rig *r, const char *scheme_and_host, uint32_t timeout_ms, uint32_t transfers_max)
{
    char url[64], errmsg[AWS_ERRMSG];
    assert_int_equal(uv_loop_init(&r->loop), 0);
    snprintf(url, sizeof url, "%s:%u", scheme_and_host, r->server.port);
    assert_int_equal(endpoint_parse("test", url, &r->endpoint, errmsg), DDBS_OK);
    snprintf(r->endpoint.region, sizeof r->endpoint.region, "us-east-1");
    r->creds = (struct creds){.generation = 1, .id_len = 4, .secret_len = 6, .id = "AKID", .secret = "SECRET"};
    r->params = (struct lane_params){
        .loop = &r->loop,
        .done = on_done,
        .ctx = r,
        .endpoint = &r->endpoint,
        .creds = &r->creds,
        .ca_bundle = r->ca_bundle,
        .user_agent = "ddbsidecard/test",
        .request_timeout_ms = timeout_ms,
        .transfers_max = transfers_max,
        .seed = 1,
    };
    assert_int_equal(lane_start(&r->params, &r->lane), DDBS_OK);
}

static void rig_open(struct rig *r, const enum act *acts, int act_count, uint32_t timeout_ms, uint32_t transfers_max)
{
    rig_init(r);
    http_script_start(&r->server, acts, act_count);
    r->serving = true;
    rig_begin(r, "http://127.0.0.1", timeout_ms, transfers_max);
}

static void rig_serve_no_more(struct rig *r)
{
    if (r->serving)
        http_script_stop(&r->server);
    r->serving = false;
}

static void rig_close(struct rig *r)
{
    lane_stop(r->lane);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    rig_serve_no_more(r);
    assert_int_equal(mem_live(), r->live);
    assert_int_equal(fds_open(), r->fds);
}

static struct job *rig_job(struct rig *r, int i)
{
    struct job *j = &r->jobs[i];
    *j = (struct job){
        .id = (uint64_t)i + 1,
        .kind = JOB_WRITE,
        .table = "t",
        .schema = &SCHEMA,
        .count = 1,
        .items = {{.item = {ITEM, sizeof ITEM},
                   .json_len = sizeof "{\"pk\":{\"S\":\"a\"}}" - 1,
                   .key = {.off = {4}, .len = {2}}}},
        .response_max = 4096,
    };
    j->body_len = (uint32_t)body_len(j);
    return j;
}

static void rig_submit(struct rig *r, int from, int count)
{
    for (int i = from; i < from + count; i++)
        assert_int_equal(lane_submit(r->lane, rig_job(r, i)), DDBS_OK);
}

static void rig_wait(struct rig *r, int count)
{
    r->awaited = count;
    if (r->done_count < count)
        uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(r->done_count, count);
    assert_int_equal(lane_load(r->lane), 0);
}

static void a_batch_is_written(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    char value[512];
    rig_open(&r, ACTS, 1, 5000, 64);
    rig_submit(&r, 0, 1);
    rig_wait(&r, 1);
    assert_int_equal(r.results[0].outcome, JOB_DONE);
    assert_false(r.results[0].unprocessed[0]);
    assert_string_equal(r.results[0].request_id, "REQ-1");
    http_script_header(&r.server, "Expect:", value, sizeof value);
    assert_string_equal(value, "");
    http_script_header(&r.server, "Accept:", value, sizeof value);
    assert_string_equal(value, "");
    http_script_header(&r.server, "X-Amz-Target:", value, sizeof value);
    assert_string_equal(value, "DynamoDB_20120810.BatchWriteItem");
    http_script_header(&r.server, "Host:", value, sizeof value);
    assert_string_equal(value, r.endpoint.host);
    http_script_header(&r.server, "Authorization:", value, sizeof value);
    assert_int_equal(strncmp(value, "AWS4-HMAC-SHA256 Credential=AKID/", 33), 0);
    rig_close(&r);
}

/* A server that accepts and stays silent: each of five single requests must end by its timeout, one after the other,
 * with no other transfer to drive curl. */
static void silence_ends_by_the_timeout(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_SILENT};
    struct rig r;
    rig_open(&r, ACTS, 1, 100, 64);
    for (int i = 0; i < 5; i++) {
        rig_submit(&r, i, 1);
        rig_wait(&r, i + 1);
        assert_int_equal(r.results[i].outcome, JOB_TRANSIENT);
        assert_true(r.results[i].maybe_written);
        assert_non_null(strstr(r.results[i].text, "no answer from 127.0.0.1:"));
        assert_non_null(strstr(r.results[i].text, "within 100 ms"));
    }
    rig_close(&r);
}

static void a_broken_answer_is_transient(void **state)
{
    (void)state;
    static const struct {
        enum act act;
        const char *say;
        uint32_t retry_after_ms;
    } CASES[] = {
        {ACT_RESET, "the connection to 127.0.0.1:", 0},
        {ACT_TRUNCATE, "the connection to 127.0.0.1:", 0},
        {ACT_LONG, "longer than the 4096 bytes", 0},
        {ACT_BAD_CRC, "", 0},
        {ACT_BUSY, "", 1500},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct rig r;
        enum act acts[] = {CASES[i].act, ACT_OK};
        rig_open(&r, acts, 2, 5000, 64);
        rig_submit(&r, 0, 1);
        rig_wait(&r, 1);
        assert_int_equal(r.results[0].outcome, JOB_TRANSIENT);
        assert_true(r.results[0].maybe_written);
        assert_int_equal(r.results[0].retry_after_ms, CASES[i].retry_after_ms);
        if (strstr(r.results[0].text, CASES[i].say) == NULL)
            fail_msg("case %zu: %s", i, r.results[0].text);
        /* The same handle serves the next one. */
        rig_submit(&r, 1, 1);
        rig_wait(&r, 2);
        assert_int_equal(r.results[1].outcome, JOB_DONE);
        rig_close(&r);
    }
}

static void nobody_listening_is_unreachable(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK_END};
    struct rig r;
    rig_open(&r, ACTS, 1, 5000, 64);
    rig_submit(&r, 0, 1);
    rig_wait(&r, 1);
    assert_int_equal(r.results[0].outcome, JOB_DONE);
    rig_serve_no_more(&r);
    /* On a handle that has sent before: what went out then must not count now. */
    rig_submit(&r, 1, 1);
    rig_wait(&r, 2);
    assert_int_equal(r.results[1].outcome, JOB_UNREACHABLE);
    assert_false(r.results[1].maybe_written);
    assert_non_null(strstr(r.results[1].text, "no connection to 127.0.0.1:"));
    rig_close(&r);
}

static void connections_are_used_again(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    rig_open(&r, ACTS, 1, 5000, 4);
    for (int round = 1; round <= 5; round++) {
        memset(r.done, 0, sizeof r.done);
        r.done_count = 0;
        rig_submit(&r, 0, JOBS);
        rig_wait(&r, JOBS);
        for (int i = 0; i < JOBS; i++)
            assert_int_equal(r.results[i].outcome, JOB_DONE);
    }
    assert_int_equal(http_script_requests(&r.server), 5 * JOBS);
    assert_in_range(http_script_connections(&r.server), 1, 4);
    rig_close(&r);
}

/* The peer closes an idle connection whose poll is kept: no spin, and the next request opens a new one. */
static void a_closed_idle_connection_is_replaced(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK_END};
    struct rig r;
    rig_open(&r, ACTS, 1, 5000, 4);
    for (int i = 0; i < 20; i++) {
        rig_submit(&r, i, 1);
        rig_wait(&r, i + 1);
        assert_int_equal(r.results[i].outcome, JOB_DONE);
        while (http_script_ended(&r.server) < i + 1)
            uv_run(&r.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(http_script_connections(&r.server), 20);
    rig_close(&r);
}

/* What the peer said before it reset the connection counts: a service that refuses a request early does just that. */
static void an_answer_before_a_reset_is_read(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK_RESET};
    struct rig r;
    rig_open(&r, ACTS, 1, 5000, 4);
    for (int i = 0; i < JOBS; i++) {
        rig_submit(&r, i, 1);
        rig_wait(&r, i + 1);
        if (r.results[i].outcome != JOB_DONE)
            fail_msg("request %d: %s", i, r.results[i].text);
        while (http_script_ended(&r.server) < i + 1)
            uv_run(&r.loop, UV_RUN_NOWAIT);
    }
    rig_close(&r);
}

/* A resolver that hangs for one name until its pipe is closed; in place of libc's for curl. */
static const char SLOW_NAME[] = "slow.test";
static int slow_pipe[2];

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
    __attribute__((visibility("default")));
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    char c;
    if (node != NULL && strcmp(node, SLOW_NAME) == 0) {
        while (read(slow_pipe[0], &c, 1) > 0) {
        }
        return EAI_AGAIN;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, ret);
}

static void on_patience_over(uv_timer_t *timer)
{
    bool *over = timer->data;
    *over = true;
    close(slow_pipe[1]);
}

/* A name server that does not answer holds up its own request until the timeout, and nothing else: not the lane's
 * other requests, not its end. */
static void a_hanging_resolver_holds_nothing_up(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    uv_timer_t patience;
    bool over = false;
    rig_init(&r);
    assert_int_equal(pipe(slow_pipe), 0);
    http_script_start(&r.server, ACTS, 1);
    r.serving = true;
    rig_begin(&r, "http://slow.test", 100, 4);
    uv_timer_init(&r.loop, &patience);
    patience.data = &over;
    uv_timer_start(&patience, on_patience_over, 10000, 0);
    rig_submit(&r, 0, 2);
    rig_wait(&r, 2);
    assert_false(over);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(r.results[i].outcome, JOB_UNREACHABLE);
        assert_non_null(strstr(r.results[i].text, "in time"));
    }
    rig_submit(&r, 2, 1);
    lane_stop(r.lane);
    r.lane = NULL;
    assert_int_equal(r.done_count, 3);
    assert_false(over);
    uv_close((uv_handle_t *)&patience, NULL);
    close(slow_pipe[1]);
    uv_run(&r.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r.loop), 0);
    rig_serve_no_more(&r);
    while (fds_open() > r.fds + 1) /* the threads that were left alone close theirs when their call returns */
        sched_yield();
    close(slow_pipe[0]);
    assert_int_equal(mem_live(), r.live);
}

static void a_wrong_clock_is_corrected_once(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_SKEW, ACT_OK, ACT_SKEW, ACT_SKEW};
    struct rig r;
    char first[64], second[64];
    rig_open(&r, ACTS, 4, 5000, 4);
    rig_submit(&r, 0, 1);
    rig_wait(&r, 1);
    assert_int_equal(r.results[0].outcome, JOB_DONE);
    assert_int_equal(http_script_requests(&r.server), 2);
    http_script_header(&r.server, "X-Amz-Date:", first, sizeof first);
    rig_submit(&r, 1, 1);
    rig_wait(&r, 2);
    assert_int_equal(r.results[1].outcome, JOB_CREDENTIALS);
    assert_int_equal(http_script_requests(&r.server), 4);
    http_script_header(&r.server, "X-Amz-Date:", second, sizeof second);
    /* An hour ahead, both: the offset is kept, and measured against the local clock. */
    time_t now = time(NULL) + 3600;
    struct tm tm;
    char hour[32];
    strftime(hour, sizeof hour, "%Y%m%dT%H", gmtime_r(&now, &tm));
    now -= 60;
    char hour_before[32];
    strftime(hour_before, sizeof hour_before, "%Y%m%dT%H", gmtime_r(&now, &tm));
    assert_true(strncmp(first, hour, 11) == 0 || strncmp(first, hour_before, 11) == 0);
    assert_true(strncmp(second, hour, 11) == 0 || strncmp(second, hour_before, 11) == 0);
    rig_close(&r);
}

/* A certificate must be signed by a CA that was named, for the host that was asked for; only then a byte is sent. */
static void certificates_are_verified(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    static const struct {
        bool named;
        uint32_t address;
        const char *url;
        enum job_outcome outcome;
    } CASES[] = {
        {true, INADDR_LOOPBACK, "https://127.0.0.1", JOB_DONE},
        {false, INADDR_LOOPBACK, "https://127.0.0.1", JOB_UNREACHABLE},
        {true, INADDR_LOOPBACK + 1, "https://127.0.0.2", JOB_UNREACHABLE},
    };
    char ca[] = "/tmp/ddbsidecar-lane.XXXXXX", errmsg[256];
    int fd = mkstemp(ca);
    assert_true(fd >= 0);
    close(fd);
    SSL_CTX *tls = tls_new(ca, errmsg, sizeof errmsg);
    assert_non_null(tls);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct rig r;
        rig_init(&r);
        http_script_start_at(&r.server, ACTS, 1, CASES[i].address, tls);
        r.serving = true;
        r.ca_bundle = CASES[i].named ? ca : NULL;
        rig_begin(&r, CASES[i].url, 5000, 4);
        for (int n = 0; n < 2; n++) {
            rig_submit(&r, n, 1);
            rig_wait(&r, n + 1);
            assert_int_equal(r.results[n].outcome, CASES[i].outcome);
            if (CASES[i].outcome != JOB_DONE && strstr(r.results[n].text, "not trusted") == NULL)
                fail_msg("case %zu: %s", i, r.results[n].text);
            assert_false(r.results[n].maybe_written);
        }
        assert_int_equal(http_script_requests(&r.server), CASES[i].outcome == JOB_DONE ? 2 : 0);
        rig_close(&r);
    }
    SSL_CTX_free(tls);
    unlink(ca);
}

static void stopping_completes_what_is_open(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_SILENT};
    struct rig r;
    rig_open(&r, ACTS, 1, 60000, 2);
    rig_submit(&r, 0, 5);
    while (http_script_requests(&r.server) < 2)
        uv_run(&r.loop, UV_RUN_NOWAIT);
    rig_close(&r);
    assert_int_equal(r.done_count, 5);
    int maybe = 0;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(r.results[i].outcome, JOB_TRANSIENT);
        maybe += r.results[i].maybe_written;
    }
    assert_int_equal(maybe, 2);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    for (uint64_t n = 1; n <= 12; n++) {
        rig_open(&r, ACTS, 1, 5000, 4);
        mem_fail_nth(n);
        int rc = lane_submit(r.lane, rig_job(&r, 0));
        if (rc == DDBS_OK) {
            rig_wait(&r, 1);
            assert_true(r.results[0].outcome == JOB_DONE || r.results[0].outcome == JOB_TRANSIENT ||
                        r.results[0].outcome == JOB_UNREACHABLE);
        } else {
            assert_int_equal(rc, DDBS_E_OUT_OF_MEMORY);
        }
        mem_fail_nth(0);
        rig_close(&r);
    }
}

static void starting_may_fail(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    struct lane *other = NULL;
    rig_open(&r, ACTS, 1, 1000, 4);
    mem_fail_nth(1);
    assert_int_equal(lane_start(&r.params, &other), DDBS_E_OUT_OF_MEMORY);
    assert_null(other);
    mem_fail_nth(0);
    rig_close(&r);
}

/* What the libraries keep open for the whole process must not count as left over. */
static int libraries_warm_up(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    uv_loop_t loop;
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    uv_loop_close(&loop);
    rig_open(&r, ACTS, 1, 5000, 64);
    rig_submit(&r, 0, 1);
    rig_wait(&r, 1);
    rig_close(&r);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_written),
        cmocka_unit_test(silence_ends_by_the_timeout),
        cmocka_unit_test(a_broken_answer_is_transient),
        cmocka_unit_test(nobody_listening_is_unreachable),
        cmocka_unit_test(connections_are_used_again),
        cmocka_unit_test(a_closed_idle_connection_is_replaced),
        cmocka_unit_test(an_answer_before_a_reset_is_read),
        cmocka_unit_test(a_hanging_resolver_holds_nothing_up),
        cmocka_unit_test(a_wrong_clock_is_corrected_once),
        cmocka_unit_test(certificates_are_verified),
        cmocka_unit_test(stopping_completes_what_is_open),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(starting_may_fail),
    };
    return cmocka_run_group_tests(tests, libraries_warm_up, NULL);
}
