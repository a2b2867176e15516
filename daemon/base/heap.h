/* heap: timers as a pure structure: an intrusive pairing heap of deadlines, first in first out among equals.
 * Owner: the object that embeds the node; the heap never allocates and never fails. No clock: the caller says what time
 * it is.
 * Invariants: heap_first is the earliest deadline; a node is in at most one heap.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#define HEAP_NEVER UINT64_MAX

struct heap_node {
    uint64_t due_ms;
    uint64_t order;                        /* set by heap_push: equal deadlines leave in the order they came */
    struct heap_node *child, *next, *prev; /* prev: the left sibling, or the parent of a first child */
    bool in;
};

struct heap {
    struct heap_node *root;
    uint64_t next_order;
    uint64_t count;
};

/* Add a node that is in no heap. */
void heap_push(struct heap *h, struct heap_node *n, uint64_t due_ms);

/* Take a node out; it is in this heap. */
void heap_remove(struct heap *h, struct heap_node *n);

/* Arm, move or (due_ms == HEAP_NEVER) disarm a node. */
void heap_set(struct heap *h, struct heap_node *n, uint64_t due_ms);

/* The earliest node, NULL if empty. */
struct heap_node *heap_first(const struct heap *h);

/* The earliest deadline, HEAP_NEVER if empty. */
uint64_t heap_deadline(const struct heap *h);

/* Take out and return the earliest node if it is due at now_ms, else NULL. */
struct heap_node *heap_pop_due(struct heap *h, uint64_t now_ms);

#endif
