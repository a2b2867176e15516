/* load: puts records of one shape through libddbsidecar as fast as they are accepted, and measures the cost.
 * load --socket PATH --shape a|b|c --pid PID [--warm MS] [--time MS] [--build]
 * The records are ready-made msgpack; with --build each is built by the client's item builder (build.h). Measured
 * between the end of the warm-up and the end of the time: records written, the CPU time of process PID (the daemon, or
 * the floor) and of this one, the number of sends. Everything is flushed afterwards; what was not written is a failure.
 * Prints one JSON object; exit status 1 with a message if anything went wrong.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/build.h"

enum { PUTS_A_LOOK = 32, FLUSH_MS = 20000 };

struct load {
    const char *socket;
    char shape;
    pid_t pid;
    uint64_t warm_ns, time_ns;
    bool build;

    clockid_t target;
    struct shape_set set;
    struct builder builder;
    struct ddbs_client *client;
};

/* The counters at one instant. */
struct moment {
    uint64_t wall_ns, target_ns, own_ns;
    uint64_t target_user, target_system; /* clock ticks */
    uint64_t written, put, sends;
};

static uint64_t sends;

/* Overrides the C library's function, so that the client library's sends are counted. */
__attribute__((visibility("default"))) ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    sends++;
    return syscall(SYS_sendmsg, fd, m, flags);
}

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t = {0};
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* utime and stime, the 14th and 15th field. The second field is a name in parentheses. */
static void ticks_read(pid_t pid, struct moment *m)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *p = strrchr(text, ')');
    if (p != NULL)
        sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64, &m->target_user,
               &m->target_system);
}

static struct moment moment_take(const struct load *l)
{
    struct moment m = {0};
    struct ddbs_stats stats;
    ddbs_stats(l->client, &stats);
    m.target_ns = clock_ns(l->target);
    m.own_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    m.wall_ns = clock_ns(CLOCK_MONOTONIC);
    ticks_read(l->pid, &m);
    m.written = stats.written;
    m.put = stats.put;
    m.sends = sends;
    return m;
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why);
    return 1;
}

static int put_one(struct load *l)
{
    if (l->build)
        return ddbs_put(l->client, builder_next(&l->builder), NULL);
    struct span item = shape_next(&l->set);
    return ddbs_put_msgpack(l->client, item.p, item.n, NULL);
}

static int put_until(struct load *l, uint64_t end_ns)
{
    while (clock_ns(CLOCK_MONOTONIC) < end_ns) {
        for (int i = 0; i < PUTS_A_LOOK; i++) {
            if (put_one(l) != DDBS_OK)
                return fail("put", ddbs_errmsg(l->client));
        }
    }
    return 0;
}

static void report(const struct load *l, const struct moment *a, const struct moment *b)
{
    double written = (double)(b->written - a->written), put = (double)(b->put - a->put);
    double tick_us = 1e6 / (double)sysconf(_SC_CLK_TCK);
    printf("{\"shape\": \"%c\", \"records\": %.0f, \"seconds\": %.3f, \"target_us\": %.4f, \"target_user_us\": %.3f, "
           "\"target_system_us\": %.3f, \"client_us\": %.4f, \"sends_a_put\": %.6f}\n",
           l->shape, written, (double)(b->wall_ns - a->wall_ns) / 1e9,
           (double)(b->target_ns - a->target_ns) / 1e3 / written,
           (double)(b->target_user - a->target_user) * tick_us / written,
           (double)(b->target_system - a->target_system) * tick_us / written,
           (double)(b->own_ns - a->own_ns) / 1e3 / put, (double)(b->sends - a->sends) / put);
}

static int measure(struct load *l)
{
    struct ddbs_result result;
    struct ddbs_failure failure;
    if (put_until(l, clock_ns(CLOCK_MONOTONIC) + l->warm_ns) != 0)
        return 1;
    struct moment a = moment_take(l);
    if (put_until(l, clock_ns(CLOCK_MONOTONIC) + l->time_ns) != 0)
        return 1;
    struct moment b = moment_take(l);
    if (ddbs_flush(l->client, FLUSH_MS, &result) != DDBS_OK)
        return fail("flush", ddbs_failure_next(l->client, &failure) ? failure.message : ddbs_errmsg(l->client));
    if (b.written == a.written)
        return fail("measure", "nothing was written in the time; give a longer --time");
    report(l, &a, &b);
    return 0;
}

static int run(struct load *l)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    char errmsg[DDBS_ERRMSG_SIZE];
    options.table = "bench";
    options.socket_path = l->socket;
    options.app = "bench-load";
    options.connect_timeout_ms = 5000;
    options.reconnect_timeout_ms = -1;
    if (clock_getcpuclockid(l->pid, &l->target) != 0)
        return fail("--pid", "there is no such process");
    if (!shape_set_init(&l->set, l->shape))
        return fail("--shape", "takes a, b or c (or memory ran out)");
    if (l->build && !builder_init(&l->builder, &l->set))
        return fail("--build", "no memory");
    int rc = ddbs_open(&options, &l->client, errmsg) == DDBS_OK ? measure(l) : fail("open", errmsg);
    ddbs_close(l->client, 1000);
    builder_fini(&l->builder);
    shape_set_fini(&l->set);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"socket", required_argument, NULL, 's'},
        {"shape", required_argument, NULL, 'k'},
        {"pid", required_argument, NULL, 'p'},
        {"warm", required_argument, NULL, 'w'},
        {"time", required_argument, NULL, 't'},
        {"build", no_argument, NULL, 'b'},
        {NULL, 0, NULL, 0},
    };
    struct load l = {.warm_ns = 300000000, .time_ns = 700000000};
    int option;
    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (option == 's')
            l.socket = optarg;
        else if (option == 'k')
            l.shape = optarg[0];
        else if (option == 'p')
            l.pid = (pid_t)strtol(optarg, NULL, 10);
        else if (option == 'b')
            l.build = true;
        else if (option == 'w')
            l.warm_ns = strtoull(optarg, NULL, 10) * 1000000u;
        else if (option == 't')
            l.time_ns = strtoull(optarg, NULL, 10) * 1000000u;
        else
            return 2;
    }
    if (l.socket == NULL || l.pid <= 0 || optind < argc) {
        fprintf(stderr, "usage: load --socket PATH --shape a|b|c --pid PID [--warm MS] [--time MS] [--build]\n");
        return 2;
    }
    return run(&l);
}
