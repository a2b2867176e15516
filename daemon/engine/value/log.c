#include "daemon/engine/value/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/text.h"

enum { TEXT_ROOM = 64 }; /* this much of a line is kept free for its text */

/* The next free line; NULL: the log is full, the line is counted as lost. */
static struct log_line *log_line_new(struct log *log, enum log_level level)
{
    if (log->count == LOG_LINES) {
        log->lost++;
        return NULL;
    }
    struct log_line *l = &log->lines[(log->first + log->count++) % LOG_LINES];
    l->level = level;
    return l;
}

static void log_line_clean(struct log_line *l)
{
    for (char *p = l->text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?'; /* peers choose names */
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    struct log_line *l = log_line_new(log, level);
    if (l == NULL)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(l->text, sizeof l->text, format, args);
    va_end(args);
    log_line_clean(l);
}

void log_write_text(struct log *log, enum log_level level, struct span text, const char *format, ...)
{
    static const char name[] = " text=";
    struct log_line *l = log_line_new(log, level);
    if (l == NULL)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(l->text, sizeof l->text - TEXT_ROOM, format, args);
    va_end(args);
    size_t n = strlen(l->text);
    memcpy(l->text + n, name, sizeof name);
    n += sizeof name - 1;
    text_quote(l->text + n, sizeof l->text - n, text);
    log_line_clean(l);
}

bool log_next(struct log *log, enum log_level *ret_level, const char **ret_text)
{
    if (log->count == 0)
        return false;
    const struct log_line *l = &log->lines[log->first];
    log->first = (log->first + 1) % LOG_LINES;
    log->count--;
    if (log->count == 0 && log->lost > 0) {
        uint64_t lost = log->lost;
        log->lost = 0;
        log_write(log, LOG_LEVEL_WARNING, "event=log_lines_lost lines=%llu", (unsigned long long)lost);
    }
    *ret_level = l->level;
    *ret_text = l->text;
    return true;
}
