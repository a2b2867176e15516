#include "tests/unit/core/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "proto/frame.h"
#include "tests/unit/core/rig_hear.h"

enum { RIG_TURNS_MAX = 100000 };

static void rig_check(struct rig *r)
{
    char errmsg[256] = "";
    if (!engine_check(r->e, errmsg, sizeof errmsg))
        fail_msg("engine_check: %s", errmsg);
}

/* ---- life ---- */

static void rig_set(struct rig *r, const char *setting)
{
    char path[128], errmsg[CONFIG_ERRMSG];
    const char *eq = strchr(setting, '=');
    assert_non_null(eq);
    snprintf(path, sizeof path, "%.*s", (int)(eq - setting), setting);
    if (config_set(&r->config, path, eq + 1, "the test", errmsg) != DDBS_OK)
        fail_msg("%s: %s", setting, errmsg);
}

bool rig_try_open(struct rig *r, const char *const *settings)
{
    memset(r, 0, sizeof *r);
    r->now = (struct moment){.mono_ms = 1000000, .wall_s = 1700000000};
    r->live = mem_live();
    config_init(&r->config);
    rig_set(r, "defaults.key_schema=id:S");
    for (; *settings != NULL; settings++)
        rig_set(r, *settings);
    struct engine_params p = {
        .config = &r->config,
        .seed = 1,
        .epoch = RIG_EPOCH,
        .daemon_uid = 99,
        .server = "rig 1",
        .endpoint = "http://localhost:1",
        .region = "us-east-1",
    };
    r->e = engine_new(&p, r->now);
    if (r->e == NULL)
        config_fini(&r->config);
    return r->e != NULL;
}

void rig_open(struct rig *r, ...)
{
    const char *settings[16];
    size_t n = 0;
    va_list args;
    va_start(args, r);
    do {
        settings[n] = va_arg(args, const char *);
    } while (settings[n++] != NULL && n < 16);
    va_end(args);
    assert_true(rig_try_open(r, settings));
}

static void conn_free_bytes(struct rig_conn *c)
{
    free(c->to);
    free(c->from);
    free(c->payload);
    free(c);
}

void rig_close(struct rig *r)
{
    struct job_result done = {.outcome = JOB_DONE};
    while (r->job_count > 0)
        engine_job_done(r->e, r->jobs[--r->job_count], &done, r->now);
    rig_check(r);
    engine_free(r->e);
    config_fini(&r->config);
    for (uint32_t i = 0; i < r->conn_count; i++)
        conn_free_bytes(r->conns[i]);
    assert_int_equal(mem_live(), r->live);
}

/* ---- the client's side ---- */

struct rig_conn *rig_connect(struct rig *r, uint32_t uid)
{
    struct peer peer = {.uid = uid, .gid = uid, .pid = 4711};
    uint64_t id = 0;
    if (engine_conn_open(r->e, peer, r->now, &id) != DDBS_OK)
        return NULL;
    assert_true(r->conn_count < RIG_CONNS);
    struct rig_conn *c = calloc(1, sizeof *c);
    assert_non_null(c);
    r->conns[r->conn_count++] = c;
    *c = (struct rig_conn){.rig = r, .id = id, .peer = peer, .open = true, .reading = true};
    rig_check(r);
    return c;
}

void rig_send(struct rig_conn *c, const void *bytes, size_t n)
{
    if (c->to_len + n > c->to_cap) {
        c->to_cap = (c->to_len + n) * 2;
        c->to = realloc(c->to, c->to_cap);
        assert_non_null(c->to);
    }
    memcpy(c->to + c->to_len, bytes, n);
    c->to_len += n;
}

void rig_eof(struct rig_conn *c)
{
    c->eof_due = true;
}

void rig_hangup(struct rig_conn *c)
{
    c->hung = true;
    if (c->open)
        engine_conn_hangup(c->rig->e, c->id, c->rig->now);
    rig_check(c->rig);
    rig_pump(c->rig);
}

struct rig_conn *rig_writer_of(struct rig *r, uint32_t uid, uint8_t session, const char *table)
{
    struct rig_conn *c = rig_connect(r, uid);
    assert_non_null(c);
    rig_hello(c, session, table, false);
    rig_pump(r);
    const char *heard = rig_heard(c);
    if (strncmp(heard, "welcome ", 8) != 0)
        fail_msg("no WELCOME but: %s (%s)", heard, c->last_error);
    return c;
}

struct rig_conn *rig_writer(struct rig *r, uint8_t session, const char *table)
{
    return rig_writer_of(r, RIG_UID, session, table);
}

struct rig_conn *rig_asker(struct rig *r, uint32_t uid)
{
    return rig_writer_of(r, uid, 0, NULL);
}

/* ---- the shell's side ---- */

/* Let the daemon read once. True if it did. */
static bool conn_feed(struct rig *r, struct rig_conn *c)
{
    if (!c->open || !c->reading || (c->to_len == 0 && !c->eof_due))
        return false;
    if (c->to_len == 0) {
        c->eof_due = false;
        engine_conn_eof(r->e, c->id, r->now);
        rig_check(r);
        return true;
    }
    struct room room = engine_input(r->e, c->id);
    rig_check(r);
    if (room.n == 0)
        return false;
    size_t n = c->to_len < room.n ? c->to_len : room.n;
    if (c->chunk > 0 && n > c->chunk)
        n = c->chunk;
    memcpy(room.p, c->to, n);
    n = engine_received(r->e, c->id, n, r->now);
    memmove(c->to, c->to + n, c->to_len - n);
    c->to_len -= n;
    rig_check(r);
    return true;
}

