/* journal: log lines on standard error. See journal.h. */
#include "daemon/io/journal.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/os/clock.h"

enum { LINE_MAX_BYTES = 1024 };

static bool to_journal;
static struct journal_limit limit = {.tokens_ms = JOURNAL_BURST * JOURNAL_LINE_MS};

void journal_open(void)
{
    /* systemd sets it to device and inode of the stream it connected; standard error may have been redirected since. */
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    char here[64];
    if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
        return;
    snprintf(here, sizeof here, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    size_t i = 0;
    while (here[i] != '\0' && here[i] == stream[i])
        i++;
    to_journal = here[i] == stream[i];
}

/* False: the log's reader does not keep up. A write would block the main thread, and with it every client. */
static bool log_is_read(void)
{
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&p, 1, 0) != 0;
}

/* Write one line. False: it was dropped. */
static bool line_write(enum log_level level, const char *text)
{
    static const int PRIORITY[] = {[LOG_LEVEL_ERROR] = 3, [LOG_LEVEL_WARNING] = 4, [LOG_LEVEL_INFO] = 6};
    static const char *const NAME[] = {"error", "warning", "info"};
    char line[LINE_MAX_BYTES];
    int n;
    if (!log_is_read())
        return false;
    if (to_journal) {
        n = snprintf(line, sizeof line - 1, "<%d>%s", PRIORITY[level], text);
    } else {
        char when[32];
        time_t now = (time_t)clock_wall_s();
        struct tm tm;
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
        n = snprintf(line, sizeof line - 1, "%s %s %s", when, NAME[level], text);
    }
    if (n < 0)
        return false;
    if ((size_t)n > sizeof line - 2)
        n = sizeof line - 2;
    for (int i = 0; i < n; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = ' ';
    }
    line[n++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, (size_t)n);
    (void)written; /* there is no other place to report a failure */
    return true;
}

void journal(enum log_level level, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!line_write(level, text))
        limit.left_out++;
}

bool journal_limit_take(struct journal_limit *l, uint64_t now_ms)
{
    l->tokens_ms += now_ms - l->last_ms;
    l->last_ms = now_ms;
    if (l->tokens_ms > JOURNAL_BURST * JOURNAL_LINE_MS)
        l->tokens_ms = JOURNAL_BURST * JOURNAL_LINE_MS;
    if (l->tokens_ms < JOURNAL_LINE_MS) {
        l->left_out++;
        return false;
    }
    l->tokens_ms -= JOURNAL_LINE_MS;
    return true;
}

void journal_left_out(void)
{
    char text[128];
    snprintf(text, sizeof text,
             "event=lines_left_out lines=%" PRIu64 " text=\"too many in a short time, or the log is not read\"",
             limit.left_out);
    if (limit.left_out > 0 && line_write(LOG_LEVEL_WARNING, text))
        limit.left_out = 0;
}

void journal_limited(enum log_level level, const char *text)
{
    if (level != LOG_LEVEL_ERROR && !journal_limit_take(&limit, clock_mono_ns() / 1000000u))
        return;
    if (level != LOG_LEVEL_ERROR)
        journal_left_out();
    if (!line_write(level, text))
        limit.left_out++;
}
