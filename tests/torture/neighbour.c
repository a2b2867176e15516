/* neighbour: a correct client that puts a few records, flushes, and measures the flush, until its time is over or
 * SIGTERM.
 *     neighbour SOCKET TABLE NAME MILLISECONDS
 * Record i (from 1) is {id: "NAME-<i>", n: i}. It prints "begun" after the first flush, and at the end one JSON object:
 * records, flushes, and the median, the 99th percentile and the maximum of the flushes in microseconds. Exit 0 if every
 * record was written.
 * Owner: main. Uses only the public client.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/c/ddbsidecar.h"

enum { RECORDS_A_FLUSH = 5, REST_MS = 2, FLUSHES_MAX = 1 << 20 };

static volatile sig_atomic_t told_to_end;

struct neighbour {
    struct ddbs_client *client;
    struct ddbs_item *item;
    const char *name;
    uint64_t records, written;
    uint32_t *took_us;
    size_t flushes;
};

static void end(int number)
{
    (void)number;
    told_to_end = 1;
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static int once(struct neighbour *n)
{
    char id[96];
    struct ddbs_result r;
    for (int i = 0; i < RECORDS_A_FLUSH; i++) {
        snprintf(id, sizeof id, "%s-%" PRIu64, n->name, ++n->records);
        ddbs_item_reset(n->item);
        ddbs_item_str(n->item, "id", id);
        ddbs_item_int(n->item, "n", (int64_t)n->records);
        if (ddbs_put(n->client, n->item, NULL) != DDBS_OK)
            return 1;
    }
    uint64_t start = now_us();
    if (ddbs_flush(n->client, -1, &r) != DDBS_OK)
        return 1;
    n->took_us[n->flushes++] = (uint32_t)(now_us() - start);
    n->written += r.written;
    return 0;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int run(struct neighbour *n, uint64_t ms)
{
    uint64_t last = now_us() + ms * 1000;
    do {
        if (once(n) != 0) {
            fprintf(stderr, "neighbour: %s\n", ddbs_errmsg(n->client));
            return 1;
        }
        if (n->flushes == 1) {
            printf("begun\n");
            fflush(stdout);
        }
        poll(NULL, 0, REST_MS);
    } while (!told_to_end && now_us() < last && n->flushes < FLUSHES_MAX);
    qsort(n->took_us, n->flushes, sizeof n->took_us[0], compare);
    printf("{\"records\": %" PRIu64 ", \"flushes\": %zu, \"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u}\n", n->records,
           n->flushes, n->took_us[n->flushes / 2], n->took_us[n->flushes * 99 / 100], n->took_us[n->flushes - 1]);
    return n->written == n->records ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: neighbour SOCKET TABLE NAME MILLISECONDS\n");
        return 2;
    }
    struct neighbour n = {.name = argv[3], .item = ddbs_item_new()};
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    char errmsg[DDBS_ERRMSG_SIZE];
    int status = 1;
    signal(SIGTERM, end);
    n.took_us = malloc(FLUSHES_MAX * sizeof n.took_us[0]);
    options.socket_path = argv[1];
    options.table = argv[2];
    options.app = "neighbour";
    if (n.item == NULL || n.took_us == NULL)
        fprintf(stderr, "neighbour: memory ran out\n");
    else if (ddbs_open(&options, &n.client, errmsg) != DDBS_OK)
        fprintf(stderr, "neighbour: %s\n", errmsg);
    else
        status = run(&n, strtoull(argv[4], NULL, 10));
    ddbs_close(n.client, -1);
    ddbs_item_free(n.item);
    free(n.took_us);
    return status;
}
