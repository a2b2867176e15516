/* job_make: jobs for tests: items are written as msgpack from a short list of attributes and pass the real item_check.
 * Owner: the test. */
#ifndef TESTS_DYNAMO_JOB_MAKE_H
#define TESTS_DYNAMO_JOB_MAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/dynamo/job.h"
#include "proto/err.h"
#include "proto/item/item_check.h"
#include "proto/mp_write.h"
#include "proto/msg.h"

/* One attribute: S, B, N (decimal text), I (msgpack integer) or F (msgpack double). */
struct attr {
    const char *name;
    char kind;
    struct span bytes; /* S, B, N */
    int64_t i64;
    double f64;
};

#define ATTR_S(name, text)                                                                                             \
    {                                                                                                                  \
        (name), 'S', {(const uint8_t *)(text), sizeof(text) - 1}, 0, 0                                                 \
    }
#define ATTR_B(name, text)                                                                                             \
    {                                                                                                                  \
        (name), 'B', {(const uint8_t *)(text), sizeof(text) - 1}, 0, 0                                                 \
    }
#define ATTR_N(name, text)                                                                                             \
    {                                                                                                                  \
        (name), 'N', {(const uint8_t *)(text), sizeof(text) - 1}, 0, 0                                                 \
    }
#define ATTR_I(name, value)                                                                                            \
    {                                                                                                                  \
        (name), 'I', {NULL, 0}, (value), 0                                                                             \
    }
#define ATTR_F(name, value)                                                                                            \
    {                                                                                                                  \
        (name), 'F', {NULL, 0}, 0, (value)                                                                             \
    }

struct job_made {
    struct job job;
    struct key_schema schema;
    struct mp_writer w;
    uint8_t bytes[16 * 1024];
};

static inline void job_key(struct job_made *m, const char *name, char type)
{
    struct key_attr *a = &m->schema.attr[m->schema.count++];
    a->type = type;
    a->name_len = (uint8_t)strlen(name);
    memcpy(a->name, name, strlen(name) + 1);
}

/* A write to `table` whose keys job_key sets afterwards. */
static inline void job_begin(struct job_made *m, const char *table)
{
    memset(m, 0, sizeof *m);
    m->w = mp_write_open(m->bytes, sizeof m->bytes);
    m->job = (struct job){.kind = JOB_WRITE, .table = table, .schema = &m->schema};
}

static inline void job_add(struct job_made *m, uint8_t op, const struct attr *attrs, uint32_t count)
{
    size_t from = m->w.need;
    mp_write_map(&m->w, count);
    for (uint32_t i = 0; i < count; i++) {
        mp_write_cstr(&m->w, attrs[i].name);
        if (attrs[i].kind == 'S')
            mp_write_str(&m->w, (const char *)attrs[i].bytes.p, attrs[i].bytes.n);
        else if (attrs[i].kind == 'B')
            mp_write_bin(&m->w, attrs[i].bytes.p, attrs[i].bytes.n);
        else if (attrs[i].kind == 'N')
            mp_write_ext(&m->w, EXT_NUMBER, attrs[i].bytes.p, attrs[i].bytes.n);
        else if (attrs[i].kind == 'I')
            mp_write_int(&m->w, attrs[i].i64);
        else
            mp_write_double(&m->w, attrs[i].f64);
    }
    assert_true(mp_write_fits(&m->w));
    struct span item = span_of(m->bytes + from, m->w.need - from);
    struct mp_cursor c = mp_read_open(item);
    struct item_info info;
    char errmsg[ITEM_ERRMSG] = "";
    if (item_check(&c, &m->schema, op == OP_DELETE, &info, errmsg) != DDBS_OK)
        fail_msg("the test's item is refused: %s", errmsg);
    assert_true(m->job.count < JOB_ITEMS_MAX);
    m->job.items[m->job.count++] =
        (struct job_item){.op = op, .item = item, .json_len = info.json_len, .key = info.key};
}

#endif
