/* mailbox: messages between threads. See mailbox.h. */
#include "daemon/http/mailbox.h"

#include <assert.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proto/err.h"

static void on_wake(uv_poll_t *wake, int status, int events)
{
    (void)status;
    (void)events;
    struct mailbox *m = wake->data;
    uint64_t puts;
    ssize_t n = read(m->fd, &puts, sizeof puts); /* before mailbox_take, so that a later message wakes again */
    (void)n;
    m->on_msgs(m->data);
}

static int wake_init(struct mailbox *m, uv_loop_t *loop)
{
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m->fd < 0)
        return DDBS_E_INTERNAL;
    if (uv_poll_init(loop, &m->wake, m->fd) != 0) {
        close(m->fd);
        return DDBS_E_INTERNAL;
    }
    m->wake.data = m;
    int rc = uv_poll_start(&m->wake, UV_READABLE, on_wake);
    assert(rc == 0); /* this makes no system call: libuv registers the descriptor when the loop runs */
    return DDBS_OK;
}

int mailbox_init(struct mailbox *m, uv_loop_t *loop, void (*on_msgs)(void *data), void *data)
{
    *m = (struct mailbox){.on_msgs = on_msgs, .data = data};
    if (uv_mutex_init(&m->lock) != 0)
        return DDBS_E_INTERNAL;
    int rc = wake_init(m, loop);
    if (rc != DDBS_OK)
        uv_mutex_destroy(&m->lock);
    return rc;
}

void mailbox_put(struct mailbox *m, struct mailbox_msg *msg)
{
    msg->next = NULL;
    uv_mutex_lock(&m->lock);
    if (m->first == NULL) {
        m->first = msg;
        m->wake_due = true;
    } else {
        m->last->next = msg;
    }
    m->last = msg;
    uv_mutex_unlock(&m->lock);
}

void mailbox_wake(struct mailbox *m)
{
    if (!m->wake_due)
        return;
    m->wake_due = false;
    ssize_t n = write(m->fd, &(uint64_t){1}, sizeof(uint64_t)); /* EAGAIN: the counter is full and readable */
    (void)n;
}

struct mailbox_msg *mailbox_take(struct mailbox *m)
{
    uv_mutex_lock(&m->lock);
    struct mailbox_msg *all = m->first;
    m->first = m->last = NULL;
    uv_mutex_unlock(&m->lock);
    return all;
}

void mailbox_close(struct mailbox *m, void (*on_closed)(uv_handle_t *wake))
{
    uv_close((uv_handle_t *)&m->wake, on_closed);
}

void mailbox_fini(struct mailbox *m)
{
    close(m->fd);
    uv_mutex_destroy(&m->lock);
}
