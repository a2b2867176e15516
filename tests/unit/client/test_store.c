/* test_store: the store against a plain list that keeps everything. */
#include "client/c/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/base/rng.h"
#include "proto/err.h"
#include "proto/msg.h"

enum { MODEL_MAX = 6000, MEMORY_MAX = 256 * 1024 };

/* What the store should hold: sizes by seq, 0 once settled; sent or skipped on this connection. */
struct model {
    uint32_t size[MODEL_MAX + 1];
    bool sent[MODEL_MAX + 1];
    uint64_t next;
    uint64_t live;
    uint64_t unsent;
};

static struct rng rng;

static uint64_t below(uint64_t bound)
{
    return rng_below(&rng, bound);
}

static const struct store_limits no_limits = {.credit = UINT64_MAX, .bytes = 65000, .upto = UINT64_MAX};

static uint8_t item[70000];

static uint8_t *item_for(uint64_t seq, size_t n)
{
    memset(item, (int)(seq * 7 + 1), n);
    return item;
}

static void check_bytes(struct span b, uint64_t seq, uint32_t size)
{
    assert_int_equal(b.n, size);
    assert_int_equal(b.p[0], 0x92);
    assert_int_equal(b.p[1], seq % 2);
    assert_int_equal(b.p[2], (uint8_t)(seq * 7 + 1));
    assert_int_equal(b.p[size - 1], (uint8_t)(seq * 7 + 1));
}

static void model_put(struct model *m, struct store *s)
{
    size_t n = below(50) == 0 ? below(60000) + 1 : below(300) + 1;
    uint64_t seq = 0;
    int rc =
        m->next > MODEL_MAX ? STORE_FULL : store_put(s, (uint8_t)(m->next % 2), span_of(item_for(m->next, n), n), &seq);
    if (rc == STORE_FULL) {
        assert_true(m->live > 0 || m->next > MODEL_MAX);
        return;
    }
    assert_int_equal(rc, DDBS_OK);
    assert_true(seq == m->next);
    m->size[m->next] = (uint32_t)n + 2;
    m->next++;
    m->live++;
    m->unsent++;
}

static void model_settle(struct model *m, struct store *s, uint64_t first, uint64_t last)
{
    uint64_t n = 0;
    for (uint64_t seq = first; seq <= last && seq < m->next; seq++) {
        n += m->size[seq] > 0 ? 1 : 0;
        m->unsent -= m->size[seq] > 0 && !m->sent[seq] ? 1 : 0;
        m->size[seq] = 0;
    }
    m->live -= n;
    assert_true(store_settle(s, first, last) == n);
}

static void model_take(struct model *m, struct store *s)
{
    struct store_limits limits = {.credit = below(100000), .bytes = 65000, .upto = UINT64_MAX};
    struct store_run run;
    size_t at = 0;
    if (!store_take(s, &limits, &run))
        return;
    assert_true(run.cost <= limits.credit && run.count > 0 && run.cost == run.bytes.n + run.count * 256u);
    for (uint64_t seq = run.first_seq; seq < run.first_seq + run.count; seq++) {
        assert_true(m->size[seq] > 0 && !m->sent[seq]);
        check_bytes(span_of(run.bytes.p + at, m->size[seq]), seq, m->size[seq]);
        at += m->size[seq];
        m->sent[seq] = true;
    }
    assert_int_equal(at, run.bytes.n);
    m->unsent -= run.count;
    if (below(2) == 0) /* it may settle while it is being sent; its bytes stay */
        model_settle(m, s, run.first_seq, run.first_seq + run.count - 1);
    assert_int_equal(run.bytes.p[0], 0x92);
    store_return(s);
}

static void model_rewind(struct model *m, struct store *s)
{
    store_rewind(s);
    memset(m->sent, 0, sizeof m->sent);
    m->unsent = m->live;
    if (below(2) == 0) {
        uint64_t upto = below(m->next);
        store_skip(s, upto);
        for (uint64_t seq = 1; seq <= upto; seq++) {
            m->unsent -= m->size[seq] > 0 ? 1 : 0;
            m->sent[seq] = true;
        }
    }
}

