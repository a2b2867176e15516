/* foopojo: the kind of job that ddbsidecar is made for, without a cluster. Several processes make partitions of
 * FooPojos. Each pojo's supplementary record {pojoId, joinValue} goes to DynamoDB through ddbsidecard while the next
 * pojo is made. A partition writes its pojos out for the next stage only after its flush.
 *
 *     foopojo --table foopojo-supplementary --records 100000 --partitions 16 --workers 4 --output FOLDER
 *
 * The table's key is pojoId, a string. The last line on stdout has the totals, as name=value. Exit codes: 0 every
 * record is in DynamoDB and every file is complete, 1 a partition failed (the message says why), 2 usage, 130
 * interrupted.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "client/c/examples/foopojo_job.h"

enum { USAGE = 2, RECORDS_MAX = 1000000000, PARTITIONS_MAX = 99999, WORKERS_MAX = 1024, SECONDS_MAX = 1000000 };

static const char help[] =
    "usage: foopojo --table NAME --output FOLDER [options]\n"
    "  --table NAME          the table of the supplementary records, with the string key pojoId\n"
    "  --output FOLDER       where the pojos go, a file of JSON lines for each partition; new or empty\n"
    "  --records N           how many pojos (100000)\n"
    "  --partitions N        in how many partitions, of different sizes (16)\n"
    "  --workers N           by how many processes at a time; two of three leave early, and others follow (4)\n"
    "  --socket PATH         of ddbsidecard (DDBSIDECAR_SOCKET, else /run/ddbsidecar/ddbsidecar.sock)\n"
    "  --seed N              the same seed makes the same pojos (a new one each time)\n"
    "  --connect-timeout S   seconds to wait for ddbsidecard (60)\n"
    "  --flush-timeout S     seconds that a partition's flush may take (as long as it needs)\n"
    "  --progress            a line on stderr while it runs\n";

static const struct option longs[] = {
    {"table", required_argument, NULL, 't'},
    {"output", required_argument, NULL, 'o'},
    {"records", required_argument, NULL, 'n'},
    {"partitions", required_argument, NULL, 'p'},
    {"workers", required_argument, NULL, 'w'},
    {"socket", required_argument, NULL, 's'},
    {"seed", required_argument, NULL, 'e'},
    {"connect-timeout", required_argument, NULL, 'c'},
    {"flush-timeout", required_argument, NULL, 'f'},
    {"progress", no_argument, NULL, 'b'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Parse optarg as a whole number from min to max. */
static int number(const char *name, uint64_t min, uint64_t max, uint64_t *ret_value)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(optarg, &end, 10);
    if (optarg[0] >= '0' && optarg[0] <= '9' && *end == '\0' && errno == 0 && value >= min && value <= max) {
        *ret_value = value;
        return 0;
    }
    fprintf(stderr, "foopojo: --%s takes a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'\n", name, min, max,
            optarg);
    return -1;
}

static int take_number(int c, struct job_options *o)
{
    uint64_t v = 0;
    int rc = 0;
    switch (c) {
    case 'n':
        return number("records", 0, RECORDS_MAX, &o->records);
    case 'p':
        rc = number("partitions", 1, PARTITIONS_MAX, &v);
        o->partitions = (uint32_t)v;
        return rc;
    case 'w':
        rc = number("workers", 1, WORKERS_MAX, &v);
        o->workers = (uint32_t)v;
        return rc;
    case 'e':
        return number("seed", 0, UINT64_MAX, &o->task.seed);
    case 'c':
        rc = number("connect-timeout", 1, SECONDS_MAX, &v);
        o->task.connect_timeout_ms = (int)v * 1000;
        return rc;
    case 'f':
        rc = number("flush-timeout", 1, SECONDS_MAX, &v);
        o->task.flush_timeout_ms = (int)v * 1000;
        return rc;
    default:
        fputs("foopojo --help lists the options\n", stderr); /* getopt_long has printed which one is wrong */
        return -1;
    }
}

/* -1: do not run; a message or the help was printed, and *ret_code is the exit code. */
static int options_read(int argc, char **argv, struct job_options *ret, int *ret_code)
{
    struct job_options o = {.records = 100000, .partitions = 16, .workers = 4, .task = {.flush_timeout_ms = -1}};
    int c;
    *ret_code = USAGE;
    if (getrandom(&o.task.seed, sizeof o.task.seed, 0) != (ssize_t)sizeof o.task.seed) {
        perror("foopojo: getrandom");
        return -1;
    }
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 't')
            o.task.table = optarg;
        else if (c == 'o')
            o.task.output = optarg;
        else if (c == 's')
            o.task.socket_path = optarg;
        else if (c == 'b')
            o.progress = true;
        else if (c == 'h') {
            fputs(help, stdout);
            *ret_code = 0;
            return -1;
        } else if (take_number(c, &o) != 0)
            return -1;
    }
    if (optind < argc || o.task.table == NULL || o.task.output == NULL) {
        fprintf(stderr, "foopojo: %s; foopojo --help lists the options\n",
                optind < argc ? "only options are allowed" : "--table and --output are needed");
        return -1;
    }
    *ret = o;
    return 0;
}

/* Create the output folder, which must be empty: the next stage would take old files for pojos of this run. */
static int output_prepare(const char *path)
{
    struct dirent *entry;
    int entries = 0;
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "foopojo: cannot make the folder %s: %s\n", path, strerror(errno));
        return -1;
    }
    DIR *dir = opendir(path);
    if (dir == NULL) {
        fprintf(stderr, "foopojo: cannot read %s: %s\n", path, strerror(errno));
        return -1;
    }
    while ((entry = readdir(dir)) != NULL)
        entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    if (entries > 0)
        fprintf(stderr, "foopojo: %s is not empty: name a new folder with --output, or empty it\n", path);
    return entries > 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct job_options o;
    struct job_report report;
    char errmsg[JOB_ERRMSG_SIZE];
    bool worker;
    int code;
    if (options_read(argc, argv, &o, &code) != 0)
        return code;
    if (output_prepare(o.task.output) != 0)
        return USAGE;
    code = foopojo_job_run(&o, &report, &worker, errmsg);
    if (worker)
        return code;
    if (code != 0)
        fprintf(stderr, "foopojo: %s. %" PRIu32 " of %" PRIu32 " partitions are complete\n", errmsg, report.partitions,
                o.partitions);
    printf("records=%" PRIu64 " partitions=%" PRIu32 " processes=%" PRIu32 " left_early=%" PRIu32
           " seconds=%.3f cpu_seconds=%.3f seed=%" PRIu64 "\n",
           report.records, report.partitions, report.processes, report.left_early, report.seconds, report.cpu_seconds,
           o.task.seed);
    return code;
}
