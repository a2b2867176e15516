/* fuzz_engine_stream: any bytes as the input of one connection after a valid HELLO, beside a correct neighbour.
 * Owner: none.
 *
 * Input: one byte of settings (fuzz_rig.c), one for the split (bytes per read, 0: unsplit), one for the outcome of the
 * jobs; the rest is the stream.
 */
#include <string.h>

#include "proto/err.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_rig.h"

enum { HEAD = 3 };

const size_t fuzz_frames_at = HEAD;

/* Answer the jobs in flight: all succeed, or each with the next outcome in turn. */
static void answer(struct rig *s, uint8_t how, unsigned *turn)
{
    for (uint32_t n = s->job_count; n > 0 && s->job_count > 0; n--) {
        struct job_result r;
        fuzz_rig_good(s->jobs[0], &r);
        if (how != 0 && ++*turn % how == 0) {
            r = (struct job_result){.outcome = (enum job_outcome)(*turn / how % JOB_OUTCOME_COUNT_), .text = "no"};
            if (r.outcome == JOB_DONE)
                fuzz_rig_good(s->jobs[0], &r);
        }
        rig_job_end(s, 0, &r);
    }
    rig_pump(s);
}

/* The neighbour's records settle, whatever the other connection sends. */
static void neighbour_writes(struct rig *s)
{
    struct rig_conn *c = s->conns[1];
    model_client_write(c, 2, 0, 8, 0);
    model_client_flush(c, 0);
    rig_pump(s);
}

static void check_neighbour(const struct rig *s, bool all_well)
{
    const struct model_session *k = s->conns[1]->model.session;
    if (s->conns[1]->error == DDBS_E_OUT_OF_MEMORY)
        return; /* it would reconnect and resend */
    CHECK(s->conns[1]->open && k != NULL && k->last_seq == 4);
    for (uint32_t seq = 1; seq <= k->last_seq; seq++)
        CHECK((k->seq[seq] & SEQ_SETTLED) != 0 && (!all_well || (k->seq[seq] & SEQ_WRITTEN) != 0));
    CHECK(s->conns[1]->model.token_count == 0);
}

static void play(struct rig *s, const uint8_t *data, size_t size)
{
    struct rig_conn *c = s->conns[0];
    uint8_t cut = data[1], how = data[2];
    unsigned turn = 0;
    fuzz_rig_connect(c, 0);
    fuzz_rig_connect(s->conns[1], 1);
    model_client_hello(c, &(struct model_hello){.session = 1, .table = how % MODEL_TABLES});
    model_client_hello(s->conns[1], &(struct model_hello){.session = 2, .table = 1});
    rig_pump(s);
    neighbour_writes(s);
    c->feed_max = cut;
    model_client_raw(c, span_of(data + HEAD, size - HEAD));
    for (unsigned i = 0; c->open && c->to_len > 0 && i < 2000; i++) {
        rig_pump(s);
        answer(s, how, &turn);
        if (!c->reading || i % 16 == 15)
            rig_advance(s, 50);
    }
    neighbour_writes(s);
    answer(s, how, &turn);
    rig_advance(s, 1000);
    rig_eof(c);
    for (int i = 0; i < 12; i++) {
        answer(s, 0, &turn);
        rig_advance(s, 2000);
    }
    check_neighbour(s, how == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig rig;
    if (size < HEAD)
        return 0;
    if (fuzz_rig_open(&rig, data[0])) {
        play(&rig, data, size);
        fuzz_rig_close(&rig);
    }
    return 0;
}
