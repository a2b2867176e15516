#include "daemon/engine/work/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/text.h"
#include "daemon/engine/work/state.h"

enum { SAID_ROOM = 64 }; /* at least so much of a line is left to its text */

/* The next free line; NULL: lost, and counted. */
static struct log_line *log_line_new(struct engine *e, enum log_level level)
{
    if (e->log.count == LOG_LINES) {
        e->log.lost++;
        return NULL;
    }
    struct log_line *l = &e->log.lines[(e->log.first + e->log.count++) % LOG_LINES];
    l->level = level;
    return l;
}

static void log_line_clean(struct log_line *l)
{
    for (char *p = l->text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?'; /* names come from peers */
}

void engine_log(struct engine *e, enum log_level level, const char *format, ...)
{
    struct log_line *l = log_line_new(e, level);
    if (l == NULL)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(l->text, sizeof l->text, format, args);
    va_end(args);
    log_line_clean(l);
}

void engine_log_said(struct engine *e, enum log_level level, struct span said, const char *format, ...)
{
    static const char name[] = " text=";
    struct log_line *l = log_line_new(e, level);
    if (l == NULL)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(l->text, sizeof l->text - SAID_ROOM, format, args);
    va_end(args);
    size_t n = strlen(l->text);
    memcpy(l->text + n, name, sizeof name);
    n += sizeof name - 1;
    text_quote(l->text + n, sizeof l->text - n, said);
    log_line_clean(l);
}

bool log_next(struct engine *e, enum log_level *ret_level, const char **ret_text)
{
    if (e->log.count == 0)
        return false;
    const struct log_line *l = &e->log.lines[e->log.first];
    e->log.first = (e->log.first + 1) % LOG_LINES;
    e->log.count--;
    if (e->log.count == 0 && e->log.lost > 0) {
        uint64_t lost = e->log.lost;
        e->log.lost = 0;
        engine_log(e, LOG_LEVEL_WARNING, "event=log_lines_lost lines=%llu", (unsigned long long)lost);
    }
    *ret_level = l->level;
    *ret_text = l->text;
    return true;
}
