/* mailbox: letters from any thread to the thread of one uv loop, handed over in one go.
 * Owner: the object that embeds it; letters belong to whoever holds them.
 * Happy path: mailbox_put appends under the lock and wakes the loop if the box was empty; the loop's callback calls
 * mailbox_take, which empties the box at once. Failure modes: none after mailbox_init.
 * Invariants: letters are taken in the order they were put; one wake-up for any number of letters put before it is
 * served.
 */
#ifndef IO_MAILBOX_H
#define IO_MAILBOX_H

#include <uv.h>

/* Embedded in what is sent. */
struct letter {
    struct letter *next;
};

struct mailbox {
    uv_mutex_t lock;
    struct letter *first, *last;
    uv_async_t wake;
};

/* `on_letters` runs on the loop's thread with wake->data == data. DDBS_OK or DDBS_E_INTERNAL (no descriptor, no
   memory). */
int mailbox_init(struct mailbox *m, uv_loop_t *loop, uv_async_cb on_letters, void *data)
    __attribute__((warn_unused_result));

/* Any thread. The loop is alive and the box is not closed. The last letter may tell the taker to close the box. */
void mailbox_put(struct mailbox *m, struct letter *l);

/* All letters, linked by `next`; NULL if there are none. */
struct letter *mailbox_take(struct mailbox *m);

/* On the loop's thread, when nobody puts any more. `on_closed` (may be NULL) runs when the handle is gone; then
   mailbox_fini. */
void mailbox_close(struct mailbox *m, uv_close_cb on_closed);
void mailbox_fini(struct mailbox *m);

#endif
