/* crowd: many clients in one process, at one total rate or as fast as their records are accepted.
 * crowd --socket PATH --shape a|b|c --pid PID [--clients N] [--rate N] [--turn N] [--memory BYTES]
 *         [--pulse MS] [--warm MS] [--time MS] [--stay]
 * Clients take turns, each with --turn records (1). --rate (0: no limit) is the total of all. --pulse: put for this
 * long, pause for as long, and so on. Measured like load, between warm-up and end. Afterwards, or on SIGTERM, nothing
 * more is put and everything is flushed. Then it prints one JSON object: the figures of the measured time (0 if there
 * was none), how many records had not settled when putting ended, and the times at which it ended and all had settled
 * (seconds of the monotonic clock). --stay: each client flushes one record and then idles until SIGTERM.
 * Owner: one process, one thread; nonblocking clients of libddbsidecar.
 */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/c/ddbsidecar.h"
#include "tests/bench/shape.h"

enum { CLIENTS_MAX = 1024, FLOOD_TURN = 32, TURN_MS = 1, IDLE_MS = 100 };

static const uint64_t MS = 1000000, FLUSH_NS = UINT64_C(120000000000);

struct crowd {
    const char *socket;
    char shape;
    pid_t pid;
    uint64_t rate, turn, memory, pulse_ns, warm_ns, time_ns;
    int count;
    bool stay;

    clockid_t target;
    struct shape_set set;
    struct ddbs_client *clients[CLIENTS_MAX];
    struct pollfd polls[CLIENTS_MAX];
    int next; /* whose turn it is */
    uint64_t start_ns, put;
};

struct moment {
    uint64_t wall_ns, target_ns, own_ns, written, put;
};

static volatile sig_atomic_t ending;

static void on_term(int number)
{
    (void)number;
    ending = 1;
}

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t = {0};
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "crowd: %s: %s\n", what, why);
    return -1;
}

static struct ddbs_stats totals(const struct crowd *c)
{
    struct ddbs_stats sum = {0}, one;
    for (int i = 0; i < c->count; i++) {
        ddbs_stats(c->clients[i], &one);
        sum.put += one.put;
        sum.written += one.written;
        sum.failed += one.failed;
        sum.unsettled += one.unsettled;
    }
    return sum;
}

static struct moment moment_take(const struct crowd *c)
{
    struct ddbs_stats sum = totals(c);
    return (struct moment){.wall_ns = now_ns(),
                           .target_ns = clock_ns(c->target),
                           .own_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
                           .written = sum.written,
                           .put = sum.put};
}

/* Put one record by one client: 1 put, 0 no room, -1 the end. */
static int put_one(struct crowd *c, int i)
{
    struct span item = shape_next(&c->set);
    int rc = ddbs_put_msgpack(c->clients[i], item.p, item.n, NULL);
    if (rc == DDBS_AGAIN)
        return 0;
    if (rc != DDBS_OK)
        return fail("put", ddbs_errmsg(c->clients[i]));
    c->put++;
    return 1;
}

/* One turn of a client, at most `n` records. Returns how many it put, or -1. */
static int put_turn(struct crowd *c, uint64_t n)
{
    int i = c->next, done = 0, rc = 1;
    c->next = i + 1 < c->count ? i + 1 : 0;
    while (rc == 1 && (uint64_t)done < n) {
        rc = put_one(c, i);
        done += rc == 1;
    }
    return rc < 0 ? -1 : done;
}

/* Put what is due by now; a client without room misses its turn. */
static int put_due(struct crowd *c)
{
    uint64_t now = now_ns();
    if (c->pulse_ns > 0 && (now - c->start_ns) / c->pulse_ns % 2 == 1)
        return 0;
    if (c->rate == 0) {
        for (int i = 0; i < c->count; i++) {
            if (put_turn(c, FLOOD_TURN) < 0)
                return -1;
        }
        return 0;
    }
    uint64_t due = (uint64_t)((double)c->rate * (double)(now - c->start_ns) / 1e9);
    for (int missed = 0; c->put + c->turn <= due && missed < c->count;) {
        int done = put_turn(c, c->turn);
        if (done < 0)
            return -1;
        missed = done == 0 ? missed + 1 : 0;
    }
    return 0;
}

/* Wait for the clients' sockets and timers, at most wait_ms, and let them work. */
static int clients_work(struct crowd *c, int wait_ms)
{
    for (int i = 0; i < c->count; i++) {
        int events = ddbs_events(c->clients[i]), timeout = ddbs_timeout(c->clients[i]);
        c->polls[i] =
            (struct pollfd){.fd = ddbs_fd(c->clients[i]),
                            .events = (short)((events & DDBS_READ ? POLLIN : 0) | (events & DDBS_WRITE ? POLLOUT : 0))};
        if (timeout >= 0 && timeout < wait_ms)
            wait_ms = timeout;
    }
    if (poll(c->polls, (nfds_t)c->count, wait_ms) < 0)
        return 0; /* a signal: the caller checks its flag */
    for (int i = 0; i < c->count; i++) {
        if (c->polls[i].revents == 0 && ddbs_timeout(c->clients[i]) != 0)
            continue;
        if (ddbs_process(c->clients[i]) != DDBS_OK)
            return fail("process", ddbs_errmsg(c->clients[i]));
    }
    return 0;
}

/* Alternate putting and network work: clients get room only by reading from the daemon. */
static int put_until(struct crowd *c, uint64_t end_ns)
{
    while (!ending && now_ns() < end_ns) {
        if (put_due(c) != 0 || clients_work(c, TURN_MS) != 0)
            return -1;
    }
    return 0;
}

