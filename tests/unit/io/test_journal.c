/* test_journal: the format of a line, and the rate limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/io/journal.h"

static void a_burst_and_then_a_rate(void **state)
{
    (void)state;
    struct journal_limit l = {.tokens_ms = JOURNAL_BURST * JOURNAL_LINE_MS, .last_ms = 1000};
    for (int i = 0; i < JOURNAL_BURST; i++)
        assert_true(journal_limit_take(&l, 1000));
    assert_false(journal_limit_take(&l, 1000));
    assert_false(journal_limit_take(&l, 1000 + JOURNAL_LINE_MS - 1));
    assert_int_equal(l.left_out, 2);
    assert_true(journal_limit_take(&l, 1000 + JOURNAL_LINE_MS));
    assert_false(journal_limit_take(&l, 1000 + JOURNAL_LINE_MS));
    /* A long silence refills it to the burst, not beyond. */
    for (int i = 0; i < JOURNAL_BURST; i++)
        assert_true(journal_limit_take(&l, 1000000));
    assert_false(journal_limit_take(&l, 1000000));
}

/* Capture standard error while `write_lines` runs. */
static void lines_catch(void (*write_lines)(void), char *out, size_t cap)
{
    int ends[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    write_lines();
    dup2(before, STDERR_FILENO);
    ssize_t n = read(ends[0], out, cap - 1);
    out[n > 0 ? n : 0] = '\0';
    close(before);
    close(ends[0]);
    close(ends[1]);
}

static void flood(void)
{
    for (int i = 0; i < JOURNAL_BURST + 7; i++)
        journal_limited(LOG_LEVEL_INFO, "event=flood");
    journal_limited(LOG_LEVEL_ERROR, "event=loss");
    journal_left_out();
    journal_left_out();
}

static void errors_and_the_count_come_through_a_flood(void **state)
{
    (void)state;
    static char text[32 * 1024];
    lines_catch(flood, text, sizeof text);
    int lines = 0;
    for (const char *p = text; (p = strstr(p, "event=flood\n")) != NULL; p++)
        lines++;
    assert_in_range(lines, 1, JOURNAL_BURST + 6); /* a slow machine may refill some meanwhile */
    assert_non_null(strstr(text, "error event=loss\n"));
    const char *told = strstr(text, "event=lines_left_out lines=");
    assert_non_null(told);
    assert_null(strstr(told + 1, "event=lines_left_out"));
}

/* A reader that stopped must not stop the daemon. */
static void a_log_that_is_not_read_holds_nothing_up(void **state)
{
    (void)state;
    char text[128 * 1024];
    int ends[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    memset(text, '.', sizeof text);
    while (write(ends[1], text, 1024) > 0) {
    }
    fcntl(ends[1], F_SETFL, 0);
    dup2(ends[1], STDERR_FILENO);
    journal(LOG_LEVEL_INFO, "one");
    journal_limited(LOG_LEVEL_ERROR, "two");
    journal_left_out();
    assert_true(read(ends[0], text, sizeof text) > 4096);
    journal_left_out();
    dup2(before, STDERR_FILENO);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_non_null(strstr(text, "event=lines_left_out lines=2 "));
    assert_null(strstr(text, "one"));
    close(before);
    close(ends[0]);
    close(ends[1]);
}

/* The form of a line on standard error, which is a pipe here. */
static void line_catch(enum log_level level, const char *text, char *out, size_t cap)
{
    int ends[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    struct stat st;
    char stream[64];
    fstat(ends[1], &st);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    dup2(ends[1], STDERR_FILENO);
    if (getenv("JOURNAL_STREAM") != NULL) {
        setenv("JOURNAL_STREAM", stream, 1);
        journal_open();
    }
    journal(level, "%s", text);
    dup2(before, STDERR_FILENO);
    ssize_t n = read(ends[0], out, cap - 1);
    assert_true(n > 0);
    out[n] = '\0';
    close(before);
    close(ends[0]);
    close(ends[1]);
}

static void lines_are_whole_and_clean(void **state)
{
    (void)state;
    char line[4096];
    static char longest[3000];
    unsetenv("JOURNAL_STREAM");
    line_catch(LOG_LEVEL_WARNING, "a=1\nb=\x1b[0m", line, sizeof line);
    assert_non_null(strstr(line, "Z warning a=1 b= [0m\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    memset(longest, 'x', sizeof longest - 1);
    line_catch(LOG_LEVEL_ERROR, longest, line, sizeof line);
    assert_true(strlen(line) < sizeof longest);
    assert_int_equal(line[strlen(line) - 1], '\n');
    setenv("JOURNAL_STREAM", "", 1);
    line_catch(LOG_LEVEL_ERROR, "text", line, sizeof line);
    assert_string_equal(line, "<3>text\n");
    line_catch(LOG_LEVEL_INFO, "text", line, sizeof line);
    assert_string_equal(line, "<6>text\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_and_then_a_rate),
        cmocka_unit_test(errors_and_the_count_come_through_a_flood),
        cmocka_unit_test(a_log_that_is_not_read_holds_nothing_up),
        cmocka_unit_test(lines_are_whole_and_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
