/* heap: an intrusive pairing heap of timer deadlines, first in first out among equal deadlines.
 * Owner: the object that embeds the node. The heap never allocates and never fails. No clock: the caller passes the
 * time.
 * Invariants: heap_first is the earliest deadline; a node is in at most one heap.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#define HEAP_NEVER UINT64_MAX

struct heap_node {
    uint64_t due_ms;
    uint64_t order;                        /* set by heap_push; breaks ties between equal deadlines */
    struct heap_node *child, *next, *prev; /* prev: the left sibling, or the parent of a first child */
    bool in;
};

struct heap {
    struct heap_node *root;
    uint64_t next_order;
    uint64_t count;
};

/* Add a node that is in no heap. due_ms is not HEAP_NEVER. */
void heap_push(struct heap *h, struct heap_node *n, uint64_t due_ms);

/* Remove a node that is in this heap. */
void heap_remove(struct heap *h, struct heap_node *n);

/* Arm, move or (due_ms == HEAP_NEVER) disarm a node. */
void heap_set(struct heap *h, struct heap_node *n, uint64_t due_ms);

/* The node with the earliest deadline; NULL if the heap is empty. */
struct heap_node *heap_first(const struct heap *h);

/* The earliest deadline; HEAP_NEVER if the heap is empty. */
uint64_t heap_deadline(const struct heap *h);

/* Remove and return the earliest node if it is due at now_ms; else NULL. */
struct heap_node *heap_pop_due(struct heap *h, uint64_t now_ms);

#endif
