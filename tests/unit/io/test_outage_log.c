/* test_outage_log: when an outage and its end are logged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/io/outage_log.h"

static enum outage_log_event note(struct outage_log *t, enum job_outcome outcome, const char *text, uint64_t now)
{
    struct job_result r = {.outcome = outcome};
    snprintf(r.text, sizeof r.text, "%s", text);
    enum outage_log_event w = outage_log_note(t, &r, now);
    if (w == OUTAGE_LOG_BEGAN)
        t->failures = 0;
    return w;
}

static void a_cause_is_logged_once_a_minute(void **state)
{
    (void)state;
    struct outage_log t = {0};
    assert_int_equal(note(&t, JOB_DONE, "", 5), OUTAGE_LOG_NOTHING);
    assert_int_equal(note(&t, JOB_UNREACHABLE, "a", 10), OUTAGE_LOG_BEGAN);
    assert_int_equal(note(&t, JOB_UNREACHABLE, "a", 20), OUTAGE_LOG_NOTHING);
    assert_int_equal(note(&t, JOB_UNREACHABLE, "b", 30), OUTAGE_LOG_BEGAN);
    assert_int_equal(note(&t, JOB_TRANSIENT, "b", 40), OUTAGE_LOG_NOTHING);
    assert_int_equal(note(&t, JOB_TRANSIENT, "b", 29 + OUTAGE_LOG_PERIOD_MS), OUTAGE_LOG_NOTHING);
    assert_int_equal(t.failures, 2);
    assert_int_equal(note(&t, JOB_TRANSIENT, "b", 30 + OUTAGE_LOG_PERIOD_MS), OUTAGE_LOG_BEGAN);
}

static void the_end_is_logged_after_ten_successes(void **state)
{
    (void)state;
    struct outage_log t = {0};
    assert_int_equal(note(&t, JOB_TRANSIENT, "a", 0), OUTAGE_LOG_BEGAN);
    for (int i = 0; i < 9; i++)
        assert_int_equal(note(&t, JOB_DONE, "", 1), OUTAGE_LOG_NOTHING);
    assert_int_equal(note(&t, JOB_TRANSIENT, "a", 2), OUTAGE_LOG_NOTHING);
    for (int i = 0; i < 9; i++)
        assert_int_equal(note(&t, JOB_THROTTLED, "", 3), OUTAGE_LOG_NOTHING);
    assert_int_equal(note(&t, JOB_DONE, "", 3), OUTAGE_LOG_ENDED);
    assert_int_equal(note(&t, JOB_DONE, "", 4), OUTAGE_LOG_NOTHING);
    assert_int_equal(note(&t, JOB_TRANSIENT, "a", 5), OUTAGE_LOG_BEGAN);
}

static void the_line_names_the_table(void **state)
{
    (void)state;
    struct outage_log t = {.failures = 3};
    struct job_result r = {.outcome = JOB_UNREACHABLE, .text = "no \"route\""};
    char line[OUTAGE_LOG_LINE];
    outage_log_line(&t, "orders", &r, line);
    assert_string_equal(line, "event=request_failed table=orders outcome=unreachable failures=3 "
                              "text=\"no \\\"route\\\"\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cause_is_logged_once_a_minute),
        cmocka_unit_test(the_end_is_logged_after_ten_successes),
        cmocka_unit_test(the_line_names_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
