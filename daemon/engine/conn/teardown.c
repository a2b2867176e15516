#include "daemon/engine/conn/teardown.h"

#include <assert.h>

#include "daemon/engine/conn/admission.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/request.h"
#include "daemon/engine/record/queue.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/record/settle.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"

/* Without BYE the client may reconnect, so the session is kept; with on_eof discard its queued records are
 * withdrawn. */
static void detach(struct engine *e, struct session *s, bool bye)
{
    s->writer = NULL;
    if (s->discard && !bye) {
        s->dropping = true;
        settle_withdraw(e, s, UINT64_MAX);
    }
    if (s->mapped && !bye && s->last_seq > 0)
        session_detach(e, s);
    else
        session_unmap(e, s);
    session_note_over(e, s);
}

static void release_all(struct engine *e, struct conn *c)
{
    struct session *s = c->session;
    admission_drop(e, c);
    request_drop_all(e, c);
    c->session = NULL;
    if (s != NULL && s->writer == &c->writer)
        detach(e, s, c->bye);
}

static void close_now(struct engine *e, struct conn *c)
{
    c->state = CONN_CLOSING;
    c->ended = true;
    work_set_timer(e, &c->timer, HEAP_NEVER);
    list_drop(&c->writer.in_dirty);
    list_drop(&c->in_out);
    list_drop(&c->in_read);
    if (c->in_close.head == NULL)
        list_push_back(&e->closing, &c->in_close);
}

/* Output is left, perhaps a final ERROR: close when it is sent, or after a timeout. */
static void close_later(struct engine *e, struct conn *c)
{
    conn_update_reading(e, c);
    conn_arm_timer(e, c);
    if (c->state == CONN_CLOSING) {
        conn_touch(e, c);
        return;
    }
    c->waits_write = true; /* have the shell call engine_output, which ends it when nothing is left */
    if (c->in_out.head == NULL)
        list_push_back(&e->out_ready, &c->in_out);
}

void teardown_conn(struct engine *e, struct conn *c)
{
    list_drop(&c->in_ending);
    release_all(e, c);
    assert(c->session == NULL && list_empty(&c->requests) && c->in.wait == WAIT_NOTHING);
    if (c->ended || c->hung_up)
        close_now(e, c);
    else
        close_later(e, c);
}

void teardown_run(struct engine *e)
{
    struct list_node *n;
    while ((n = list_pop_front(&e->ending)) != NULL)
        teardown_conn(e, CONTAINER_OF(n, struct conn, in_ending));
    while ((n = list_pop_front(&e->over_sessions)) != NULL) {
        struct session *s = CONTAINER_OF(n, struct session, in_over);
        work_touch_target(e, &s->queue->in_dirty); /* the table may be idle now */
        session_free(s);
    }
}
