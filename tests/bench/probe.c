/* probe: how long the daemon takes to answer one request, measured repeatedly while others keep it busy.
 * probe flush|status --socket PATH [--rest MS] [--time MS]
 * flush: put one record and flush it; the time of both. status: request the status on an open connection. --rest is the
 * pause between two of them. Prints one JSON object: their number, median, 99th percentile and maximum in milliseconds.
 * Owner: one process, one client.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/c/ddbsidecar.h"
#include "client/ctl/link.h"
#include "daemon/base/mem.h"
#include "tests/bench/shape.h"

enum { SAMPLES_MAX = 1 << 16, ANSWER_MS = 30000 };

struct probe {
    const char *socket;
    bool status;
    uint64_t rest_ms, time_ms;

    struct ddbs_client *client;
    struct shape_set set;
    struct ctl_link link;
    double *took_ms;
    size_t count;
};

static double now_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "probe: %s: %s\n", what, why);
    return 1;
}

static int probe_open(struct probe *p)
{
    char errmsg[DDBS_ERRMSG_SIZE] = "no memory";
    if (p->status)
        return link_open(&p->link, p->socket, errmsg) == DDBS_OK ? 0 : fail("open", errmsg);
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    options.table = "bench";
    options.socket_path = p->socket;
    options.app = "bench-probe";
    options.reconnect_timeout_ms = -1;
    if (!shape_set_init(&p->set, 'a') || ddbs_open(&options, &p->client, errmsg) != DDBS_OK)
        return fail("open", errmsg);
    p->set.used = UINT64_C(1) << 44; /* keys that no other client uses */
    return 0;
}

static int probe_once(struct probe *p)
{
    if (p->status) {
        char errmsg[CTL_ERRMSG] = "the daemon refused";
        struct ctl_reply reply = {0};
        int rc = link_ask(&p->link, "status", (struct span){0}, ANSWER_MS, &reply, errmsg);
        bool ok = rc == DDBS_OK && reply.status == DDBS_OK;
        mem_free(reply.text);
        return ok ? 0 : fail("status", errmsg);
    }
    struct span item = shape_next(&p->set);
    if (ddbs_put_msgpack(p->client, item.p, item.n, NULL) != DDBS_OK || ddbs_flush(p->client, -1, NULL) != DDBS_OK)
        return fail("flush", ddbs_errmsg(p->client));
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int probe_run(struct probe *p)
{
    struct timespec rest = {.tv_sec = (time_t)(p->rest_ms / 1000), .tv_nsec = (long)(p->rest_ms % 1000) * 1000000};
    double end = now_ms() + (double)p->time_ms;
    while (p->count < SAMPLES_MAX && now_ms() < end) {
        double start = now_ms();
        if (probe_once(p) != 0)
            return 1;
        p->took_ms[p->count++] = now_ms() - start;
        nanosleep(&rest, NULL);
    }
    if (p->count == 0)
        return fail("--time", "give it more");
    qsort(p->took_ms, p->count, sizeof *p->took_ms, compare);
    printf("{\"count\": %zu, \"p50\": %.4f, \"p99\": %.4f, \"worst\": %.4f}\n", p->count, p->took_ms[p->count / 2],
           p->took_ms[p->count * 99 / 100], p->took_ms[p->count - 1]);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"socket", required_argument, NULL, 's'},
        {"rest", required_argument, NULL, 'r'},
        {"time", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    static struct probe p = {.rest_ms = 2, .time_ms = 1000};
    int option;
    bool ok = true;
    while (ok && (option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        ok = option != '?';
        if (option == 's')
            p.socket = optarg;
        else if (ok)
            *(option == 'r' ? &p.rest_ms : &p.time_ms) = strtoull(optarg, NULL, 10);
    }
    const char *what = optind + 1 == argc ? argv[optind] : "";
    p.status = strcmp(what, "status") == 0;
    if (!ok || p.socket == NULL || (!p.status && strcmp(what, "flush") != 0)) {
        fprintf(stderr, "usage: probe flush|status --socket PATH [--rest MS] [--time MS]\n");
        return 2;
    }
    p.took_ms = malloc(SAMPLES_MAX * sizeof *p.took_ms);
    if (p.took_ms == NULL)
        return fail("start", "no memory");
    int rc = probe_open(&p) == 0 ? probe_run(&p) : 1;
    ddbs_close(p.client, 1000);
    if (p.status)
        link_close(&p.link);
    shape_set_fini(&p.set);
    free(p.took_ms);
    return rc;
}
