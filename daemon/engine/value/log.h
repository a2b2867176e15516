/* log: lines for the journal, kept until the shell pulls them.
 * Owner: embedded in the engine.
 * Invariants: at most LOG_LINES lines wait; further lines are dropped, and a line of its own reports how many.
 */
#ifndef ENGINE_VALUE_LOG_H
#define ENGINE_VALUE_LOG_H

#include "proto/span.h"
#include <stdbool.h>
#include <stdint.h>

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

/* Add a line for the journal. If the log is full it is dropped, and counted. */
void log_write(struct log *log, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same, ending in text="...", quoted: the text may come from a peer or from DynamoDB. */
void log_write_text(struct log *log, enum log_level level, struct span text, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The oldest line, valid until the next line is written. False: there is none. */
bool log_next(struct log *log, enum log_level *ret_level, const char **ret_text);

#endif
