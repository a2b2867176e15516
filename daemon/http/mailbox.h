/* mailbox: messages from one thread to the thread of one uv loop, handed over in one go.
 * Owner: the object that embeds it; messages belong to whoever holds them.
 * Happy path: mailbox_put appends under the lock; mailbox_wake, once a turn of the sender, wakes the loop if the box
 * was empty; the loop's callback calls mailbox_take, which empties the box at once. Failure modes: none after
 * mailbox_init.
 * Invariants: messages are taken in the order they were put; one wake-up for any number of messages put before it is
 * served.
 * An eventfd of its own and not uv_async_send: on a busy core that wakes the loop before it has returned, and the loop
 * then spins until it has (uv__async_spin of libuv 1.44).
 */
#ifndef HTTP_MAILBOX_H
#define HTTP_MAILBOX_H

#include <stdbool.h>

#include <uv.h>

#include "proto/must_use.h"

/* Embedded in what is sent. */
struct mailbox_msg {
    struct mailbox_msg *next;
};

struct mailbox {
    uv_mutex_t lock;
    struct mailbox_msg *first, *last;
    bool wake_due; /* the sender's: messages were put into an empty box since the last mailbox_wake */
    int fd;
    uv_poll_t wake;
    void (*on_msgs)(void *data);
    void *data;
};

/* `on_msgs` runs on the loop's thread with `data`. DDBS_OK or DDBS_E_INTERNAL (no descriptor, no memory). */
int mailbox_init(struct mailbox *m, uv_loop_t *loop, void (*on_msgs)(void *data), void *data) MUST_USE;

/* The sender's thread, before mailbox_fini. The last message may tell the taker to close the box. */
void mailbox_put(struct mailbox *m, struct mailbox_msg *msg);

/* The same thread, after putting, once for any number of messages: wake the taker. */
void mailbox_wake(struct mailbox *m);

/* All messages, linked by `next`; NULL if there are none. */
struct mailbox_msg *mailbox_take(struct mailbox *m);

/* On the loop's thread; no message wakes it any more. `on_closed` (may be NULL) runs with m->wake, whose data is the
 * mailbox, when libuv is done with it. */
void mailbox_close(struct mailbox *m, void (*on_closed)(uv_handle_t *wake));

/* After that, when the sender has ended. */
void mailbox_fini(struct mailbox *m);

#endif
