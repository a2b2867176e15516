/* effect: what the engine wants done by the shell, pulled one by one.
 * Owner: the engine; what an effect points to is valid until the next call of the engine.
 */
#ifndef ENGINE_EFFECT_H
#define ENGINE_EFFECT_H

#include "daemon/engine/work/log.h"
#include <stdbool.h>
#include <stdint.h>

struct engine;
struct job;

enum effect_kind {
    EFFECT_NONE,
    EFFECT_WRITE,    /* conn: engine_output has bytes, or will have: ask, send, and again when the socket takes more */
    EFFECT_READ_ON,  /* conn: read again (a new connection starts with reading on) */
    EFFECT_READ_OFF, /* conn: do not read; still watch for a hang-up */
    EFFECT_CLOSE,    /* conn: close the descriptor; the id is dead */
    EFFECT_START,    /* job: give it to a lane */
    EFFECT_LOG,      /* text: one line for the journal */
    EFFECT_STOPPED,  /* draining is over: everything that could be done is done */
};

struct effect {
    enum effect_kind kind;
    uint64_t conn;
    struct job *job;
    enum log_level level;
    const char *text; /* valid until the next engine call */
};

/* The next thing to do; false: none (ret->kind is EFFECT_NONE then). */
bool effect_next(struct engine *e, struct effect *ret);

#endif
