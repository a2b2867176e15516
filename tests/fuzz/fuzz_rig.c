#include "tests/fuzz/fuzz_rig.h"

#include "daemon/base/mem.h"
#include "tests/lib/check.h"

enum {
    STOPS_MAX = 200,
    HEAL_ROUNDS = 60,
    ANSWERS_MAX = MODEL_SESSIONS * MODEL_SEQS,
    HEAL_MS = 5000,
    STOP_MS = 60 * 1000,
    SMALL_MEMORY = 6 * 1024 * 1024,
};

/* Tight limits, so that few bytes reach them. */
static void configure(struct rig *r, uint8_t variant)
{
    rig_set(r, "daemon.max_clients=32");
    rig_set(r, (variant & 1) != 0 ? "defaults.max_in_flight=2" : "defaults.max_in_flight=16");
    rig_set(r, (variant & 2) != 0 ? "aws.max_in_flight=3" : "aws.max_in_flight=64");
    rig_set(r, (variant & 4) != 0 ? "defaults.linger=0" : "defaults.linger=20ms");
    rig_set(r, (variant & 8) != 0 ? "defaults.key_schema=id:S" : "table known.key_schema=id:S");
    rig_set(r, (variant & 16) != 0 ? "defaults.table_error_timeout=never" : "defaults.table_error_timeout=3s");
    rig_set(r, "daemon.reconnect_timeout=10s");
    rig_set(r, (variant & 32) != 0 ? "daemon.ack_stall=1s" : "daemon.ack_stall=30s");
    rig_set(r, (variant & 64) != 0 ? "defaults.max_window=64K" : "defaults.max_window=8M");
    r->config.memory_max = (variant & 128) != 0 ? SMALL_MEMORY : UINT64_C(64) << 20;
}

bool fuzz_rig_open(struct rig *r, uint8_t variant)
{
    rig_begin(r);
    r->mute = true;
    r->stops_max = STOPS_MAX;
    configure(r, variant);
    if (!rig_start(r, 1 + variant))
        return false;
    for (int i = 0; i < FUZZ_CONNS; i++)
        rig_conn_new(r)->paced = true;
    return true;
}

void fuzz_rig_connect(struct rig_conn *c, unsigned uid)
{
    static const uint32_t uids[MODEL_UIDS] = {1000, 1001, 0, RIG_DAEMON_UID};
    rig_conn_open(c, uids[uid % MODEL_UIDS]);
    c->model.uid = uid % MODEL_UIDS;
}

void fuzz_rig_vanish(struct rig_conn *c, bool loses)
{
    if (!c->open)
        return;
    if (loses)
        c->to_len = 0;
    rig_eof(c);
    rig_vanish(c);
}

void fuzz_rig_good(const struct job *job, struct job_result *ret)
{
    *ret = (struct job_result){.outcome = JOB_DONE, .table_active = true};
    if (job->kind == JOB_DESCRIBE)
        model_schema(job->table, &ret->schema);
}

void fuzz_rig_answer_all(struct rig *r)
{
    for (uint32_t n = r->job_count; n > 0 && r->job_count > 0; n--) {
        struct job_result good;
        fuzz_rig_good(r->jobs[0], &good);
        rig_job_end(r, 0, &good);
    }
    rig_pump(r);
}

/* Every record must get its outcome. */
static void heal(struct rig *r)
{
    struct engine_counts n = {0};
    mem_fail_nth(0);
    for (uint32_t i = 0; i < r->conn_count; i++) {
        r->conns[i]->held = r->conns[i]->slow = false;
        r->conns[i]->feed_max = r->conns[i]->take_max = RIG_ALL;
    }
    rig_pump(r);
    for (int round = 0; round < HEAL_ROUNDS && !r->draining; round++) {
        engine_counts(r->e, &n);
        if (n.ledger.queued + n.ledger.in_flight == 0 && r->job_count == 0)
            return;
        for (int i = 0; i < ANSWERS_MAX && r->job_count > 0; i++)
            fuzz_rig_answer_all(r); /* writes of one key come one after the other */
        rig_advance(r, HEAL_MS);
    }
    CHECK(r->draining || n.ledger.queued + n.ledger.in_flight == 0);
}

void fuzz_rig_close(struct rig *r)
{
    heal(r);
    rig_drain(r);
    for (uint64_t end = r->now.mono_ms + STOP_MS; !r->stopped && r->now.mono_ms < end;) {
        fuzz_rig_answer_all(r);
        uint64_t due = engine_deadline(r->e);
        CHECK(r->stopped || due != UINT64_MAX);
        if (!r->stopped)
            rig_advance(r, due > r->now.mono_ms ? due - r->now.mono_ms : 0);
    }
    CHECK(r->stopped);
    while (r->job_count > 0)
        fuzz_rig_answer_all(r);
    rig_close(r);
}
