/* model: a modelled DynamoDB. It parses the request text that a lane would send, stores the tables, and answers through
 * the production response parser. It throttles, processes part of a batch, fails, loses requests or answers, applies
 * late, becomes unreachable, refuses.
 * Owner: struct world embeds one; it owns a call from model_start until the call's last event.
 * Invariants: a request is applied at most once, with the outcome drawn at its start; every applied write is reported
 * to the oracle at that moment.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/list.h"
#include "daemon/dynamo/job.h"

struct world;

enum { MODEL_WINDOWS_MAX = 8 };

/* Faults that last for a time window. */
enum window_kind {
    WINDOW_UNREACHABLE, /* no connection to the endpoint */
    WINDOW_DENIED,      /* AccessDeniedException for one table */
    WINDOW_MISSING,     /* ResourceNotFoundException for one table */
    WINDOW_THROTTLED,   /* every request to one table */
    WINDOW_SILENT,      /* one table's requests get no answer */
};

struct window_of {
    enum window_kind kind;
    uint32_t table;
    uint64_t from_ms, to_ms;
};

struct model {
    struct list_head calls;
    struct window_of windows[MODEL_WINDOWS_MAX];
    uint32_t window_count;
    uint32_t remade_table; /* table recreated with another key at remade_ms; 0: never */
    uint64_t remade_ms;
    uint32_t outstanding;       /* calls that the running daemon waits for */
    uint32_t outstanding_items; /* their records */
    uint64_t begun_ms;          /* start of the last call with records */
    struct job_result result;   /* of the call being answered; too large for the stack */
    uint64_t acked;             /* records reported as written to the running daemon since its start */
};

void model_init(struct world *w);
void model_fini(struct world *w);

/* EFFECT_START: run the request. */
void model_start(struct world *w, struct job *job);

/* The daemon dies: end every call that it waits for. Calls in flight may still be applied, late. */
void model_forsake(struct world *w);

/* True if the table has its second key by now. */
bool model_remade(const struct world *w, uint32_t table);

/* True if a record of this table may have failed with this code by now: the table was unusable for as long as its
 * records wait. */
bool model_table_was_unusable(const struct world *w, uint32_t table, int code);

/* True if the table was ever unusable. */
bool model_table_had_trouble(const struct world *w, uint32_t table);

#endif
