/* lane_rig: see lane_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <time.h>

#include "daemon/base/mem.h"
#include "daemon/dynamo/body.h"
#include "proto/err.h"
#include "tests/unit/http/lane_rig.h"

/* {"pk": "a"} */
static const uint8_t ITEM[] = {0x81, 0xa2, 'p', 'k', 0xa1, 'a'};
static const struct key_schema SCHEMA = {.count = 1, .attr = {{.type = 'S', .name_len = 2, .name = "pk"}}};

int fds_open(void)
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

void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    r->live = mem_live();
    r->fds = fds_open();
}

void rig_begin(struct rig *r, const char *scheme_and_host, uint32_t timeout_ms, uint32_t transfers_max)
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

void rig_open(struct rig *r, const enum act *acts, int act_count, uint32_t timeout_ms, uint32_t transfers_max)
{
    rig_init(r);
    http_script_start(&r->server, acts, act_count);
    r->serving = true;
    rig_begin(r, "http://127.0.0.1", timeout_ms, transfers_max);
}

void rig_serve_no_more(struct rig *r)
{
    if (r->serving)
        http_script_stop(&r->server);
    r->serving = false;
}

/* Wait until the threads of curl's resolver are gone, at most 10 s. curl resolves even an address if the allocation of
 * its numeric form fails. It abandons that thread when the request times out: the thread then frees its blocks and its
 * descriptors by itself. */
static void resolvers_await(const struct rig *r)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    for (int i = 0; i < 10 * 1000 && (mem_live() != r->live || fds_open() != r->fds); i++)
        nanosleep(&pause, NULL);
}

void rig_close(struct rig *r)
{
    lane_stop(r->lane);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    rig_serve_no_more(r);
    resolvers_await(r);
    assert_int_equal(mem_live(), r->live);
    assert_int_equal(fds_open(), r->fds);
}

struct job *rig_job(struct rig *r, int i)
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

void rig_submit(struct rig *r, int from, int count)
{
    for (int i = from; i < from + count; i++)
        assert_int_equal(lane_submit(r->lane, rig_job(r, i)), DDBS_OK);
    lane_wake(r->lane);
}

void rig_wait(struct rig *r, int count)
{
    r->awaited = count;
    if (r->done_count < count)
        uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(r->done_count, count);
    assert_int_equal(lane_load(r->lane), 0);
}

int rig_libraries_warm_up(void **state)
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
