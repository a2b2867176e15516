#include "tests/lib/rig.h"

#include <stdarg.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/config/config_set.h"
#include "proto/err.h"
#include "proto/frame.h"
#include "tests/lib/check.h"
#include "tests/lib/rig_decode.h"

enum { IDLE_TURNS_MAX = 2000 }; /* turns at one instant that move no byte */

void rig_check(struct rig *r)
{
    char errmsg[256] = "";
    if (!engine_check(r->e, errmsg, sizeof errmsg))
        FAIL("engine_check: %s", errmsg);
}

/* ---- life cycle ---- */

void rig_begin(struct rig *r)
{
    memset(r, 0, offsetof(struct rig, log));
    r->log[0] = r->written[0] = r->text[0] = '\0';
    r->now = (struct moment){.mono_ms = 1000000, .wall_s = 1700000000};
    r->live = mem_live();
    config_init(&r->config);
}

void rig_set(struct rig *r, const char *setting)
{
    char path[128], errmsg[CONFIG_ERRMSG];
    const char *eq = strchr(setting, '=');
    CHECK(eq != NULL);
    snprintf(path, sizeof path, "%.*s", (int)(eq - setting), setting);
    int rc = config_set(&r->config, path, eq + 1, "the test", errmsg);
    if (rc != DDBS_OK && rc != DDBS_E_OUT_OF_MEMORY)
        FAIL("%s: %s", setting, errmsg);
}

bool rig_start(struct rig *r, uint64_t seed)
{
    struct engine_params p = {
        .config = &r->config,
        .seed = seed,
        .epoch = RIG_EPOCH,
        .daemon_uid = RIG_DAEMON_UID,
        .server = "rig 1",
        .endpoint = "http://localhost:1",
        .region = "us-east-1",
    };
    r->e = engine_new(&p, r->now);
    if (r->e == NULL) {
        config_fini(&r->config);
        return false;
    }
    rig_check(r);
    return true;
}

bool rig_try_open(struct rig *r, const char *const *settings)
{
    rig_begin(r);
    rig_set(r, "defaults.key_schema=id:S");
    for (; *settings != NULL; settings++)
        rig_set(r, *settings);
    return rig_start(r, 1);
}

void rig_open(struct rig *r, ...)
{
    const char *settings[16];
    size_t n = 0;
    va_list args;
    va_start(args, r);
    do {
        CHECK(n < 16);
        settings[n] = va_arg(args, const char *);
    } while (settings[n++] != NULL);
    va_end(args);
    CHECK(rig_try_open(r, settings));
}

void rig_drain(struct rig *r)
{
    r->draining = true;
    engine_drain(r->e, r->now);
    rig_check(r);
}

static void conn_free(struct rig_conn *c)
{
    free(c->to_base);
    free(c->from);
    free(c->payload);
    free(c->heard);
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
        conn_free(r->conns[i]);
    CHECK(mem_live() == r->live);
}

/* ---- connections ---- */

struct rig_conn *rig_conn_new(struct rig *r)
{
    CHECK(r->conn_count < RIG_CONNS);
    struct rig_conn *c = calloc(1, sizeof *c);
    CHECK(c != NULL);
    c->rig = r;
    r->conns[r->conn_count++] = c;
    return c;
}

/* Make a connection slot reusable; keeps its memory. */
static void conn_reset(struct rig_conn *c)
{
    struct rig_conn old = *c;
    memset(c, 0, sizeof *c);
    c->rig = old.rig;
    c->to_base = c->to = old.to_base;
    c->to_cap = old.to_cap;
    c->from = old.from;
    c->from_cap = old.from_cap;
    c->payload = old.payload;
    c->payload_cap = old.payload_cap;
    c->heard = old.heard;
    c->heard_cap = old.heard_cap;
    c->paced = old.paced;
}

int rig_conn_open(struct rig_conn *c, uint32_t uid)
{
    struct rig *r = c->rig;
    CHECK(!c->open);
    conn_reset(c);
    c->peer = (struct peer){.uid = uid, .gid = uid, .pid = 4711};
    c->error = engine_conn_open(r->e, c->peer, r->now, &c->id);
    CHECK(c->error == DDBS_OK || c->error == DDBS_E_BUSY || c->error == DDBS_E_OUT_OF_MEMORY);
    c->open = c->reading = c->error == DDBS_OK;
    rig_check(r);
    return c->error;
}

struct rig_conn *rig_connect(struct rig *r, uint32_t uid)
{
    struct rig_conn *c = rig_conn_new(r);
    if (rig_conn_open(c, uid) == DDBS_OK)
        return c;
    r->conn_count--;
    conn_free(c);
    return NULL;
}

void rig_forget_closed(struct rig *r)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->conn_count; i++) {
        if (r->conns[i]->open)
            r->conns[kept++] = r->conns[i];
        else
            conn_free(r->conns[i]);
    }
    r->conn_count = kept;
}

void rig_eof(struct rig_conn *c)
{
    c->eof_due = true;
}

void rig_vanish(struct rig_conn *c)
{
    c->hung = true;
    if (c->open)
        engine_conn_hangup(c->rig->e, c->id, c->rig->now);
    rig_check(c->rig);
}

void rig_hangup(struct rig_conn *c)
{
    rig_vanish(c);
    rig_pump(c->rig);
}

