/* asker: an operator's connection without a table, as ddbsidecarctl opens it: it asks for status, for itself, for a
 * table, and for a flush of everything, whose answer is then held against what really happened. Owner: the world's
 * array.
 */
#ifndef SIM_ASKER_H
#define SIM_ASKER_H

#include "tests/sim/link.h"

enum { ASKER_VERBS = 5 };

struct asker {
    struct link_end end;
    struct event next; /* connect, or ask */
    struct pipe in;    /* the beginning of a frame that is not complete yet */
    struct pipe text;  /* of the answer, as far as it has come */
    bool welcomed, waiting;
    uint32_t verb; /* asked for last */
    uint64_t id;   /* of the REQUEST */
    uint64_t asked_ms;
    uint64_t epoch;
    uint64_t seen; /* a flush: records that the daemon had by then (truth's arrival count) */
};

void asker_init_all(struct world *w);
void asker_leave_all(struct world *w);
void asker_fini_all(struct world *w);

#endif