static void check_model(const struct model *m, struct store *s)
{
    uint64_t bytes = 0, first = m->next, unsent = m->next, from = below(m->next) + 1, at_from = m->next;
    struct span b;
    for (uint64_t seq = m->next; seq-- > 1;) {
        assert_true(store_find(s, seq, &b) == (m->size[seq] > 0));
        if (m->size[seq] == 0)
            continue;
        check_bytes(b, seq, m->size[seq]);
        bytes += m->size[seq];
        first = seq;
        at_from = seq >= from ? seq : at_from;
        unsent = m->sent[seq] ? unsent : seq;
    }
    assert_true(s->unsettled == m->live && s->live_bytes == bytes && s->unsent == m->unsent);
    assert_true(store_first(s) == first && store_unsent_first(s, NULL) == unsent);
    assert_true(store_first_from(s, from) == at_from);
    assert_true(s->bytes <= MEMORY_MAX || m->live == 1);
}

static void it_holds_what_a_list_holds(void **state)
{
    struct model *m = calloc(1, sizeof *m);
    (void)state;
    for (unsigned seed = 1; seed <= 6; seed++) {
        struct store s;
        rng_seed(&rng, seed);
        memset(m, 0, sizeof *m);
        m->next = 1;
        store_init(&s, MEMORY_MAX);
        for (int step = 0; step < 9000; step++) {
            uint64_t what = below(100);
            uint64_t seq = below(m->next) + 1;
            if (what < 60)
                model_put(m, &s);
            else if (what < 80)
                model_settle(m, &s, seq, seq + below(40));
            else if (what < 97)
                model_take(m, &s);
            else if (what == 98)
                model_rewind(m, &s);
            else if (what == 99 && seed % 2 == 0)
                model_settle(m, &s, 1, seq);
            if (step % 50 == 0)
                check_model(m, &s);
        }
        model_settle(m, &s, 1, UINT64_MAX);
        check_model(m, &s);
        assert_true(s.bytes <= STORE_SEGMENT_MAX);
        store_fini(&s);
        assert_int_equal(s.bytes, 0);
    }
    free(m);
}

/* One record in a hundred stays: the memory of its neighbours must be freed. */
static void stuck_records_do_not_hold_the_others_room(void **state)
{
    struct store s;
    struct store_run run;
    uint64_t seq = 0, held = 0;
    (void)state;
    store_init(&s, MEMORY_MAX);
    for (int i = 0; i < 100000; i++) {
        int rc = store_put(&s, OP_PUT, span_of(item, 100), &seq);
        if (rc != DDBS_OK)
            break;
        while (store_take(&s, &no_limits, &run))
            store_return(&s);
        if (seq % 100 == 0)
            held++;
        else
            store_settle(&s, seq, seq);
    }
    assert_true(held * 102 > MEMORY_MAX / 6); /* of each 100 slots one is full: 400 bytes beside its 102 */
    assert_true(s.bytes <= MEMORY_MAX);
    store_fini(&s);
}

static void a_record_of_any_size_fits_an_empty_store(void **state)
{
    struct store s;
    uint64_t seq;
    (void)state;
    store_init(&s, 1000);
    assert_int_equal(store_put(&s, OP_PUT, span_of(item, sizeof item), &seq), DDBS_OK);
    assert_int_equal(store_put(&s, OP_PUT, span_of(item, 1), &seq), STORE_FULL);
    store_settle(&s, 1, 1);
    assert_int_equal(s.bytes, 0);
    assert_int_equal(store_put(&s, OP_PUT, span_of(item, 1), &seq), DDBS_OK);
    assert_int_equal(seq, 2);
    store_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_what_a_list_holds),
        cmocka_unit_test(stuck_records_do_not_hold_the_others_room),
        cmocka_unit_test(a_record_of_any_size_fits_an_empty_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
