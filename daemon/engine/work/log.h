/* log: lines for the journal, kept until the shell pulls them.
 * Owner: embedded in the engine.
 * Invariants: at most LOG_LINES lines wait; what comes when all are taken is lost, and counted in a line of its own.
 */
#ifndef ENGINE_WORK_LOG_H
#define ENGINE_WORK_LOG_H

#include "proto/span.h"
#include <stdbool.h>
#include <stdint.h>

struct engine;

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

enum { LOG_LINES = 64, LOG_TEXT = 768 };

struct log_line {
    enum log_level level;
    char text[LOG_TEXT];
};

struct log {
    struct log_line lines[LOG_LINES];
    uint32_t first, count;
    uint64_t lost;
};

/* Note a line for the journal; lost (and counted) if nobody pulls. */
void engine_log(struct engine *e, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with text="..." at its end: a sentence that may come from anywhere. */
void engine_log_said(struct engine *e, enum log_level level, struct span said, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The oldest line, valid until the next call of the engine. False: there is none. */
bool log_next(struct engine *e, enum log_level *ret_level, const char **ret_text);

#endif
