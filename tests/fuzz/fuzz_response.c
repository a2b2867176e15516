/* fuzz_response: any bytes as the service's answer. The classification is always complete, and never better than the
 * answer allows.
 * Owner: none.
 * Input: one byte selects job and status, one the headers (bits: crc right, crc wrong, error type in the first line),
 * the rest is the body.
 */
#include <string.h>
#include <zlib.h>

#include "daemon/dynamo/response.h"
#include "proto/err.h"
#include "proto/mp_write.h"
#include "proto/msg.h"
#include "proto/utf8.h"
#include "tests/fuzz/fuzz.h"

enum { JOBS = 4, WRITES = 3 };

struct made {
    struct job job;
    struct key_schema schema;
    uint8_t bytes[256];
};

static void key_name(struct key_attr *a, char name, char type)
{
    *a = (struct key_attr){.type = type, .name_len = 1, .name = {name}};
}

/* Five items with the partition key p = 0..4 of the schema's type, and the sort key s = "x" if it has one. */
static void job_make(struct made *m)
{
    struct mp_writer w = mp_write_open(m->bytes, sizeof m->bytes);
    m->job = (struct job){.kind = JOB_WRITE, .table = "T", .schema = &m->schema};
    for (uint8_t i = 0; i < 5; i++) {
        struct job_item *item = &m->job.items[m->job.count++];
        size_t from = w.need;
        char digit = (char)('0' + i);
        mp_write_map(&w, m->schema.count);
        mp_write_cstr(&w, "p");
        item->key.off[0] = (uint32_t)(w.need - from);
        if (m->schema.attr[0].type == 'S')
            mp_write_str(&w, &digit, 1);
        else if (m->schema.attr[0].type == 'N')
            mp_write_uint(&w, i);
        else
            mp_write_bin(&w, &digit, 1);
        item->key.len[0] = (uint32_t)(w.need - from) - item->key.off[0];
        if (m->schema.count == 2) {
            mp_write_cstr(&w, "s");
            item->key.off[1] = (uint32_t)(w.need - from);
            mp_write_cstr(&w, "x");
            item->key.len[1] = (uint32_t)(w.need - from) - item->key.off[1];
        }
        CHECK(mp_write_fits(&w));
        item->op = i % 2 == 0 ? OP_PUT : OP_DELETE;
        item->item = span_of(m->bytes + from, w.need - from);
    }
}

static void jobs_make(struct made made[WRITES])
{
    static const char types[WRITES] = {'S', 'N', 'B'};
    memset(made, 0, WRITES * sizeof made[0]);
    for (int i = 0; i < WRITES; i++) {
        made[i].schema.count = i == 2 ? 2 : 1;
        key_name(&made[i].schema.attr[0], 'p', types[i]);
        key_name(&made[i].schema.attr[1], 's', 'S');
        job_make(&made[i]);
    }
}

static void check_done(const struct job *job, const struct response *r, const struct job_result *got)
{
    CHECK(r->status == 200);
    CHECK(!r->crc_given || r->crc == crc32(0, r->body.p, (uInt)r->body.n));
    CHECK(!got->maybe_written);
    for (uint32_t i = job->count; i < JOB_ITEMS_MAX; i++)
        CHECK(!got->unprocessed[i]);
    if (job->kind == JOB_WRITE) /* nothing counts as written unless the answer has UnprocessedItems */
        CHECK(memmem(r->body.p, r->body.n, "UnprocessedItems", 16) != NULL ||
              memchr(r->body.p, '\\', r->body.n) != NULL);
    if (got->table_active)
        CHECK(got->schema.count == 1 || got->schema.count == 2);
    for (int i = 0; i < got->schema.count; i++) {
        CHECK(got->schema.attr[i].name_len > 0);
        CHECK(strlen(got->schema.attr[i].name) == got->schema.attr[i].name_len);
        CHECK(memchr("SNB", got->schema.attr[i].type, 3) != NULL);
    }
}

static void check_not_done(const struct job *job, const struct job_result *got)
{
    CHECK(got->outcome != JOB_UNREACHABLE);
    CHECK(got->text[0] != '\0');
    CHECK(!got->maybe_written || job->kind == JOB_WRITE);
    for (uint32_t i = 0; i < JOB_ITEMS_MAX; i++)
        CHECK(!got->unprocessed[i]);
    CHECK(got->schema.count == 0 && !got->table_active);
}

static void check_result(const struct job *job, const struct response *r, const struct job_result *got)
{
    CHECK((unsigned)got->outcome < JOB_OUTCOME_COUNT_);
    CHECK(memchr(got->text, '\0', sizeof got->text) != NULL);
    CHECK(utf8_valid((const uint8_t *)got->text, strlen(got->text)));
    for (const char *p = got->text; *p != '\0'; p++)
        CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
    if (got->outcome == JOB_DONE)
        check_done(job, r, got);
    else
        check_not_done(job, got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 413, 503};
    if (size < 2)
        return 0;
    struct made made[WRITES];
    jobs_make(made);
    struct job describe = {.kind = JOB_DESCRIBE, .table = "T"};
    unsigned pick = data[0] % JOBS;
    const struct job *job = pick < WRITES ? &made[pick].job : &describe;
    struct response r = {.transport = TRANSPORT_OK,
                         .status = statuses[data[0] / JOBS % 4],
                         .body = span_of(data + 2, size - 2),
                         .crc_given = (data[1] & 3) != 0};
    const uint8_t *line_end = memchr(r.body.p, '\n', r.body.n);
    if ((data[1] & 4) != 0 && line_end != NULL) {
        r.error_type = span_of(r.body.p, (size_t)(line_end - r.body.p));
        r.request_id = r.error_type;
        r.body = span_from(r.body, r.error_type.n + 1);
    }
    r.crc = (uint32_t)crc32(0, r.body.p, (uInt)r.body.n) ^ ((data[1] & 2) != 0);

    struct job_result got;
    memset(&got, 0xa5, sizeof got);
    response_classify(job, &r, &got);
    check_result(job, &r, &got);
    return 0;
}
