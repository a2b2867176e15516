/* list: an intrusive doubly linked list whose head counts its nodes.
 * Owner: the object that embeds the node. Pure and inline, without a .c.
 * Invariants: a node knows the head of its list (NULL: on none), so removing needs no head and adding twice asserts.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

struct list_head;

struct list_node {
    struct list_node *prev, *next;
    struct list_head *head;
};

struct list_head {
    struct list_node *first, *last;
    size_t count;
};

/* The object whose member `ptr` points at; `ptr` is not NULL. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline bool list_empty(const struct list_head *h)
{
    return h->first == NULL;
}

static inline bool list_on(const struct list_node *n, const struct list_head *h)
{
    return n->head == h;
}

/* Insert `n` after `after`; after == NULL: at the front. */
static inline void list_insert_after(struct list_head *h, struct list_node *after, struct list_node *n)
{
    assert(n->head == NULL);
    assert(after == NULL || after->head == h);
    struct list_node *next = after != NULL ? after->next : h->first;
    n->prev = after;
    n->next = next;
    n->head = h;
    if (after != NULL)
        after->next = n;
    else
        h->first = n;
    if (next != NULL)
        next->prev = n;
    else
        h->last = n;
    h->count++;
}

static inline void list_push_back(struct list_head *h, struct list_node *n)
{
    list_insert_after(h, h->last, n);
}

static inline void list_push_front(struct list_head *h, struct list_node *n)
{
    list_insert_after(h, NULL, n);
}

/* Remove `n` from its list; it is on one. */
static inline void list_remove(struct list_node *n)
{
    struct list_head *h = n->head;
    assert(h != NULL && h->count > 0);
    if (n->prev != NULL)
        n->prev->next = n->next;
    else
        h->first = n->next;
    if (n->next != NULL)
        n->next->prev = n->prev;
    else
        h->last = n->prev;
    h->count--;
    *n = (struct list_node){0};
}

/* Remove `n` from its list if it is on one. */
static inline void list_drop(struct list_node *n)
{
    if (n->head != NULL)
        list_remove(n);
}

/* Remove and return the first node; NULL if the list is empty. */
static inline struct list_node *list_pop_front(struct list_head *h)
{
    struct list_node *n = h->first;
    if (n != NULL)
        list_remove(n);
    return n;
}

#endif
