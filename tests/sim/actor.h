/* actor: a client task: it makes records and drives the very client core that applications use, as a shell would: puts,
 * deletes, flushes, aborts, says BYE, leaves without a word, or crashes.
 * Owner: the world's array; actor i is writer i in struct truth.
 * Invariants: it sends only what the core gives out; it tells the oracle every failure and every flush that the core
 * reports; a record that found no room is offered again, unchanged.
 */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H

#include "client/c/core.h"
#include "tests/sim/link.h"

enum { ACTOR_TOKENS_MAX = 32, ACTOR_UID = 1000 };

enum actor_state {
    ACTOR_UNBORN,
    ACTOR_WORKING,
    ACTOR_FLUSHING, /* waits for its flush before it goes on */
    ACTOR_ABORTING,
    ACTOR_LEAVING, /* said core_bye */
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
    uint32_t left;    /* records still to be put */
    uint32_t pending; /* record that found no room; TRUTH_NONE: none */
    uint8_t *item;    /* its bytes */
    size_t item_bytes;
    bool absent;     /* left out of the scenario */
    bool tame;       /* in a flood: writes little to the healthy table, and must not wait (P6) */
    bool last_flush; /* the flush under way is the last thing */
    struct actor_token tokens[ACTOR_TOKENS_MAX];
    uint32_t token_count;
};

/* Make the actors of the scenario; each is born at a time of its own. */
void actor_init_all(struct world *w);
void actor_fini_all(struct world *w);

/* The faults are over: nobody crashes any more. */
bool actor_all_over(const struct world *w);

/* True if the writer's core lives and holds this record as unsettled. */
bool actor_unsettled(const struct world *w, uint32_t writer, uint64_t seq);

/* What the actors that are not over wait for, for a violation's sentence. */
void actor_describe(const struct world *w, char *out, size_t cap);

#endif
