/* rig_jobs: the lane's side of the rig: checks every job at its start and its end. See rig.h. */
#include <string.h>

#include "daemon/dynamo/body.h"
#include "proto/err.h"
#include "proto/item/item_check.h"
#include "proto/item/item_key.h"
#include "tests/lib/check.h"
#include "tests/lib/rig.h"

/* ---- checks of a job ---- */

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
        /* a long item by its first bytes: it was serialized in full at the start */
        h = mix(h, it->item.p, it->item.n < 256 ? it->item.n : 256);
    }
    return h;
}

static void check_item(const struct job *job, const struct job_item *it)
{
    struct mp_cursor c = mp_read_open(it->item);
    struct item_info info;
    char errmsg[ITEM_ERRMSG];
    CHECK(it->op == OP_PUT || it->op == OP_DELETE);
    CHECK(item_check(&c, job->schema, it->op == OP_DELETE, &info, errmsg) == DDBS_OK);
    CHECK(info.bytes == it->item.n && info.json_len == it->json_len);
    CHECK(memcmp(&info.key, &it->key, job->schema->count * sizeof it->key.off[0]) == 0);
}

static void check_body(const struct job *job)
{
    CHECK(job->body_len == body_len(job));
    CHECK(job->body_len <= JOB_BODY_MAX && job->response_max > 0);
    char *body = malloc(job->body_len);
    CHECK(body != NULL);
    CHECK(body_write(job, body) == body + job->body_len);
    free(body);
}

/* No key may be in flight twice: neither within this job nor in another job for its table. */
static void check_alone(const struct rig *r, const struct job *job, uint32_t i)
{
    const struct job_item *it = &job->items[i];
    for (uint32_t j = 0; j < i; j++)
        CHECK(!item_key_equal(it->item, &it->key, job->items[j].item, &job->items[j].key, job->schema));
    for (uint32_t n = 0; n < r->job_count; n++) {
        const struct job *other = r->jobs[n];
        if (other->kind != JOB_WRITE || strcmp(other->table, job->table) != 0)
            continue;
        for (uint32_t j = 0; j < other->count; j++)
            CHECK(!item_key_equal(it->item, &it->key, other->items[j].item, &other->items[j].key, job->schema));
    }
}

void rig_job_start(struct rig *r, struct job *job)
{
    CHECK(r->job_count < RIG_JOBS);
    CHECK(job->table != NULL && job->table[0] != '\0');
    if (job->kind == JOB_WRITE) {
        CHECK(job->count >= 1 && job->count <= JOB_ITEMS_MAX);
        CHECK(job->schema != NULL && (job->schema->count == 1 || job->schema->count == 2));
        for (uint32_t i = 0; i < job->count; i++) {
            check_item(job, &job->items[i]);
            check_alone(r, job, i);
        }
    } else {
        CHECK(job->kind == JOB_DESCRIBE && job->count == 0);
    }
    check_body(job);
    r->prints[r->job_count] = print_of(job);
    r->jobs[r->job_count++] = job;
}

/* ---- as text ---- */

/* An item's partition key as text. */
static struct span job_key_text(const struct job *job, uint32_t i)
{
    const struct job_item *it = &job->items[i];
    struct mp_cursor c = mp_read_open(span_of(it->item.p + it->key.off[0], it->key.len[0]));
    struct mp_token t;
    CHECK(mp_read_next(&c, &t) == DDBS_OK);
    if (t.type != MP_STR)
        return span_of("#", 1);
    return span_of(t.bytes, t.count);
}

const char *rig_jobs(struct rig *r)
{
    size_t n = 0;
    r->text[0] = '\0';
    for (uint32_t j = 0; j < r->job_count; j++) {
        const struct job *job = r->jobs[j];
        n += (size_t)snprintf(r->text + n, sizeof r->text - n, "%s", j > 0 ? " | " : "");
        if (job->kind == JOB_DESCRIBE)
            n += (size_t)snprintf(r->text + n, sizeof r->text - n, "?%s", job->table);
        for (uint32_t i = 0; job->kind == JOB_WRITE && i < job->count; i++) {
            struct span key = job_key_text(job, i);
            n += (size_t)snprintf(r->text + n, sizeof r->text - n, "%s%s%.*s", i > 0 ? " " : "",
                                  job->items[i].op == OP_DELETE ? "-" : "", (int)key.n, (const char *)key.p);
        }
        CHECK(n < sizeof r->text);
    }
    return r->text;
}

/* ---- answers ---- */

/* Record that the service stored item i. */
static void keep_written(struct rig *r, const struct job *job, uint32_t i)
{
    model_client_written(r, job->items[i].item);
    if (r->mute)
        return;
    struct span key = job_key_text(job, i);
    CHECK(r->written_len + key.n + 2 < sizeof r->written);
    memcpy(r->written + r->written_len, key.p, key.n);
    r->written_len += key.n;
    r->written[r->written_len++] = ' ';
    r->written[r->written_len] = '\0';
}

void rig_job_end(struct rig *r, uint32_t i, const struct job_result *result)
{
    CHECK(i < r->job_count);
    struct job *job = r->jobs[i];
    CHECK(print_of(job) == r->prints[i]);
    r->job_count--;
    memmove(&r->jobs[i], &r->jobs[i + 1], (r->job_count - i) * sizeof r->jobs[0]);
    memmove(&r->prints[i], &r->prints[i + 1], (r->job_count - i) * sizeof r->prints[0]);
    for (uint32_t k = 0; job->kind == JOB_WRITE && result->outcome == JOB_DONE && k < job->count; k++)
        if (!result->unprocessed[k])
            keep_written(r, job, k);
    engine_job_done(r->e, job, result, r->now);
    rig_check(r);
}

void rig_answer(struct rig *r, uint32_t i, const struct job_result *result)
{
    rig_job_end(r, i, result);
    rig_pump(r);
}

void rig_outcome(struct rig *r, uint32_t i, enum job_outcome outcome)
{
    struct job_result result = {.outcome = outcome, .text = "the test says so"};
    rig_answer(r, i, &result);
}

void rig_unprocessed(struct rig *r, uint32_t i, uint64_t mask)
{
    struct job_result result = {.outcome = JOB_DONE};
    for (uint32_t k = 0; k < JOB_ITEMS_MAX; k++)
        result.unprocessed[k] = (mask >> k & 1) != 0;
    rig_answer(r, i, &result);
}

void rig_done(struct rig *r)
{
    rig_outcome(r, 0, JOB_DONE);
}

void rig_described(struct rig *r, const char *name, char type)
{
    struct job_result result = {.outcome = JOB_DONE, .table_active = true};
    struct key_attr *a = &result.schema.attr[0];
    result.schema.count = 1;
    a->type = type;
    a->name_len = (uint8_t)strlen(name);
    snprintf(a->name, sizeof a->name, "%s", name);
    CHECK(r->job_count > 0 && r->jobs[0]->kind == JOB_DESCRIBE);
    rig_answer(r, 0, &result);
}

void rig_finish(struct rig *r)
{
    for (int idle = 0; idle < 2 || r->job_count > 0;) {
        rig_pump(r);
        if (r->job_count == 0) {
            rig_advance(r, 12 * 1000);
            idle++;
            continue;
        }
        idle = 0;
        if (r->jobs[0]->kind == JOB_DESCRIBE)
            rig_described(r, "id", 'S');
        else
            rig_done(r);
    }
}
