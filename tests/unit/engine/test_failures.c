/* test_failures: a session's recorded failures: messages, ranges, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/engine/value/failures.h"
#include "proto/err.h"

static const struct failure *last_of(const struct failures *f)
{
    return CONTAINER_OF(f->list.last, struct failure, node);
}

static void texts_are_kept(void **state)
{
    (void)state;
    int64_t live = mem_live();
    struct failures f = {0};
    struct failure *entry = NULL;
    assert_int_equal(failures_add(&f, 5, DDBS_E_INVALID_ITEM, false, "what is wrong", &entry), 0);
    assert_true(entry == last_of(&f));
    assert_int_equal(entry->first, 5);
    assert_int_equal(entry->last, 5);
    assert_string_equal(entry->text, "what is wrong");
    char text[400];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(failures_add(&f, 6, DDBS_E_INVALID_ITEM, true, text, &entry), 0);
    assert_int_equal(strlen(entry->text), FAILURE_TEXT - 1);
    assert_true(entry->maybe_written);
    assert_int_equal(failures_clear(&f), 2);
    assert_int_equal(mem_live(), live);
}

static void those_without_a_text_join(void **state)
{
    (void)state;
    static const struct {
        uint64_t seq;
        int code;
        bool maybe;
        const char *text;
        int want; /* 0: a new entry, 1: joined */
    } steps[] = {
        {1, DDBS_E_ABORTED, false, "", 0},  {2, DDBS_E_ABORTED, false, "", 1}, {3, DDBS_E_ABORTED, true, "", 0},
        {4, DDBS_E_ABORTED, true, "", 1},   {6, DDBS_E_ABORTED, true, "", 0},  {7, DDBS_E_REJECTED, true, "", 0},
        {8, DDBS_E_REJECTED, true, "x", 0}, {9, DDBS_E_REJECTED, true, "", 0}, {10, DDBS_E_REJECTED, true, "", 1},
        {10, DDBS_E_REJECTED, true, "", 0}, /* not behind the last one */
    };
    struct failures f = {0};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct failure *entry;
        assert_int_equal(failures_add(&f, steps[i].seq, steps[i].code, steps[i].maybe, steps[i].text, &entry),
                         steps[i].want);
        assert_int_equal(entry->last, steps[i].seq);
    }
    assert_int_equal(failures_clear(&f), 7);
}

static void texts_end_at_their_limit_and_entries_at_theirs(void **state)
{
    (void)state;
    struct failures f = {0};
    struct failure *entry;
    uint64_t seq = 1;
    for (; seq <= FAILURES_TEXT_MAX; seq++)
        assert_int_equal(failures_add(&f, seq, DDBS_E_REJECTED, false, "text", &entry), 0);
    assert_int_equal(failures_add(&f, seq++, DDBS_E_REJECTED, false, "text", &entry), 0);
    assert_string_equal(entry->text, "");
    assert_int_equal(failures_add(&f, seq++, DDBS_E_REJECTED, false, "text", &entry), 1);
    for (; f.list.count < FAILURES_MAX; seq += 2)
        assert_int_equal(failures_add(&f, seq + 1, DDBS_E_REJECTED, false, "text", &entry), 0);
    entry = NULL;
    assert_int_equal(failures_add(&f, seq + 10, DDBS_E_REJECTED, false, "text", &entry), DDBS_E_TOO_MANY_FAILURES);
    assert_null(entry);
    uint64_t last = last_of(&f)->last;
    assert_int_equal(failures_add(&f, last + 1, DDBS_E_REJECTED, false, "text", &entry), 1); /* a range may grow */
    assert_int_equal(failures_clear(&f), FAILURES_MAX);
}

static void no_memory_leaves_the_failures_unchanged(void **state)
{
    (void)state;
    struct failures f = {0};
    struct failure *entry = NULL;
    mem_fail_nth(1);
    assert_int_equal(failures_add(&f, 1, DDBS_E_REJECTED, false, "text", &entry), DDBS_E_OUT_OF_MEMORY);
    assert_null(entry);
    assert_int_equal(failures_clear(&f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_kept),
        cmocka_unit_test(those_without_a_text_join),
        cmocka_unit_test(texts_end_at_their_limit_and_entries_at_theirs),
        cmocka_unit_test(no_memory_leaves_the_failures_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
