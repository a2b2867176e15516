/* mailbox: letters from thread to thread. See mailbox.h. */
#include "daemon/io/mailbox.h"

#include <assert.h>

#include "proto/err.h"

int mailbox_init(struct mailbox *m, uv_loop_t *loop, uv_async_cb on_letters, void *data)
{
    m->first = m->last = NULL;
    if (uv_mutex_init(&m->lock) != 0)
        return DDBS_E_INTERNAL;
    if (uv_async_init(loop, &m->wake, on_letters) != 0) {
        uv_mutex_destroy(&m->lock);
        return DDBS_E_INTERNAL;
    }
    m->wake.data = data;
    return DDBS_OK;
}

void mailbox_put(struct mailbox *m, struct letter *l)
{
    l->next = NULL;
    uv_mutex_lock(&m->lock);
    bool was_empty = m->first == NULL;
    if (was_empty)
        m->first = l;
    else
        m->last->next = l;
    m->last = l;
    /* Under the lock, so that whoever takes the letter may close the box at once. */
    int rc = was_empty ? uv_async_send(&m->wake) : 0;
    uv_mutex_unlock(&m->lock);
    assert(rc == 0);
}

struct letter *mailbox_take(struct mailbox *m)
{
    uv_mutex_lock(&m->lock);
    struct letter *all = m->first;
    m->first = m->last = NULL;
    uv_mutex_unlock(&m->lock);
    return all;
}

void mailbox_close(struct mailbox *m, uv_close_cb on_closed)
{
    uv_close((uv_handle_t *)&m->wake, on_closed);
}

void mailbox_fini(struct mailbox *m)
{
    uv_mutex_destroy(&m->lock);
}
