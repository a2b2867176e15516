/* effect: an action that the shell must carry out; effects are pulled one by one.
 * Owner: the engine; what an effect points to is valid until the next call of the engine.
 */
#ifndef ENGINE_EFFECT_H
#define ENGINE_EFFECT_H

#include "daemon/engine/value/log.h"
#include <stdbool.h>
#include <stdint.h>

struct engine;
struct job;

enum effect_kind {
    EFFECT_NONE,
    EFFECT_WRITE, /* conn: call engine_output and send, and again whenever the socket is writable, until it is empty */
    EFFECT_READ_ON,  /* conn: resume reading (a new connection starts with reading on) */
    EFFECT_READ_OFF, /* conn: stop reading; still watch for a hang-up */
    EFFECT_CLOSE,    /* conn: close the descriptor; the id is dead */
    EFFECT_START,    /* job: give it to a lane */
    EFFECT_LOG,      /* text: one line for the journal */
    EFFECT_STOPPED,  /* the drain is complete */
};

struct effect {
    enum effect_kind kind;
    uint64_t conn;
    struct job *job;
    enum log_level level;
    const char *text; /* valid until the next engine call */
};

/* The next effect; false: none (ret->kind is EFFECT_NONE then). */
bool effect_next(struct engine *e, struct effect *ret);

#endif
