/* model: a modelled DynamoDB: takes the very request text that a lane would send, keeps the tables, and answers through
 * the very code that reads answers in production. It throttles, processes half of a batch, fails, loses requests or
 * answers, applies late, vanishes, refuses. Owner: struct world embeds one; a call belongs to it from model_start until
 * its last event. Invariants: a request is applied at most once and as the fate drawn at its start says; whatever was
 * applied is told to the oracle at that moment.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/list.h"
#include "daemon/dynamo/job.h"

struct world;

enum { MODEL_WINDOWS_MAX = 8 };

/* When something is broken for longer. */
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
    uint32_t remade_table; /* made anew with another key at remade_ms; 0: never */
    uint64_t remade_ms;
    uint32_t outstanding;       /* calls that a living daemon waits for */
    uint32_t outstanding_items; /* their records */
    uint64_t begun_ms;          /* when the last one with records began */
    struct job_result result;   /* of the call being answered; large, so not on the stack */
    uint64_t acked;             /* records answered as written to the living daemon since its start */
};

void model_init(struct world *w);
void model_fini(struct world *w);

/* EFFECT_START: play the request. */
void model_start(struct world *w, struct job *job);

/* The daemon dies: end every call that it waits for; what was under way may still be applied, late. */
void model_forsake(struct world *w);

/* True if the table has its second key by now. */
bool model_remade(const struct world *w, uint32_t table);

/* True if a record of this table may have failed with this code by now: the table was in trouble for as long as records
 * of it wait. */
bool model_table_was_unusable(const struct world *w, uint32_t table, int code);

/* True if the table was in trouble at all. */
bool model_table_had_trouble(const struct world *w, uint32_t table);

#endif
