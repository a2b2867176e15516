/* floor: the program. See floor.h.
 *   floor --socket PATH --port PORT [--ca-file FILE]
 * Credentials and region from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
 * AWS_REGION).
 */
#include "tests/bench/floor.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proto/item/item_json.h"
#include "tests/bench/floor_http.h"
#include "tests/bench/floor_input.h"
#include "tests/bench/floor_sign.h"

enum { EVENTS = 256, NO_BATCH = FLOOR_LANES };

/* A batch belongs to the lane with its number. */
struct batch {
    char *memory, *body, *end;
    uint32_t count;
    uint64_t first_seq, last_seq;
    uint64_t bytes;
};

struct floor {
    int epoll, listener;
    struct floor_input input;
    struct floor_http http;
    struct floor_signer signer;
    struct batch batches[FLOOR_LANES];
    uint32_t idle[FLOOR_LANES], idle_count;
    uint32_t filling; /* NO_BATCH: none */
    bool starved;     /* records wait for an idle lane */
};

void floor_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "floor: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

void floor_watch(int epoll, int fd, uint32_t events, uint32_t mark)
{
    struct epoll_event e = {.events = events, .data.u32 = mark};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
        floor_die("epoll_ctl: %s", strerror(errno));
}

static char *put(char *out, const char *text, size_t n)
{
    memcpy(out, text, n);
    return out + n;
}

#define PUT(out, text) put((out), (text), sizeof(text) - 1)

static void batch_open(struct floor *f)
{
    f->filling = f->idle[--f->idle_count];
    struct batch *b = &f->batches[f->filling];
    b->count = 0;
    b->bytes = 0;
    b->end = PUT(b->body, "{\"RequestItems\":{\"");
    b->end = put(b->end, f->input.table, strlen(f->input.table));
    b->end = PUT(b->end, "\":[");
}

static void batch_send(struct floor *f)
{
    uint32_t lane = f->filling;
    struct batch *b = &f->batches[lane];
    f->filling = NO_BATCH;
    b->end = PUT(b->end, "]}}");
    char *head = floor_signer_head(&f->signer, b->body, (size_t)(b->end - b->body));
    floor_http_send(&f->http, lane, head, (size_t)(b->end - head));
}

/* No byte of msgpack becomes more than 16 bytes of JSON. */
static bool batch_fits(const struct batch *b, size_t n)
{
    return b->end + 16 * n + 64 <= b->body + FLOOR_BODY_MAX;
}

static void batch_add(struct floor *f, const struct floor_record *r)
{
    struct batch *b = &f->batches[f->filling];
    if (!batch_fits(b, r->item.n))
        floor_die("a record of %zu bytes", r->item.n);
    if (b->count == 0)
        b->first_seq = r->seq;
    else
        *b->end++ = ',';
    b->last_seq = r->seq;
    b->end = PUT(b->end, "{\"PutRequest\":{\"Item\":");
    b->end = item_json(r->item, b->end);
    b->end = PUT(b->end, "}}");
    b->bytes += r->item.n;
    if (++b->count == FLOOR_ITEMS || !batch_fits(b, r->item.n))
        batch_send(f);
}

/* Move records into batches while both are available. */
static void records_take(struct floor *f)
{
    struct floor_record r;
    f->starved = false;
    while (!f->starved) {
        if (f->filling == NO_BATCH && f->idle_count == 0) {
            f->starved = true;
        } else if (!floor_input_next(&f->input, &r)) {
            break;
        } else {
            if (f->filling == NO_BATCH)
                batch_open(f);
            batch_add(f, &r);
        }
    }
    if (f->input.flush_open && f->filling != NO_BATCH)
        batch_send(f);
    floor_input_watch(&f->input, !f->starved);
}

static void on_answered(void *ctx, uint32_t lane)
{
    struct floor *f = ctx;
    struct batch *b = &f->batches[lane];
    floor_input_written(&f->input, b->first_seq, b->last_seq, b->bytes);
    f->idle[f->idle_count++] = lane;
    if (f->starved)
        records_take(f);
}

static void accept_one(struct floor *f)
{
    int fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        floor_die("accept: %s", strerror(errno));
    floor_input_open(&f->input, fd);
}

static uint32_t in_flight(const struct floor *f)
{
    return FLOOR_LANES - f->idle_count - (f->filling != NO_BATCH);
}

/* Returns when the producer has disconnected. */
static void serve(struct floor *f)
{
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(f->epoll, events, EVENTS, -1);
        struct timespec now;
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
        floor_signer_tick(&f->signer, (uint64_t)now.tv_sec);
        for (int i = 0; i < n; i++) {
            uint32_t mark = events[i].data.u32;
            if (mark < FLOOR_LANES) {
                floor_http_ready(&f->http, mark, events[i].events);
            } else if (mark == FLOOR_WATCH_LISTENER) {
                accept_one(f);
            } else {
                if (!floor_input_read(&f->input))
                    return;
                records_take(f);
            }
        }
        floor_input_tell(&f->input, in_flight(f) == 0);
        if (!f->input.flush_open && !f->starved)
            records_take(f);
    }
}

static void socket_listen(struct floor *f, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        floor_die("%s: the path is too long", path);
    memcpy(a.sun_path, path, strlen(path) + 1);
    f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (f->listener < 0 || bind(f->listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(f->listener, 1) != 0)
        floor_die("%s: %s", path, strerror(errno));
    floor_watch(f->epoll, f->listener, EPOLLIN, FLOOR_WATCH_LISTENER);
}

static void batches_make(struct floor *f)
{
    f->filling = NO_BATCH;
    for (uint32_t i = 0; i < FLOOR_LANES; i++) {
        struct batch *b = &f->batches[i];
        b->memory = malloc(FLOOR_HEAD_MAX + FLOOR_BODY_MAX);
        if (b->memory == NULL)
            floor_die("no memory");
        b->body = b->memory + FLOOR_HEAD_MAX;
        f->idle[f->idle_count++] = i;
    }
}

static void run(const char *path, uint16_t port, const char *ca_file)
{
    static struct floor f;
    char host[32];
    snprintf(host, sizeof host, "127.0.0.1:%u", port);
    f.epoll = epoll_create1(EPOLL_CLOEXEC);
    f.http.answered = on_answered;
    f.http.ctx = &f;
    batches_make(&f);
    floor_input_init(&f.input, f.epoll);
    floor_signer_init(&f.signer, host);
    floor_http_open(&f.http, f.epoll, port, ca_file);
    socket_listen(&f, path);
    serve(&f);
    unlink(path);
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"socket", required_argument, NULL, 's'},
        {"port", required_argument, NULL, 'p'},
        {"ca-file", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    const char *path = NULL, *port = NULL, *ca_file = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (option == '?')
            return 2;
        *(option == 's' ? &path : option == 'p' ? &port : &ca_file) = optarg;
    }
    if (path == NULL || port == NULL || optind < argc) {
        fprintf(stderr, "usage: floor --socket PATH --port PORT [--ca-file FILE]\n");
        return 2;
    }
    run(path, (uint16_t)strtoul(port, NULL, 10), ca_file);
    return 0;
}
