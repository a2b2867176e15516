/* actor: a simulated client task. It creates records and drives the client core that applications use, as a shell
 * would: puts, deletes, flushes, aborts, sends BYE, leaves without BYE, or crashes.
 * Owner: the world's array; actor i is writer i in struct truth.
 * Invariants: it sends only what the core outputs; it passes every failure and every flush that the core reports to the
 * oracle; a record that found no room is offered again, unchanged.
 */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H

#include "client/c/core.h"
#include "tests/sim/link.h"

enum { ACTOR_TOKENS_MAX = 32, ACTOR_UID = 1000 };

enum actor_state {
    ACTOR_UNBORN,
    ACTOR_WORKING,
    ACTOR_FLUSHING, /* waits for its flush before it continues */
    ACTOR_ABORTING,
    ACTOR_LEAVING, /* called core_bye */
    ACTOR_OVER,
};

struct actor_token {
    uint64_t token, since_ms;
};

struct actor {
    struct link_end end;
    struct client_core core;
    enum actor_state state;
    uint32_t writer, table;
    struct event work, timer;
    struct peer peer;
    uint32_t left;    /* records not put yet */
    uint32_t pending; /* record that found no room; TRUTH_NONE: none */
    uint8_t *item;    /* its bytes */
    size_t item_bytes;
    bool absent;     /* left out of the scenario */
    bool tame;       /* in a flood: writes a little to the healthy table and must not have to wait (P6) */
    bool last_flush; /* the current flush is the last step */
    struct actor_token tokens[ACTOR_TOKENS_MAX];
    uint32_t token_count;
};

/* Create the scenario's actors; each starts at its own time. */
void actor_init_all(struct world *w);
void actor_fini_all(struct world *w);

/* The faults are over: no actor crashes any more. */
bool actor_all_over(const struct world *w);

/* True if the writer's core is alive and holds this record as unsettled. */
bool actor_unsettled(const struct world *w, uint32_t writer, uint64_t seq);

/* What the unfinished actors wait for, for the text of a violation. */
void actor_describe(const struct world *w, char *out, size_t cap);

#endif
