#include "daemon/engine/conn/notice.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/text.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/credit.h"
#include "daemon/engine/record/failure_log.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/target/pause.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/target/wait_reason.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"
#include "proto/msg_encode.h"

enum { NOTICE_PERIOD_MS = 1000 };

enum reason notice_reason(const struct engine *e, const struct conn *c)
{
    const struct session *s = c->session;
    if (s == NULL)
        return REASON_NONE;
    if (e->drain != DRAIN_NO)
        return REASON_DRAINING;
    if (c->in.wait != WAIT_NOTHING)
        return REASON_MEMORY;
    if (list_empty(&s->open))
        return REASON_NONE;
    enum reason r = wait_reason_of(e, target_of(s));
    if (r != REASON_NONE || !list_empty(&s->ready))
        return r;
    const struct record *first = CONTAINER_OF(s->open.first, struct record, in_session);
    if (first->state != RECORD_BLOCKED && !credit_withheld(c))
        return REASON_NONE;
    return s->queue->backoff.count > 0 ? target_of(s)->backoff_reason
                                       : REASON_KEY_ORDER; /* the earlier write's reason */
}

/* The version of the pause to report; 0: the reason alone is enough. */
static uint64_t conn_pause_version(const struct conn *c)
{
    return c->session != NULL ? pause_version(target_of(c->session), c->reason) : 0;
}

/* For a paused table, DynamoDB's own words; otherwise the text of the reason. */
void notice_encode(struct engine *e, struct conn *c, struct mp_writer *w)
{
    char text[MSG_TEXT_MAX + 1];
    c->notice_due = false;
    c->noticed_reason = c->reason;
    c->noticed_version = conn_pause_version(c);
    c->notice_at_ms = e->now.mono_ms + NOTICE_PERIOD_MS;
    if (c->noticed_version == 0) {
        msg_encode_notice(w, reason_name(c->reason), reason_text(c->reason));
        return;
    }
    const struct pause *p = &target_of(c->session)->pause;
    char whole[2 * MSG_TEXT_MAX];
    snprintf(whole, sizeof whole, "%s: %s", err_name(p->code), p->text);
    text_shorten(text, sizeof text, span_of(whole, strlen(whole)));
    msg_encode_notice(w, reason_name(c->reason), text);
}

static bool something_waits(const struct engine *e)
{
    return e->ledger.queued > 0 || e->ledger.in_flight > 0 || !list_empty(&e->waiting_users) || e->notice_wanted ||
           !list_empty(&e->unlogged);
}

void notice_arm(struct engine *e)
{
    if (!e->notice_timer.node.in && something_waits(e))
        work_set_timer(e, &e->notice_timer, e->now.mono_ms + NOTICE_PERIOD_MS);
}

/* M6: once a second while something waits, each writer is notified if its reason has changed; a writer with a reason is
 * checked again until nothing holds it up. */
void notice_on_timer(struct engine *e)
{
    e->notice_wanted = false;
    failure_log_write(e, false);
    for (struct list_node *n = e->conn_list.first; n != NULL; n = n->next) {
        struct conn *c = CONTAINER_OF(n, struct conn, in_engine);
        if (c->state != CONN_WRITER)
            continue;
        c->reason = notice_reason(e, c);
        bool differs = c->reason != c->noticed_reason || conn_pause_version(c) != c->noticed_version;
        c->notice_due = differs && e->now.mono_ms >= c->notice_at_ms;
        e->notice_wanted |= differs || c->reason != REASON_NONE;
        if (c->notice_due)
            conn_touch(e, c);
    }
    notice_arm(e);
}