struct rig_conn *rig_writer_of(struct rig *r, uint32_t uid, uint8_t session, const char *table)
{
    struct rig_conn *c = rig_connect(r, uid);
    CHECK(c != NULL);
    rig_hello(c, session, table, false);
    rig_pump(r);
    const char *heard = rig_heard(c);
    if (strncmp(heard, "welcome ", 8) != 0)
        FAIL("no WELCOME but: %s (%s)", heard, c->last_error);
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

static size_t at_most(size_t n, size_t max)
{
    return max != RIG_ALL && n > max ? max : n;
}

/* Let the daemon read once. True if it read something. */
static bool conn_feed(struct rig *r, struct rig_conn *c)
{
    bool waits = c->paced && c->fed && c->feed_max != RIG_ALL;
    if (!c->open || !c->reading || c->held || waits || c->eof_told || (c->to_len == 0 && !c->eof_due))
        return false;
    c->fed = true;
    if (c->to_len == 0) {
        c->eof_told = true;
        engine_conn_eof(r->e, c->id, r->now);
        rig_check(r);
        return true;
    }
    struct room room = engine_input(r->e, c->id);
    size_t n = at_most(c->to_len < room.n ? c->to_len : room.n, c->feed_max);
    if (n > 0) {
        memcpy(room.p, c->to, n);
        n = engine_received(r->e, c->id, n, r->now);
        c->to += n;
        c->to_len -= n;
    }
    rig_check(r);
    return n > 0;
}

/* Take the daemon's output once. True if there was any. */
static bool conn_take(struct rig *r, struct rig_conn *c)
{
    c->cut |= c->slow || c->take_max != RIG_ALL;
    if (!c->open || !c->wants_write || c->slow || (c->paced && c->taken && c->take_max != RIG_ALL))
        return false;
    c->taken = true;
    struct span out = engine_output(r->e, c->id, r->now);
    if (out.n == 0) {
        c->wants_write = false;
        rig_check(r);
        return false;
    }
    CHECK(!c->hung);
    size_t n = at_most(out.n, c->take_max);
    rig_decode(c, span_of(out.p, n));
    engine_sent(r->e, c->id, n, r->now);
    rig_check(r);
    return true;
}

static void conn_effect(struct rig *r, const struct effect *f)
{
    struct rig_conn *c = NULL;
    for (uint32_t i = 0; i < r->conn_count && c == NULL; i++)
        if (r->conns[i]->open && r->conns[i]->id == f->conn)
            c = r->conns[i];
    CHECK(c != NULL);
    switch (f->kind) {
    case EFFECT_WRITE:
        c->wants_write = true;
        break;
    case EFFECT_READ_ON:
        CHECK(!c->reading);
        c->reading = true;
        break;
    case EFFECT_READ_OFF:
        CHECK(c->reading);
        c->reading = false;
        break;
    default:
        CHECK(f->kind == EFFECT_CLOSE);
        CHECK(c->from_len == 0 || c->hung || c->cut);
        c->open = false;
        rig_note(c, "closed");
    }
}

static void keep_log(struct rig *r, const char *text)
{
    size_t n = strlen(text);
    CHECK(n > 0 && strchr(text, '\n') == NULL);
    r->logs++;
    if (r->mute)
        return;
    if (r->log_len + n + 2 > sizeof r->log)
        r->log_len = 0;
    r->log_len += (size_t)snprintf(r->log + r->log_len, sizeof r->log - r->log_len, "%s\n", text);
}

static void rig_effect(struct rig *r, const struct effect *f)
{
    switch (f->kind) {
    case EFFECT_START:
        rig_job_start(r, f->job);
        break;
    case EFFECT_LOG:
        keep_log(r, f->text);
        break;
    case EFFECT_STOPPED:
        CHECK(r->draining && !r->stopped);
        r->stopped = true;
        break;
    default:
        conn_effect(r, f);
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

/* Reads, one turn, writes. Returns whether anything happened; `*ret_moved`: whether bytes moved. */
static bool rig_round(struct rig *r, bool *ret_moved)
{
    bool moved = false;
    for (uint32_t i = 0; i < r->conn_count; i++)
        moved |= conn_feed(r, r->conns[i]);
    bool any = rig_turn(r);
    for (uint32_t i = 0; i < r->conn_count; i++)
        while (conn_take(r, r->conns[i]))
            moved = true;
    *ret_moved = moved;
    return any || moved;
}

void rig_pump(struct rig *r)
{
    for (uint32_t i = 0; i < r->conn_count; i++)
        r->conns[i]->fed = r->conns[i]->taken = false;
    bool any = true, moved;
    for (int idle = 0; any || engine_deadline(r->e) <= r->now.mono_ms; idle = moved ? 0 : idle + 1) {
        CHECK(idle < IDLE_TURNS_MAX); /* otherwise the engine spins */
        any = rig_round(r, &moved);
    }
}

void rig_advance(struct rig *r, uint64_t ms)
{
    uint64_t end = r->now.mono_ms + ms, due;
    rig_pump(r);
    for (uint32_t i = 0; (due = engine_deadline(r->e)) <= end && (r->stops_max == 0 || i < r->stops_max); i++) {
        r->now.mono_ms = due;
        rig_pump(r);
    }
    rig_leap(r, end - r->now.mono_ms);
    rig_pump(r);
}

void rig_leap(struct rig *r, uint64_t ms)
{
    r->now.mono_ms += ms;
    r->now.wall_s += ms / 1000;
}