static int flush_all(struct crowd *c)
{
    uint64_t end_ns = now_ns() + FLUSH_NS;
    for (int open = 1; open > 0;) {
        open = 0;
        for (int i = 0; i < c->count; i++) {
            int rc = ddbs_flush(c->clients[i], 0, NULL);
            if (rc == DDBS_E_TIMED_OUT)
                open++;
            else if (rc != DDBS_OK)
                return fail("flush", ddbs_errmsg(c->clients[i]));
        }
        if (open > 0 && (now_ns() > end_ns || clients_work(c, IDLE_MS) != 0))
            return fail("flush", "not everything was written in time");
    }
    return 0;
}

static int clients_open(struct crowd *c)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    char errmsg[DDBS_ERRMSG_SIZE];
    options.table = "bench";
    options.socket_path = c->socket;
    options.app = "bench-crowd";
    options.connect_timeout_ms = 20000;
    options.reconnect_timeout_ms = -1;
    options.memory_max = c->memory;
    options.nonblocking = 1;
    int wanted = c->count;
    for (c->count = 0; c->count < wanted; c->count++) {
        if (ddbs_open(&options, &c->clients[c->count], errmsg) != DDBS_OK)
            return fail("open", errmsg);
    }
    return 0;
}

static int measure(struct crowd *c)
{
    struct moment a, b;
    c->start_ns = now_ns();
    if (put_until(c, c->start_ns + c->warm_ns) != 0)
        return -1;
    a = moment_take(c);
    if (put_until(c, now_ns() + c->time_ns) != 0)
        return -1;
    b = moment_take(c);
    struct ddbs_stats at_end = totals(c);
    if (flush_all(c) != 0)
        return -1;
    double flushed = (double)now_ns() / 1e9, written = (double)(b.written - a.written), put = (double)(b.put - a.put);
    printf("{\"clients\": %d, \"records\": %.0f, \"seconds\": %.3f, \"target_us\": %.4f, \"client_us\": %.4f, "
           "\"left\": %" PRIu64 ", \"stopped\": %.4f, \"flushed\": %.4f}\n",
           c->count, written, (double)(b.wall_ns - a.wall_ns) / 1e9,
           written > 0 ? (double)(b.target_ns - a.target_ns) / 1e3 / written : 0,
           put > 0 ? (double)(b.own_ns - a.own_ns) / 1e3 / put : 0, at_end.unsettled, (double)b.wall_ns / 1e9, flushed);
    return 0;
}

static int stay(struct crowd *c)
{
    for (int i = 0; i < c->count; i++) {
        if (put_one(c, i) != 1)
            return fail("put", "no room for the first record");
    }
    if (flush_all(c) != 0)
        return -1;
    while (!ending) {
        if (clients_work(c, IDLE_MS) != 0)
            return -1;
    }
    printf("{\"clients\": %d}\n", c->count);
    return 0;
}

static int run(struct crowd *c)
{
    if (clock_getcpuclockid(c->pid, &c->target) != 0)
        return fail("--pid", "there is no such process");
    if (!shape_set_init(&c->set, c->shape))
        return fail("--shape", "takes a, b or c (or memory ran out)");
    int rc = clients_open(c);
    if (rc == 0)
        rc = c->stay ? stay(c) : measure(c);
    for (int i = 0; i < c->count; i++)
        ddbs_close(c->clients[i], 0);
    shape_set_fini(&c->set);
    return rc;
}

static bool number_take(struct crowd *c, int option, uint64_t n)
{
    if (option == 'p')
        c->pid = (pid_t)n;
    else if (option == 'n')
        c->count = (int)n;
    else if (option == 'r')
        c->rate = n;
    else if (option == 'u')
        c->turn = n;
    else if (option == 'm')
        c->memory = n;
    else
        *(option == 'l' ? &c->pulse_ns : option == 'w' ? &c->warm_ns : &c->time_ns) = n * MS;
    return c->count > 0 && c->count <= CLIENTS_MAX && c->turn > 0;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"socket", required_argument, NULL, 's'}, {"shape", required_argument, NULL, 'k'},
        {"pid", required_argument, NULL, 'p'},    {"clients", required_argument, NULL, 'n'},
        {"rate", required_argument, NULL, 'r'},   {"turn", required_argument, NULL, 'u'},
        {"memory", required_argument, NULL, 'm'}, {"pulse", required_argument, NULL, 'l'},
        {"warm", required_argument, NULL, 'w'},   {"time", required_argument, NULL, 't'},
        {"stay", no_argument, NULL, 'y'},         {NULL, 0, NULL, 0},
    };
    static struct crowd c = {.shape = 'a', .count = 1, .turn = 1, .memory = 1 << 20};
    struct sigaction term = {.sa_handler = on_term};
    int option;
    bool ok = true;
    c.warm_ns = 300 * MS;
    c.time_ns = 700 * MS;
    while (ok && (option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (option == 's')
            c.socket = optarg;
        else if (option == 'k')
            c.shape = optarg[0];
        else if (option == 'y')
            c.stay = true;
        else
            ok = option != '?' && number_take(&c, option, strtoull(optarg, NULL, 10));
    }
    if (!ok || c.socket == NULL || c.pid <= 0 || optind < argc) {
        fprintf(stderr, "usage: crowd --socket PATH --pid PID [--shape a|b|c] [--clients N] [--rate N] [--turn N] "
                        "[--memory BYTES] [--pulse MS] [--warm MS] [--time MS] [--stay]\n");
        return 2;
    }
    sigaction(SIGTERM, &term, NULL);
    return run(&c) == 0 ? 0 : 1;
}
