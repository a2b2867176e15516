/* Tests of daemon/io/trouble. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/io/trouble.h"

static enum trouble_word note(struct trouble *t, enum job_outcome outcome, const char *text, uint64_t now)
{
    struct job_result r = {.outcome = outcome};
    snprintf(r.text, sizeof r.text, "%s", text);
    enum trouble_word w = trouble_note(t, &r, now);
    if (w == TROUBLE_BEGAN)
        t->failures = 0;
    return w;
}

static void a_cause_is_told_once_a_minute(void **state)
{
    (void)state;
    struct trouble t = {0};
    assert_int_equal(note(&t, JOB_DONE, "", 5), TROUBLE_NOTHING);
    assert_int_equal(note(&t, JOB_UNREACHABLE, "a", 10), TROUBLE_BEGAN);
    assert_int_equal(note(&t, JOB_UNREACHABLE, "a", 20), TROUBLE_NOTHING);
    assert_int_equal(note(&t, JOB_UNREACHABLE, "b", 30), TROUBLE_BEGAN);
    assert_int_equal(note(&t, JOB_TRANSIENT, "b", 40), TROUBLE_NOTHING);
    assert_int_equal(note(&t, JOB_TRANSIENT, "b", 29 + TROUBLE_PERIOD_MS), TROUBLE_NOTHING);
    assert_int_equal(t.failures, 2);
    assert_int_equal(note(&t, JOB_TRANSIENT, "b", 30 + TROUBLE_PERIOD_MS), TROUBLE_BEGAN);
}

static void the_end_is_told_after_ten_successes(void **state)
{
    (void)state;
    struct trouble t = {0};
    assert_int_equal(note(&t, JOB_TRANSIENT, "a", 0), TROUBLE_BEGAN);
    for (int i = 0; i < 9; i++)
        assert_int_equal(note(&t, JOB_DONE, "", 1), TROUBLE_NOTHING);
    assert_int_equal(note(&t, JOB_TRANSIENT, "a", 2), TROUBLE_NOTHING);
    for (int i = 0; i < 9; i++)
        assert_int_equal(note(&t, JOB_THROTTLED, "", 3), TROUBLE_NOTHING);
    assert_int_equal(note(&t, JOB_DONE, "", 3), TROUBLE_ENDED);
    assert_int_equal(note(&t, JOB_DONE, "", 4), TROUBLE_NOTHING);
    assert_int_equal(note(&t, JOB_TRANSIENT, "a", 5), TROUBLE_BEGAN);
}

static void the_line_names_the_table(void **state)
{
    (void)state;
    struct trouble t = {.failures = 3};
    struct job_result r = {.outcome = JOB_UNREACHABLE, .text = "no \"route\""};
    char line[TROUBLE_LINE];
    trouble_line(&t, "orders", &r, line);
    assert_string_equal(line, "event=request_failed table=orders outcome=unreachable failures=3 "
                              "text=\"no \\\"route\\\"\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cause_is_told_once_a_minute),
        cmocka_unit_test(the_end_is_told_after_ten_successes),
        cmocka_unit_test(the_line_names_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
