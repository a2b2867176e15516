/* asker: an operator's connection without a table, as ddbsidecarctl opens it. It requests status, self, describe, and a
 * flush of everything, whose answer is then checked against what really happened.
 * Owner: the world's array.
 */
#ifndef SIM_ASKER_H
#define SIM_ASKER_H

#include "tests/sim/link.h"

enum { ASKER_VERBS = 5 };

struct asker {
    struct link_end end;
    struct event next; /* connects, or sends the next request */
    struct pipe in;    /* the beginning of an incomplete frame */
    struct pipe text;  /* the answer so far */
    bool welcomed, waiting;
    uint32_t verb; /* verb of the last request */
    uint64_t id;   /* of the REQUEST */
    uint64_t asked_ms;
    uint64_t epoch;
    uint64_t seen; /* for a flush: number of records that the daemon had received by then (truth's arrival count) */
};

void asker_init_all(struct world *w);
void asker_leave_all(struct world *w);
void asker_fini_all(struct world *w);

#endif
