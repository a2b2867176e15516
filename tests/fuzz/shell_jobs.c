/* shell_jobs: the lane's side of the shell: every job is judged at its start and its end. See shell.h. */
#include <string.h>

#include "daemon/core/body.h"
#include "proto/err.h"
#include "proto/hash64.h"
#include "proto/item_check.h"
#include "proto/item_key.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/honest.h"
#include "tests/fuzz/shell.h"

const char *shell_table(unsigned table)
{
    static const char *const names[SHELL_TABLES] = {"known", "orders", "arn:aws:dynamodb:eu-1:1:table/t", "numbers"};
    return names[table % SHELL_TABLES];
}

void shell_schema(const char *table, struct key_schema *ret)
{
    *ret = (struct key_schema){.count = 1};
    ret->attr[0] = (struct key_attr){
        .type = strcmp(table, shell_table(SHELL_TABLES - 1)) == 0 ? 'N' : 'S', .name_len = 2, .name = "id"};
}

/* ---- what a job must be ---- */

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * UINT64_C(0x100000001b3);
    return h;
}

static uint64_t print_of(const struct job *job)
{
    uint64_t h = mix(UINT64_C(0xcbf29ce484222325), &job->id, sizeof job->id);
    h = mix(h, job->table, strlen(job->table));
    h = mix(h, &job->body_len, sizeof job->body_len);
    for (uint32_t i = 0; i < job->count; i++) {
        const struct job_item *it = &job->items[i];
        h = mix(h, &it->op, sizeof it->op);
        h = mix(h, &it->key, sizeof it->key);
        /* a long item by its ends: it is written out whole at its start already */
        h = mix(h, it->item.p, it->item.n < 256 ? it->item.n : 256);
    }
    return h;
}

static void check_item(const struct job *job, const struct job_item *it)
{
    struct mp_cursor c = mp_read_open(it->item);
    struct item_info info;
    char errmsg[ITEM_ERRMSG];
    FUZZ_CHECK(it->op == OP_PUT || it->op == OP_DELETE);
    FUZZ_CHECK(item_check(&c, job->schema, it->op == OP_DELETE, &info, errmsg) == DDBS_OK);
    FUZZ_CHECK(info.bytes == it->item.n && info.json_len == it->json_len);
    FUZZ_CHECK(memcmp(&info.key, &it->key, job->schema->count * sizeof it->key.off[0]) == 0);
}

static void check_body(const struct job *job)
{
    FUZZ_CHECK(job->body_len == body_len(job));
    FUZZ_CHECK(job->body_len <= JOB_BODY_MAX && job->response_max > 0);
    char *body = malloc(job->body_len);
    FUZZ_CHECK(body != NULL);
    FUZZ_CHECK(body_write(job, body) == body + job->body_len);
    free(body);
}

/* No key is out twice: neither in this job nor in another one for its table. */
static void check_alone(const struct shell *s, const struct job *job, uint32_t i)
{
    const struct job_item *it = &job->items[i];
    for (uint32_t j = 0; j < i; j++)
        FUZZ_CHECK(!item_key_equal(it->item, &it->key, job->items[j].item, &job->items[j].key, job->schema));
    for (uint32_t n = 0; n < s->job_count; n++) {
        const struct job *other = s->jobs[n].job;
        if (other->kind != JOB_WRITE || strcmp(other->table, job->table) != 0)
            continue;
        for (uint32_t j = 0; j < other->count; j++)
            FUZZ_CHECK(!item_key_equal(it->item, &it->key, other->items[j].item, &other->items[j].key, job->schema));
    }
}

void shell_job_start(struct shell *s, struct job *job)
{
    FUZZ_CHECK(s->job_count < SHELL_JOBS);
    FUZZ_CHECK(job->table != NULL && job->table[0] != '\0');
    if (job->kind == JOB_WRITE) {
        FUZZ_CHECK(job->count >= 1 && job->count <= JOB_ITEMS_MAX);
        FUZZ_CHECK(job->schema != NULL && (job->schema->count == 1 || job->schema->count == 2));
        for (uint32_t i = 0; i < job->count; i++) {
            check_item(job, &job->items[i]);
            check_alone(s, job, i);
        }
    } else {
        FUZZ_CHECK(job->kind == JOB_DESCRIBE && job->count == 0);
    }
    check_body(job);
    s->jobs[s->job_count++] = (struct shell_job){.job = job, .print = print_of(job)};
}

/* ---- answers ---- */

void shell_job_good(const struct job *job, struct job_result *ret)
{
    *ret = (struct job_result){.outcome = JOB_DONE, .table_active = true};
    if (job->kind == JOB_DESCRIBE)
        shell_schema(job->table, &ret->schema);
}

void shell_job_answer(struct shell *s, uint32_t i, const struct job_result *result)
{
    if (i >= s->job_count)
        return;
    struct job *job = s->jobs[i].job;
    FUZZ_CHECK(print_of(job) == s->jobs[i].print);
    if (job->kind == JOB_WRITE && result->outcome == JOB_DONE)
        for (uint32_t k = 0; k < job->count; k++)
            if (!result->unprocessed[k])
                honest_written(s, job->items[k].item);
    s->jobs[i] = s->jobs[--s->job_count];
    engine_job_done(s->e, job, result, s->now);
    shell_check(s);
}
