/* fake_engine: see fake_engine.h. */
#include "tests/unit/io/fake_engine.h"

#include <assert.h>
#include <string.h>

#include "proto/err.h"

struct fake_engine fake;

static uint8_t input[FAKE_INPUT];
static char handle;

void fake_engine_reset(void)
{
    memset(&fake, 0, sizeof fake);
    fake.deadline = UINT64_MAX;
}

struct engine *fake_engine_handle(void)
{
    return (struct engine *)(void *)&handle;
}

static void effect_push(struct effect f)
{
    assert(fake.effect_first + fake.effect_count < FAKE_EFFECTS);
    fake.effects[fake.effect_first + fake.effect_count++] = f;
}

void fake_effect(enum effect_kind kind, uint64_t conn)
{
    if (kind == EFFECT_READ_ON || kind == EFFECT_READ_OFF)
        fake.conns[conn].reading = kind == EFFECT_READ_ON;
    if (kind == EFFECT_CLOSE)
        fake.conns[conn].open = false;
    effect_push((struct effect){.kind = kind, .conn = conn});
}

void fake_output(uint64_t conn, const uint8_t *p, size_t n)
{
    fake.conns[conn].output = p;
    fake.conns[conn].output_left = n;
    fake_effect(EFFECT_WRITE, conn);
}

int engine_conn_open(struct engine *e, struct peer peer, struct moment now, uint64_t *ret_id)
{
    (void)e;
    (void)now;
    if (fake.open_rc != DDBS_OK)
        return fake.open_rc;
    assert(fake.opened < FAKE_CONNS);
    *ret_id = ++fake.opened;
    fake.conns[*ret_id] = (struct fake_conn){.open = true, .reading = true, .peer = peer};
    return DDBS_OK;
}

struct room engine_input(struct engine *e, uint64_t id)
{
    (void)e;
    const struct fake_conn *c = &fake.conns[id];
    return c->open && c->reading ? (struct room){.p = input, .n = sizeof input, .peek = c->peek > 0} : (struct room){0};
}

size_t engine_received(struct engine *e, uint64_t id, size_t n, struct moment now)
{
    (void)e;
    (void)now;
    struct fake_conn *c = &fake.conns[id];
    assert(c->open && c->eofs == 0);
    if (c->peek > 0 && n > c->peek)
        n = c->peek;
    c->received += n;
    if (n > c->biggest)
        c->biggest = n;
    return n;
}

void engine_conn_eof(struct engine *e, uint64_t id, struct moment now)
{
    (void)e;
    (void)now;
    fake.conns[id].eofs++;
    fake.conns[id].hung_before_eof = fake.conns[id].hangups > 0;
}

void engine_conn_hangup(struct engine *e, uint64_t id, struct moment now)
{
    (void)e;
    (void)now;
    fake.conns[id].hangups++;
}

struct span engine_output(struct engine *e, uint64_t id, struct moment now)
{
    (void)e;
    (void)now;
    return span_of(fake.conns[id].output + fake.conns[id].sent, fake.conns[id].output_left);
}

void engine_sent(struct engine *e, uint64_t id, size_t n, struct moment now)
{
    (void)e;
    (void)now;
    assert(n <= fake.conns[id].output_left);
    fake.conns[id].sent += n;
    fake.conns[id].output_left -= n;
}

void engine_job_done(struct engine *e, struct job *job, const struct job_result *result, struct moment now)
{
    (void)e;
    (void)job;
    (void)now;
    fake.jobs_done++;
    fake.last_result = *result;
}

void engine_drain(struct engine *e, struct moment now)
{
    (void)e;
    (void)now;
    fake.drained = true;
}

void engine_turn(struct engine *e, struct moment now)
{
    (void)e;
    fake.turns++;
    if (fake.deadline <= now.mono_ms)
        fake.deadline = UINT64_MAX;
}

uint64_t engine_deadline(const struct engine *e)
{
    (void)e;
    return fake.deadline;
}

bool engine_next_effect(struct engine *e, struct effect *ret)
{
    (void)e;
    if (fake.effect_count == 0) {
        fake.effect_first = 0;
        return false;
    }
    *ret = fake.effects[fake.effect_first++];
    fake.effect_count--;
    return true;
}