/* Take what the daemon has to say. True if it said something. */
static bool conn_take(struct rig *r, struct rig_conn *c)
{
    bool any = false;
    while (c->open && c->wants_write && !c->slow) {
        struct span out = engine_output(r->e, c->id, r->now);
        any = true;
        if (out.n == 0) {
            c->wants_write = false;
            break;
        }
        rig_hear(c, out);
        engine_sent(r->e, c->id, out.n, r->now);
        rig_check(r);
    }
    return any;
}

static struct rig_conn *rig_find(struct rig *r, uint64_t id)
{
    for (uint32_t i = 0; i < r->conn_count; i++)
        if (r->conns[i]->id == id)
            return r->conns[i];
    fail_msg("an effect for a connection that never was");
    return NULL;
}

static void rig_log(struct rig *r, const char *text)
{
    size_t n = strlen(text);
    r->logs++;
    if (r->log_len + n + 2 > sizeof r->log)
        r->log_len = 0;
    memcpy(r->log + r->log_len, text, n);
    r->log_len += n;
    r->log[r->log_len++] = '\n';
    r->log[r->log_len] = '\0';
}

static void rig_conn_effect(struct rig *r, const struct effect *f)
{
    struct rig_conn *c = rig_find(r, f->conn);
    assert_true(c->open);
    switch (f->kind) {
    case EFFECT_WRITE:
        c->wants_write = true;
        break;
    case EFFECT_READ_ON:
        assert_false(c->reading);
        c->reading = true;
        break;
    case EFFECT_READ_OFF:
        assert_true(c->reading);
        c->reading = false;
        break;
    default:
        c->open = false;
        rig_say(c, "closed");
    }
}

static void rig_effect(struct rig *r, const struct effect *f)
{
    switch (f->kind) {
    case EFFECT_START:
        assert_true(r->job_count < RIG_JOBS);
        r->jobs[r->job_count++] = f->job;
        break;
    case EFFECT_LOG:
        rig_log(r, f->text);
        break;
    case EFFECT_STOPPED:
        assert_false(r->stopped);
        r->stopped = true;
        break;
    default:
        rig_conn_effect(r, f);
    }
}

static bool rig_turn(struct rig *r)
{
    struct effect f;
    bool any = false;
    engine_turn(r->e, r->now);
    rig_check(r);
    while (engine_next_effect(r->e, &f)) {
        any = true;
        rig_effect(r, &f);
    }
    rig_check(r);
    return any;
}

void rig_pump(struct rig *r)
{
    bool any = true;
    for (int turns = 0; any || engine_deadline(r->e) <= r->now.mono_ms; turns++) {
        if (turns == RIG_TURNS_MAX)
            fail_msg("the engine spins");
        any = false;
        for (uint32_t i = 0; i < r->conn_count; i++)
            any |= conn_feed(r, r->conns[i]);
        any |= rig_turn(r);
        for (uint32_t i = 0; i < r->conn_count; i++)
            any |= conn_take(r, r->conns[i]);
    }
}

void rig_advance(struct rig *r, uint64_t ms)
{
    uint64_t end = r->now.mono_ms + ms;
    rig_pump(r);
    for (uint64_t due; (due = engine_deadline(r->e)) <= end;) {
        r->now.mono_ms = due;
        rig_pump(r);
    }
    r->now.mono_ms = end;
    rig_pump(r);
}

/* ---- the lane's side ---- */

/* The text of an item's partition key. */
static struct span job_key_text(const struct job *job, uint32_t i)
{
    const struct job_item *it = &job->items[i];
    struct mp_cursor c = mp_read_open(span_of(it->item.p + it->key.off[0], it->key.len[0]));
    struct mp_token t;
    assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
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
        assert_true(n < sizeof r->text);
    }
    return r->text;
}

static void rig_note_written(struct rig *r, const struct job *job, const struct job_result *result)
{
    for (uint32_t i = 0; i < job->count; i++) {
        struct span key = job_key_text(job, i);
        if (result->unprocessed[i])
            continue;
        assert_true(r->written_len + key.n + 2 < sizeof r->written);
        memcpy(r->written + r->written_len, key.p, key.n);
        r->written_len += key.n;
        r->written[r->written_len++] = ' ';
        r->written[r->written_len] = '\0';
    }
}

void rig_answer(struct rig *r, uint32_t i, const struct job_result *result)
{
    assert_true(i < r->job_count);
    struct job *job = r->jobs[i];
    r->job_count--;
    memmove(&r->jobs[i], &r->jobs[i + 1], (r->job_count - i) * sizeof r->jobs[0]);
    if (job->kind == JOB_WRITE && result->outcome == JOB_DONE)
        rig_note_written(r, job, result);
    engine_job_done(r->e, job, result, r->now);
    rig_check(r);
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
    assert_true(r->job_count > 0 && r->jobs[0]->kind == JOB_DESCRIBE);
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
