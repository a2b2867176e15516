/* call: one request to the modelled service, from its start to its last effect.
 * Owner: the model's list; call_free removes it.
 * Invariants: job is NULL once the daemon has its answer or is dead; apply and acked are indexed like order.items.
 */
#ifndef SIM_CALL_H
#define SIM_CALL_H

#include "daemon/dynamo/response.h"
#include "tests/sim/order.h"
#include "tests/sim/world.h"

struct call {
    struct list_node node;
    struct event answer_event, apply_event;
    struct job *job;
    uint64_t epoch; /* of the daemon that sent it */
    uint32_t table;
    struct order order; /* count 0: DescribeTable */

    uint32_t latency_ms; /* until the answer */
    uint64_t apply_ms;   /* until it is applied; beyond latency_ms: late */
    uint32_t apply_count;
    bool apply[ORDER_ITEMS_MAX];
    bool acked[ORDER_ITEMS_MAX]; /* the answer reports it as written */
    enum transport transport;
    int status;
    char *text;
    bool corrupt; /* the answer's checksum or length is wrong */
};

/* Parse the job's body. NULL after a violation. */
struct call *call_new(struct world *w, struct job *job);
void call_free(struct call *c);

bool call_has_poison(const struct call *c);

/* Choose what is applied: each item with this rate, nothing of a refused batch. */
void call_apply_some(struct call *c, struct rng *r, uint32_t rate);

/* The daemon no longer waits for it. `heard`: the answer reached the daemon. */
void call_end(struct world *w, struct call *c, bool heard);

#endif
