/* mailbox: messages from one sender thread to the thread of one uv loop, taken in batches.
 * Owner: the object that embeds it. A message belongs to the sender until it is put, and to the taker once it is taken.
 * Happy path: mailbox_put appends under the lock; mailbox_wake, once per turn of the sender, wakes the loop if the box
 * was empty; the loop's callback calls mailbox_take, which empties the box. Failure modes: none after mailbox_init.
 * Invariants: messages are taken in the order they were put. One wake-up serves all messages put before it.
 * It uses its own eventfd instead of uv_async_send: on a busy core the latter may wake the loop before it returns, and
 * the loop then spins until it has returned (uv__async_spin of libuv 1.44).
 */
#ifndef HTTP_MAILBOX_H
#define HTTP_MAILBOX_H

#include <stdbool.h>

#include <uv.h>

#include "proto/must_use.h"

/* Embedded in the object that is sent. */
struct mailbox_msg {
    struct mailbox_msg *next;
};

struct mailbox {
    uv_mutex_t lock;
    struct mailbox_msg *first, *last;
    bool wake_due; /* sender's thread: a message was put into an empty box since the last mailbox_wake */
    int fd;
    uv_poll_t wake;
    void (*on_msgs)(void *data);
    void *data;
};

/* `on_msgs` runs on the loop's thread with `data`. DDBS_OK or DDBS_E_INTERNAL (no descriptor, no memory). */
int mailbox_init(struct mailbox *m, uv_loop_t *loop, void (*on_msgs)(void *data), void *data) MUST_USE;

/* Append a message; on the sender's thread, before mailbox_fini. The last message may ask the taker to close it. */
void mailbox_put(struct mailbox *m, struct mailbox_msg *msg);

/* Wake the taker; on the sender's thread, once after any number of mailbox_put. */
void mailbox_wake(struct mailbox *m);

/* Take all messages, linked by `next`; NULL if there are none. On the loop's thread. */
struct mailbox_msg *mailbox_take(struct mailbox *m);

/* Stop wake-ups; on the loop's thread. `on_closed` (may be NULL) gets m->wake, whose data is the mailbox, when libuv
 * has released it. */
void mailbox_close(struct mailbox *m, void (*on_closed)(uv_handle_t *wake));

/* Free the mailbox, after mailbox_close has completed and the sender puts no more. */
void mailbox_fini(struct mailbox *m);

#endif
