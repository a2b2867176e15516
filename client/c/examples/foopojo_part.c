/* foopojo_part: see foopojo_part.h. */
#include "client/c/examples/foopojo_part.h"

#include <ddbsidecar.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/c/examples/pojo.h"

enum { PROGRESS_STEP = 256, FILE_BUFFER = 256 * 1024, PATH_SIZE = 4096 };

/* Put the supplementary record of a pojo. */
static int publish(struct ddbs_client *client, struct ddbs_item *item, const struct pojo *pojo)
{
    char id[POJO_ID_SIZE], join[POJO_JOIN_SIZE];
    pojo_id_text(pojo, id);
    pojo_join_text(pojo, join);
    ddbs_item_reset(item);
    ddbs_item_strn(item, "pojoId", id, sizeof id);
    ddbs_item_strn(item, "joinValue", join, sizeof join);
    return ddbs_put(client, item, NULL);
}

/* Make and publish the pojos of the partition. Publishing does not wait for DynamoDB while the client has room. */
static int make_all(const struct part_task *task, struct ddbs_client *client, struct pojo *pojos,
                    struct part_progress *progress)
{
    struct ddbs_item *item = ddbs_item_new();
    struct pojo_maker maker;
    uint64_t reported = 0;
    int rc = item == NULL ? DDBS_E_OUT_OF_MEMORY : DDBS_OK;
    pojo_maker_init(&maker, task->seed, task->number);
    for (uint64_t i = 0; i < task->size && rc == DDBS_OK; i++) {
        pojo_make(&maker, &pojos[i]);
        rc = publish(client, item, &pojos[i]);
        if (rc == DDBS_OK && i + 1 - reported == PROGRESS_STEP) {
            atomic_fetch_add(&progress->put, PROGRESS_STEP);
            reported = i + 1;
        }
    }
    if (rc == DDBS_OK)
        atomic_fetch_add(&progress->put, task->size - reported);
    ddbs_item_free(item);
    return rc;
}

/* Wait until every record is in DynamoDB, and check the counts. */
static int flush_all(const struct part_task *task, struct ddbs_client *client, char *errmsg, size_t errmsg_max)
{
    struct ddbs_result result;
    struct ddbs_failure first;
    int rc = ddbs_flush(client, task->flush_timeout_ms, &result);
    if (rc < 0) {
        snprintf(errmsg, errmsg_max, "flush: %s", ddbs_errmsg(client));
        return -1;
    }
    if (rc == DDBS_FAILURES && ddbs_failure_next(client, &first)) {
        snprintf(errmsg, errmsg_max, "%" PRIu64 " of %" PRIu64 " records failed; the first, record %" PRIu64 ": %s: %s",
                 result.failed, task->size, first.seq, ddbs_errname(first.code), first.message);
        return -1;
    }
    if (result.written != task->size) {
        snprintf(errmsg, errmsg_max, "%" PRIu64 " of %" PRIu64 " records were written: this is a defect of ddbsidecar",
                 result.written, task->size);
        return -1;
    }
    return 0;
}

static int publish_all(const struct part_task *task, struct pojo *pojos, struct part_progress *progress, char *errmsg,
                       size_t errmsg_max)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *client;
    char open_errmsg[DDBS_ERRMSG_SIZE];
    options.table = task->table;
    options.socket_path = task->socket_path;
    options.app = "foopojo";
    options.connect_timeout_ms = task->connect_timeout_ms;
    if (ddbs_open(&options, &client, open_errmsg) != DDBS_OK) {
        snprintf(errmsg, errmsg_max, "%s", open_errmsg);
        return -1;
    }
    int rc = make_all(task, client, pojos, progress);
    if (rc != DDBS_OK) {
        const char *said = ddbs_errmsg(client);
        snprintf(errmsg, errmsg_max, "put: %s", said[0] != '\0' ? said : ddbs_strerror(rc));
    } else {
        rc = flush_all(task, client, errmsg, errmsg_max);
    }
    ddbs_close(client, rc == 0 ? -1 : 0); /* a failed task runs again, so its remaining records need not be sent */
    return rc == 0 ? 0 : -1;
}

static bool path_of(const char *output, uint32_t number, bool temporary, char ret_path[PATH_SIZE])
{
    int n = snprintf(ret_path, PATH_SIZE, temporary ? "%s/.part-%05" PRIu32 ".json.tmp" : "%s/part-%05" PRIu32 ".json",
                     output, number);
    return n > 0 && n < PATH_SIZE;
}

static bool write_lines(FILE *f, const struct pojo *pojos, uint64_t count)
{
    char line[POJO_LINE_SIZE];
    for (uint64_t i = 0; i < count; i++) {
        pojo_line_text(&pojos[i], line);
        if (fwrite(line, sizeof line, 1, f) != 1)
            return false;
    }
    return true;
}

/* Write to a temporary name and rename, so that a file with the partition's name is always complete. */
static int write_out(const struct part_task *task, const struct pojo *pojos, char *errmsg, size_t errmsg_max)
{
    char temporary[PATH_SIZE], final[PATH_SIZE];
    FILE *f = NULL;
    bool ok = false;
    errno = ENAMETOOLONG;
    if (path_of(task->output, task->number, true, temporary) && path_of(task->output, task->number, false, final))
        f = fopen(temporary, "we");
    if (f != NULL) {
        setvbuf(f, NULL, _IOFBF, FILE_BUFFER);
        ok = write_lines(f, pojos, task->size);
        ok = fclose(f) == 0 && ok;
        ok = ok && rename(temporary, final) == 0;
    }
    if (ok)
        return 0;
    snprintf(errmsg, errmsg_max, "its records are written, but its file in %s is not: %s", task->output,
             strerror(errno));
    foopojo_part_discard(task->output, task->number);
    return -1;
}

int foopojo_part_run(const struct part_task *task, struct part_progress *progress, char *errmsg, size_t errmsg_max)
{
    struct pojo *pojos = calloc(task->size > 0 ? task->size : 1, sizeof *pojos);
    if (pojos == NULL) {
        snprintf(errmsg, errmsg_max, "no memory for %" PRIu64 " pojos: use more partitions", task->size);
        return -1;
    }
    int rc = publish_all(task, pojos, progress, errmsg, errmsg_max);
    if (rc == 0) {
        atomic_fetch_add(&progress->written, task->size);
        atomic_fetch_add(&progress->flushes, 1);
        rc = write_out(task, pojos, errmsg, errmsg_max);
    }
    free(pojos);
    return rc;
}

void foopojo_part_discard(const char *output, uint32_t number)
{
    char path[PATH_SIZE];
    if (path_of(output, number, true, path))
        unlink(path);
}
