/* hostile: peers that break the protocol on purpose: garbage, endless frames, writes without HELLO or beyond the
 * credit, silence, another client's session id. The daemon must disconnect them in time, and no other client may be
 * affected.
 * Owner: the world's array.
 */
#ifndef SIM_HOSTILE_H
#define SIM_HOSTILE_H

#include "tests/sim/link.h"

/* X(NAME, the daemon must end the connection) */
#define HOSTILE_KINDS(X)                                                                                               \
    X(GARBAGE, true)                                                                                                   \
    X(OVERSIZE, true)                                                                                                  \
    X(NO_HELLO, true)                                                                                                  \
    X(SLOW_HELLO, true)                                                                                                \
    X(SLOW_FRAME, true)                                                                                                \
    X(OVERDRAFT, true)                                                                                                 \
    X(SILENT, true)                                                                                                    \
    X(TOKENS, false)                                                                                                   \
    X(SESSION_THIEF, false)                                                                                            \
    X(EMPTY_FLUSH, false) /* not an attack: a flush with nothing before it */

enum hostile_kind {
#define X(NAME, closed) HOSTILE_##NAME,
    HOSTILE_KINDS(X)
#undef X
        HOSTILE_KIND_COUNT_
};

struct hostile {
    struct link_end end;
    enum hostile_kind kind;
    struct event start, limit;
    uint64_t epoch; /* of the daemon it is connected to */
    bool attacked;
    uint8_t last_byte; /* of the input */
    bool flushed;      /* FLUSHED came */
};

void hostile_init_all(struct world *w);
void hostile_leave_all(struct world *w);
void hostile_fini_all(struct world *w);

#endif
