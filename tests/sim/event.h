/* event: something that happens at a time of the virtual clock; embedded in the object that it concerns.
 * Owner: the embedding object; while armed it is on the world's heap.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include "daemon/base/heap.h"

struct world;

struct event {
    struct heap_node node;
    void (*run)(struct world *w, struct event *ev);
};

static inline bool event_armed(const struct event *ev)
{
    return ev->node.in;
}

#endif
