/* timer: an ordered list of timers. Insertion searches from the latest, so equal delays cost nothing.
 * Owner: the object that embeds a timer; the list owns nothing.
 * Invariants: due_ms never decreases along the list; a timer is on at most one list.
 */
#ifndef FAKEDDB_TIMER_H
#define FAKEDDB_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct timer {
    struct timer *prev, *next; /* both NULL: not on a list */
    uint64_t due_ms;
};

struct timer_list {
    struct timer head; /* its next is the earliest */
};

static inline void timer_list_init(struct timer_list *l)
{
    l->head.prev = l->head.next = &l->head;
}

static inline void timer_add(struct timer_list *l, struct timer *t, uint64_t due_ms)
{
    struct timer *after = l->head.prev;
    while (after != &l->head && after->due_ms > due_ms)
        after = after->prev;
    t->due_ms = due_ms;
    t->prev = after;
    t->next = after->next;
    after->next->prev = t;
    after->next = t;
}

static inline void timer_remove(struct timer *t)
{
    if (t->next == (struct timer *)0)
        return;
    t->prev->next = t->next;
    t->next->prev = t->prev;
    t->prev = t->next = (struct timer *)0;
}

/* The earliest, or NULL. */
static inline struct timer *timer_first(const struct timer_list *l)
{
    return l->head.next != &l->head ? l->head.next : (struct timer *)0;
}

#endif
