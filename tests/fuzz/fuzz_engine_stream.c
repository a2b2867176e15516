/* fuzz_engine_stream: any bytes as what one connection says after a valid HELLO, with a good neighbour beside it.
 * Owner: none.
 *
 * Input: one byte of settings (shell.c), one how the stream is cut (bytes a read, 0: not at all), one what becomes of
 * the jobs; the rest is the stream.
 */
#include <string.h>

#include "proto/err.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/honest.h"
#include "tests/fuzz/shell.h"

enum { HEAD = 3 };

const size_t fuzz_frames_at = HEAD;

/* Answer what is out: all of it well, or in turn with every outcome. */
static void answer(struct shell *s, uint8_t how, unsigned *turn)
{
    for (uint32_t n = s->job_count; n > 0 && s->job_count > 0; n--) {
        struct job_result r;
        shell_job_good(s->jobs[0].job, &r);
        if (how != 0 && ++*turn % how == 0) {
            r = (struct job_result){.outcome = (enum job_outcome)(*turn / how % JOB_OUTCOME_COUNT_), .text = "no"};
            if (r.outcome == JOB_DONE)
                shell_job_good(s->jobs[0].job, &r);
        }
        shell_job_answer(s, 0, &r);
    }
    shell_turn(s);
}

/* The neighbour's records settle whatever is said beside it. */
static void neighbour_writes(struct shell *s)
{
    struct shell_conn *c = &s->conns[1];
    honest_write(c, 2, 0, 8, 0);
    honest_flush(c, 0);
    shell_turn(s);
}

static void check_neighbour(const struct shell *s, bool all_well)
{
    const struct shell_session *k = s->conns[1].session;
    if (s->conns[1].error == DDBS_E_OUT_OF_MEMORY)
        return; /* it would connect again and resend */
    FUZZ_CHECK(s->conns[1].open && k != NULL && k->last_seq == 4);
    for (uint32_t seq = 1; seq <= k->last_seq; seq++)
        FUZZ_CHECK((k->seq[seq] & SEQ_SETTLED) != 0 && (!all_well || (k->seq[seq] & SEQ_WRITTEN) != 0));
    FUZZ_CHECK(s->conns[1].token_count == 0);
}

static void play(struct shell *s, const uint8_t *data, size_t size)
{
    struct shell_conn *c = &s->conns[0];
    uint8_t cut = data[1], how = data[2];
    unsigned turn = 0;
    shell_connect(s, c, 0);
    shell_connect(s, &s->conns[1], 1);
    honest_hello(s, c, &(struct hello){.session = 1, .table = how % SHELL_TABLES});
    honest_hello(s, &s->conns[1], &(struct hello){.session = 2, .table = 1});
    shell_turn(s);
    neighbour_writes(s);
    c->feed_max = cut;
    honest_not(c, span_of(data + HEAD, size - HEAD));
    for (unsigned i = 0; c->open && c->to_at < c->to_len && i < 2000; i++) {
        shell_turn(s);
        answer(s, how, &turn);
        if (!c->reading || i % 16 == 15)
            shell_pass(s, 50);
    }
    neighbour_writes(s);
    answer(s, how, &turn);
    shell_pass(s, 1000);
    c->eof_due = true;
    for (int i = 0; i < 12; i++) {
        answer(s, 0, &turn);
        shell_pass(s, 2000);
    }
    check_neighbour(s, how == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct shell shell;
    if (size < HEAD)
        return 0;
    if (shell_open(&shell, data[0])) {
        play(&shell, data, size);
        shell_close(&shell);
    }
    return 0;
}
