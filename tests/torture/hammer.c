/* hammer: a client that executes a plan, line by line, for the torture rounds.
 *     hammer SOCKET TABLE NAME PLAN
 * A plan's lines: "put KEY PAD" (an item {id: KEY, v: "NAME:<seq>", pad: PAD bytes}), "delete KEY", "bad" (an item
 * without the key, which must fail alone), "flush", "pause MS". Records are numbered by <seq> from 1, as the client
 * library does. It prints "flushed <seq> <microseconds of the monotonic clock>", "failed <seq> <code>", and at the end
 * "done <written> <failed>". Exit 0 if it reached that end.
 * Owner: main. Uses only the public client.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/c/ddbsidecar.h"

enum { PAD_MAX = 390 * 1024, LINE_MAX_BYTES = 256 };

struct hammer {
    struct ddbs_client *client;
    struct ddbs_item *item;
    const char *name;
    char *padding;
    uint64_t seq, written, failed;
};

static int complain(struct hammer *h, const char *what)
{
    printf("ended %s: %s\n", what, ddbs_errmsg(h->client));
    fflush(stdout);
    return 1;
}

static int put(struct hammer *h, const char *key, size_t pad)
{
    char v[96];
    snprintf(v, sizeof v, "%s:%" PRIu64, h->name, h->seq + 1);
    ddbs_item_reset(h->item);
    if (key != NULL)
        ddbs_item_str(h->item, "id", key);
    ddbs_item_str(h->item, "v", v);
    if (pad > 0)
        ddbs_item_strn(h->item, "pad", h->padding, pad);
    uint64_t seq = 0;
    if (ddbs_put(h->client, h->item, &seq) != DDBS_OK || seq != ++h->seq)
        return complain(h, "put");
    return 0;
}

static int erase(struct hammer *h, const char *key)
{
    uint64_t seq = 0;
    ddbs_item_reset(h->item);
    ddbs_item_str(h->item, "id", key);
    if (ddbs_delete(h->client, h->item, &seq) != DDBS_OK || seq != ++h->seq)
        return complain(h, "delete");
    return 0;
}

static int flush(struct hammer *h)
{
    struct ddbs_result r;
    struct ddbs_failure f;
    struct timespec t;
    int rc = ddbs_flush(h->client, -1, &r);
    if (rc != DDBS_OK && rc != DDBS_FAILURES)
        return complain(h, "flush");
    clock_gettime(CLOCK_MONOTONIC, &t);
    while (ddbs_failure_next(h->client, &f) == 1)
        printf("failed %" PRIu64 " %s\n", f.seq, ddbs_errname(f.code));
    h->written += r.written;
    h->failed += r.failed;
    printf("flushed %" PRIu64 " %" PRIu64 "\n", h->seq, (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u);
    fflush(stdout);
    return 0;
}

static int step(struct hammer *h, char *line)
{
    char key[LINE_MAX_BYTES];
    unsigned pad;
    int ms;
    if (sscanf(line, "put %255s %u", key, &pad) == 2 && pad <= PAD_MAX)
        return put(h, key, pad);
    if (sscanf(line, "delete %255s", key) == 1)
        return erase(h, key);
    if (strcmp(line, "bad\n") == 0)
        return put(h, NULL, 0);
    if (strcmp(line, "flush\n") == 0)
        return flush(h);
    if (sscanf(line, "pause %d", &ms) == 1)
        return poll(NULL, 0, ms);
    printf("ended: not a line of a plan: %s", line);
    return 1;
}

static int run(struct hammer *h, FILE *plan)
{
    char line[LINE_MAX_BYTES];
    while (fgets(line, sizeof line, plan) != NULL) {
        if (step(h, line) != 0)
            return 1;
    }
    if (flush(h) != 0)
        return 1;
    printf("done %" PRIu64 " %" PRIu64 "\n", h->written, h->failed);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: hammer SOCKET TABLE NAME PLAN\n");
        return 2;
    }
    struct hammer h = {.name = argv[3], .item = ddbs_item_new(), .padding = malloc(PAD_MAX)};
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    char errmsg[DDBS_ERRMSG_SIZE];
    FILE *plan = fopen(argv[4], "r");
    int status = 2;
    options.socket_path = argv[1];
    options.table = argv[2];
    options.app = argv[3];
    if (plan == NULL || h.item == NULL || h.padding == NULL) {
        fprintf(stderr, "hammer: %s cannot be read, or memory ran out\n", argv[4]);
    } else if (ddbs_open(&options, &h.client, errmsg) != DDBS_OK) {
        printf("ended open: %s\n", errmsg);
        status = 1;
    } else {
        memset(h.padding, 'x', PAD_MAX);
        status = run(&h, plan);
    }
    ddbs_close(h.client, -1);
    ddbs_item_free(h.item);
    free(h.padding);
    if (plan != NULL)
        fclose(plan);
    return status;
}
