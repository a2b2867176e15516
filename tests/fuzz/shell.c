/* shell: life, connections, turns. See shell.h. */
#include "tests/fuzz/shell.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/core/config_set.h"
#include "proto/err.h"
#include "tests/fuzz/fuzz.h"

enum {
    ROUNDS_MAX = 2000, /* turns at one time that move no byte */
    DEADLINES_MAX = 200,
    HEAL_ROUNDS = 60,
    ANSWERS_MAX = SHELL_SESSIONS * SHELL_SEQS,
    HEAL_MS = 5000,
    STOP_MS = 60 * 1000,
    SMALL_MEMORY = 6 * 1024 * 1024,
};

static const uint32_t uids[SHELL_UIDS] = {1000, 1001, 0, 99};

void shell_check(struct shell *s)
{
    char errmsg[256] = "";
    if (!engine_check(s->e, errmsg, sizeof errmsg)) {
        fprintf(stderr, "engine_check: %s\n", errmsg);
        abort();
    }
}

/* ---- life ---- */

static void set(struct shell *s, const char *path, const char *value)
{
    char errmsg[CONFIG_ERRMSG];
    int rc = config_set(&s->config, path, value, "fuzz", errmsg);
    FUZZ_CHECK(rc == DDBS_OK || rc == DDBS_E_OUT_OF_MEMORY);
}

/* Tight limits, so that few bytes reach them. */
static void configure(struct shell *s, uint8_t variant)
{
    config_init(&s->config);
    set(s, "daemon.max_clients", "32");
    set(s, "defaults.max_in_flight", (variant & 1) != 0 ? "2" : "16");
    set(s, "aws.max_in_flight", (variant & 2) != 0 ? "3" : "64");
    set(s, "defaults.linger", (variant & 4) != 0 ? "0" : "20ms");
    if ((variant & 8) != 0)
        set(s, "defaults.key_schema", "id:S");
    else
        set(s, "table known.key_schema", "id:S");
    set(s, "defaults.table_error_timeout", (variant & 16) != 0 ? "never" : "3s");
    set(s, "daemon.reconnect_timeout", "10s");
    set(s, "daemon.ack_stall", (variant & 32) != 0 ? "1s" : "30s");
    set(s, "defaults.max_window", (variant & 64) != 0 ? "64K" : "8M");
    s->config.memory_max = (variant & 128) != 0 ? SMALL_MEMORY : UINT64_C(64) << 20;
}

static void conn_reset(struct shell *s, struct shell_conn *c)
{
    uint8_t *to = c->to;
    size_t cap = c->to_cap;
    memset(c, 0, offsetof(struct shell_conn, from));
    memset((char *)c + offsetof(struct shell_conn, from_len), 0, sizeof *c - offsetof(struct shell_conn, from_len));
    c->shell = s;
    c->to = to;
    c->to_cap = cap;
}

bool shell_open(struct shell *s, uint8_t variant)
{
    s->live = mem_live();
    s->now = (struct moment){.mono_ms = 1000, .wall_s = 1700000000};
    s->job_count = 0;
    s->draining = s->stopped = false;
    for (int i = 0; i < SHELL_CONNS; i++)
        conn_reset(s, &s->conns[i]);
    memset(s->sessions, 0, sizeof s->sessions);
    for (int i = 0; i < SHELL_SESSIONS; i++)
        s->sessions[i].honest = true;
    configure(s, variant);
    struct engine_params p = {
        .config = &s->config,
        .seed = 1 + variant,
        .epoch = SHELL_EPOCH,
        .daemon_uid = 99,
        .server = "fuzz 1",
        .endpoint = "http://localhost:1",
        .region = "us-east-1",
    };
    s->e = engine_new(&p, s->now);
    if (s->e == NULL) {
        config_fini(&s->config);
        return false;
    }
    shell_check(s);
    return true;
}

static void answer_all(struct shell *s)
{
    for (uint32_t n = s->job_count; n > 0 && s->job_count > 0; n--) {
        struct job_result good;
        shell_job_good(s->jobs[0].job, &good);
        shell_job_answer(s, 0, &good);
    }
    shell_turn(s);
}

