/* writer: a program that writes through the daemon as fast as it can, for the integration tests.
 *     writer SOCKET TABLE NAME RECORDS KEYS PAD FLUSH_EVERY
 * Record i (from 1) is {id: "NAME-<i mod KEYS>", n: i, pad: PAD bytes}. After every FLUSH_EVERY records, and at the
 * end, it flushes and prints "flushed <i>"; the last line is "done <written> <failed>". Exit 0 if every record was
 * written.
 * Owner: main. Uses only the public client.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/c/ddbsidecar.h"

enum { PAD_MAX = 300 * 1024 };

struct job {
    const char *name;
    long records, keys, pad, flush_every;
    char *padding;
};

static long number(const char *text)
{
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || v < 0) {
        fprintf(stderr, "writer: \"%s\" is not a number\n", text);
        exit(2);
    }
    return v;
}

static int complain(const char *what, struct ddbs_client *client)
{
    fprintf(stderr, "writer: %s: %s\n", what, ddbs_errmsg(client));
    return 1;
}

static int put_one(struct ddbs_client *client, struct ddbs_item *item, const struct job *job, long i)
{
    char id[128];
    snprintf(id, sizeof id, "%s-%ld", job->name, i % job->keys);
    ddbs_item_reset(item);
    ddbs_item_str(item, "id", id);
    ddbs_item_int(item, "n", i);
    if (job->pad > 0)
        ddbs_item_strn(item, "pad", job->padding, (size_t)job->pad);
    return ddbs_put(client, item, NULL);
}

static int flush(struct ddbs_client *client, long i, struct ddbs_result *total)
{
    struct ddbs_result r;
    int rc = ddbs_flush(client, -1, &r);
    if (rc != DDBS_OK && rc != DDBS_FAILURES)
        return complain("flush", client);
    total->written += r.written;
    total->failed += r.failed;
    printf("flushed %ld\n", i);
    fflush(stdout);
    return 0;
}

static void print_failures(struct ddbs_client *client)
{
    struct ddbs_failure f;
    for (int n = 0; n < 20 && ddbs_failure_next(client, &f) == 1; n++)
        fprintf(stderr, "writer: record %llu failed: %s: %s\n", (unsigned long long)f.seq, ddbs_errname(f.code),
                f.message);
}

static int run(struct ddbs_client *client, struct ddbs_item *item, const struct job *job)
{
    struct ddbs_result total = {0};
    for (long i = 1; i <= job->records; i++) {
        if (put_one(client, item, job, i) != DDBS_OK)
            return complain("put", client);
        if ((i % job->flush_every == 0 || i == job->records) && flush(client, i, &total) != 0)
            return 1;
    }
    print_failures(client);
    printf("done %llu %llu\n", (unsigned long long)total.written, (unsigned long long)total.failed);
    return total.failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fprintf(stderr, "usage: writer SOCKET TABLE NAME RECORDS KEYS PAD FLUSH_EVERY\n");
        return 2;
    }
    struct job job = {.name = argv[3], .records = number(argv[4]), .keys = number(argv[5]), .pad = number(argv[6])};
    job.flush_every = number(argv[7]);
    job.padding = malloc(PAD_MAX);
    struct ddbs_item *item = ddbs_item_new();
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *client = NULL;
    char errmsg[DDBS_ERRMSG_SIZE];
    options.socket_path = argv[1];
    options.table = argv[2];
    options.app = "writer";
    int status = 1;
    if (item == NULL || job.padding == NULL || job.keys == 0 || job.flush_every == 0 || job.pad > PAD_MAX) {
        fprintf(stderr, "writer: no memory, or KEYS or FLUSH_EVERY is 0, or PAD is above %d\n", PAD_MAX);
    } else if (ddbs_open(&options, &client, errmsg) != DDBS_OK) {
        fprintf(stderr, "writer: %s\n", errmsg);
    } else {
        memset(job.padding, 'x', PAD_MAX);
        status = run(client, item, &job);
    }
    ddbs_close(client, -1);
    ddbs_item_free(item);
    free(job.padding);
    return status;
}
