/* heap: a pairing heap; see heap.h.
 * Invariants: a node's children form a list linked by next; the first child's prev is the parent; the root has neither
 * next nor prev. Nothing recurses, because a heap can hold as many nodes as the daemon has records.
 */
#include "daemon/base/heap.h"

#include <assert.h>
#include <stddef.h>

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

/* Join two trees whose roots have no siblings; the later root becomes the first child of the earlier one. */
static struct heap_node *meld(struct heap_node *a, struct heap_node *b)
{
    if (a == NULL)
        return b;
    if (b == NULL)
        return a;
    struct heap_node *top = before(a, b) ? a : b;
    struct heap_node *sub = top == a ? b : a;
    sub->prev = top;
    sub->next = top->child;
    if (top->child != NULL)
        top->child->prev = sub;
    top->child = sub;
    return top;
}

/* Take the first tree off a list of siblings. */
static struct heap_node *pop_sibling(struct heap_node **list)
{
    struct heap_node *n = *list;
    if (n == NULL)
        return NULL;
    *list = n->next;
    n->next = NULL;
    n->prev = NULL;
    return n;
}

/* Two-pass melding of a list of siblings: meld pairs from left to right, then meld the pairs from right to left.
 * Source: Fredman, Sedgewick, Sleator and Tarjan, "The pairing heap", 1986. */
static struct heap_node *meld_siblings(struct heap_node *list)
{
    struct heap_node *pairs = NULL; /* the pairs, last one first, linked by next */
    while (list != NULL) {
        struct heap_node *a = pop_sibling(&list);
        struct heap_node *b = pop_sibling(&list);
        struct heap_node *tree = meld(a, b);
        tree->next = pairs;
        pairs = tree;
    }
    struct heap_node *root = NULL;
    while (pairs != NULL)
        root = meld(root, pop_sibling(&pairs));
    return root;
}

void heap_push(struct heap *h, struct heap_node *n, uint64_t due_ms)
{
    assert(!n->in);
    assert(due_ms != HEAP_NEVER);
    *n = (struct heap_node){.due_ms = due_ms, .order = h->next_order++, .in = true};
    h->root = meld(h->root, n);
    h->count++;
}

/* Cut the subtree of a node that is not the root from its parent and siblings. */
static void cut(struct heap_node *n)
{
    if (n->prev->child == n)
        n->prev->child = n->next;
    else
        n->prev->next = n->next;
    if (n->next != NULL)
        n->next->prev = n->prev;
}

void heap_remove(struct heap *h, struct heap_node *n)
{
    assert(n->in && h->count > 0);
    if (n == h->root) {
        h->root = meld_siblings(n->child);
    } else {
        assert(n->prev != NULL);
        cut(n);
        h->root = meld(h->root, meld_siblings(n->child));
    }
    h->count--;
    *n = (struct heap_node){0};
    assert((h->root == NULL) == (h->count == 0));
}

void heap_set(struct heap *h, struct heap_node *n, uint64_t due_ms)
{
    if (n->in && n->due_ms == due_ms)
        return;
    if (n->in)
        heap_remove(h, n);
    if (due_ms != HEAP_NEVER)
        heap_push(h, n, due_ms);
}

struct heap_node *heap_first(const struct heap *h)
{
    return h->root;
}

uint64_t heap_deadline(const struct heap *h)
{
    return h->root != NULL ? h->root->due_ms : HEAP_NEVER;
}

struct heap_node *heap_pop_due(struct heap *h, uint64_t now_ms)
{
    struct heap_node *n = h->root;
    if (n == NULL || n->due_ms > now_ms)
        return NULL;
    heap_remove(h, n);
    return n;
}