/* Nothing fails any more: every record must get its outcome. */
static void heal(struct shell *s)
{
    struct engine_counts c = {0};
    mem_fail_nth(0);
    for (int i = 0; i < SHELL_CONNS; i++) {
        s->conns[i].held = s->conns[i].slow = false;
        s->conns[i].feed_max = s->conns[i].take_max = SHELL_ALL;
    }
    shell_turn(s);
    for (int round = 0; round < HEAL_ROUNDS && !s->draining; round++) {
        engine_counts(s->e, &c);
        if (c.ledger.queued + c.ledger.in_flight == 0 && s->job_count == 0)
            return;
        for (int i = 0; i < ANSWERS_MAX && s->job_count > 0; i++)
            answer_all(s); /* of one key, one write after the other */
        shell_pass(s, HEAL_MS);
    }
    FUZZ_CHECK(s->draining || c.ledger.queued + c.ledger.in_flight == 0);
}

void shell_close(struct shell *s)
{
    heal(s);
    shell_drain(s);
    for (uint64_t end = s->now.mono_ms + STOP_MS; !s->stopped && s->now.mono_ms < end;) {
        answer_all(s);
        uint64_t due = engine_deadline(s->e);
        FUZZ_CHECK(s->stopped || due != UINT64_MAX);
        if (!s->stopped)
            shell_pass(s, due > s->now.mono_ms ? due - s->now.mono_ms : 0);
    }
    FUZZ_CHECK(s->stopped);
    while (s->job_count > 0)
        answer_all(s);
    engine_free(s->e);
    config_fini(&s->config);
    FUZZ_CHECK(mem_live() == s->live);
}

/* ---- connections ---- */

void shell_connect(struct shell *s, struct shell_conn *c, unsigned uid)
{
    struct peer peer = {.uid = uids[uid % SHELL_UIDS], .gid = 100, .pid = 4711};
    FUZZ_CHECK(!c->open);
    conn_reset(s, c);
    int rc = engine_conn_open(s->e, peer, s->now, &c->id);
    FUZZ_CHECK(rc == DDBS_OK || rc == DDBS_E_BUSY || rc == DDBS_E_OUT_OF_MEMORY);
    c->uid = uid % SHELL_UIDS;
    c->open = c->reading = rc == DDBS_OK;
    c->error = rc;
    shell_check(s);
}

void shell_send(struct shell_conn *c, struct span bytes)
{
    if (c->eof_due || c->eof_told || c->to_len - c->to_at + bytes.n > SHELL_TO_MAX) {
        c->eof_due = !c->eof_told;
        return;
    }
    if (c->to_at == c->to_len)
        c->to_at = c->to_len = 0;
    if (c->to_at > 0 && c->to_len + bytes.n > c->to_cap) {
        memmove(c->to, c->to + c->to_at, c->to_len - c->to_at);
        c->to_len -= c->to_at;
        c->to_at = 0;
    }
    if (c->to_len + bytes.n > c->to_cap) {
        c->to_cap = (c->to_len + bytes.n) * 2;
        c->to = realloc(c->to, c->to_cap);
        FUZZ_CHECK(c->to != NULL);
    }
    if (bytes.n > 0)
        memcpy(c->to + c->to_len, bytes.p, bytes.n);
    c->to_len += bytes.n;
}

void shell_hangup(struct shell *s, struct shell_conn *c, bool loses)
{
    if (!c->open)
        return;
    if (loses)
        c->to_at = c->to_len;
    c->hung = c->eof_due = true;
    engine_conn_hangup(s->e, c->id, s->now);
    shell_check(s);
}

/* One read. True if it moved something. */
static bool feed(struct shell *s, struct shell_conn *c)
{
    size_t left = c->to_len - c->to_at;
    if (!c->open || !c->reading || c->held || c->eof_told || (left == 0 && !c->eof_due))
        return false;
    if (left == 0) {
        c->eof_told = true;
        engine_conn_eof(s->e, c->id, s->now);
        shell_check(s);
        return true;
    }
    struct room room = engine_input(s->e, c->id);
    size_t n = left < room.n ? left : room.n;
    if (c->feed_max != SHELL_ALL && n > c->feed_max)
        n = c->feed_max;
    if (n == 0) {
        shell_check(s);
        return false;
    }
    memcpy(room.p, c->to + c->to_at, n);
    c->to_at += engine_received(s->e, c->id, n, s->now);
    shell_check(s);
    return true;
}

/* One write. True if the daemon had something. */
static bool take(struct shell *s, struct shell_conn *c)
{
    if (!c->open || !c->wants_write || c->slow)
        return false;
    struct span out = engine_output(s->e, c->id, s->now);
    if (out.n == 0) {
        c->wants_write = false;
        shell_check(s);
        return false;
    }
    FUZZ_CHECK(!c->hung);
    size_t n = c->take_max != SHELL_ALL && out.n > c->take_max ? c->take_max : out.n;
    shell_hear(c, span_of(out.p, n));
    engine_sent(s->e, c->id, n, s->now);
    shell_check(s);
    return true;
}

/* ---- turns ---- */

static void conn_effect(struct shell *s, const struct effect *f)
{
    struct shell_conn *c = s->conns;
    while (c < s->conns + SHELL_CONNS && !(c->open && c->id == f->conn))
        c++;
    FUZZ_CHECK(c < s->conns + SHELL_CONNS);
    switch (f->kind) {
    case EFFECT_WRITE:
        c->wants_write = true;
        break;
    case EFFECT_READ_ON:
        FUZZ_CHECK(!c->reading);
        c->reading = true;
        break;
    case EFFECT_READ_OFF:
        FUZZ_CHECK(c->reading);
        c->reading = false;
        break;
    default:
        FUZZ_CHECK(f->kind == EFFECT_CLOSE);
        FUZZ_CHECK(c->from_len == 0 || c->hung || c->limited); /* no frame is cut */
        c->open = false;
    }
}

static void effect(struct shell *s, const struct effect *f)
{
    switch (f->kind) {
    case EFFECT_START:
        shell_job_start(s, f->job);
        break;
    case EFFECT_LOG:
        FUZZ_CHECK(f->text[0] != '\0' && strchr(f->text, '\n') == NULL);
        break;
    case EFFECT_STOPPED:
        FUZZ_CHECK(s->draining && !s->stopped);
        s->stopped = true;
        break;
    default:
        conn_effect(s, f);
    }
}

static bool turn(struct shell *s)
{
    struct effect f;
    bool any = false;
    engine_turn(s->e, s->now);
    shell_check(s);
    while (engine_next_effect(s->e, &f)) {
        any = true;
        effect(s, &f);
    }
    shell_check(s);
    return any;
}

/* What the sockets take and give in one turn. */
static bool move_bytes(struct shell *s, bool limited[SHELL_CONNS])
{
    bool any = false;
    for (int i = 0; i < SHELL_CONNS; i++) {
        struct shell_conn *c = &s->conns[i];
        if (!limited[i] || c->feed_max == SHELL_ALL)
            any |= feed(s, c);
        if (!limited[i] || c->take_max == SHELL_ALL)
            any |= take(s, c);
        limited[i] = true; /* those with a limit give and take once a turn of the input */
    }
    return any;
}

void shell_turn(struct shell *s)
{
    bool limited[SHELL_CONNS] = {false};
    bool any = true;
    for (int idle = 0; any || engine_deadline(s->e) <= s->now.mono_ms;) {
        bool moved = move_bytes(s, limited);
        any = turn(s) || moved;
        idle = moved ? 0 : idle + 1;
        FUZZ_CHECK(idle < ROUNDS_MAX);
    }
}

void shell_pass(struct shell *s, uint64_t ms)
{
    uint64_t end = s->now.mono_ms + ms;
    shell_turn(s);
    for (int i = 0; i < DEADLINES_MAX && engine_deadline(s->e) <= end; i++) {
        s->now.mono_ms = engine_deadline(s->e);
        shell_turn(s);
    }
    shell_leap(s, end - s->now.mono_ms);
    shell_turn(s);
}

void shell_leap(struct shell *s, uint64_t ms)
{
    s->now.mono_ms += ms;
    s->now.wall_s += ms / 1000;
}

void shell_drain(struct shell *s)
{
    s->draining = true;
    engine_drain(s->e, s->now);
    shell_check(s);
}
