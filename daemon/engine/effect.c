#include "daemon/engine/effect.h"

#include <assert.h>

#include "daemon/engine/conn/conn.h"
#include "daemon/engine/target/batch.h"
#include "daemon/engine/value/log.h"
#include "daemon/engine/work/state.h"

static bool effect_log(struct engine *e, struct effect *ret)
{
    enum log_level level;
    const char *text;
    if (!log_next(&e->log, &level, &text))
        return false;
    *ret = (struct effect){.kind = EFFECT_LOG, .level = level, .text = text};
    return true;
}

static bool effect_read(struct engine *e, struct effect *ret)
{
    struct list_node *n = list_pop_front(&e->read_changes);
    if (n == NULL)
        return false;
    struct conn *c = CONTAINER_OF(n, struct conn, in_read);
    c->reading = !c->reading;
    *ret = (struct effect){.kind = c->reading ? EFFECT_READ_ON : EFFECT_READ_OFF, .conn = c->id};
    return true;
}

static bool effect_conn(struct engine *e, struct effect *ret)
{
    struct list_node *n = list_pop_front(&e->out_ready);
    if (n != NULL) {
        *ret = (struct effect){.kind = EFFECT_WRITE, .conn = CONTAINER_OF(n, struct conn, in_out)->id};
        return true;
    }
    n = e->closing.first;
    if (n == NULL)
        return false;
    struct conn *c = CONTAINER_OF(n, struct conn, in_close);
    assert(c->ended && c->session == NULL);
    *ret = (struct effect){.kind = EFFECT_CLOSE, .conn = c->id};
    conn_free(e, c);
    return true;
}

static bool effect_start(struct engine *e, struct effect *ret)
{
    struct list_node *n = list_pop_front(&e->starting);
    if (n == NULL)
        return false;
    list_push_back(&e->running, n);
    *ret = (struct effect){.kind = EFFECT_START, .job = &CONTAINER_OF(n, struct batch, node)->job};
    return true;
}

bool effect_next(struct engine *e, struct effect *ret)
{
    if (effect_log(e, ret) || effect_read(e, ret) || effect_start(e, ret) || effect_conn(e, ret))
        return true;
    if (e->stopped_due && list_empty(&e->ending)) { /* nothing is closed after it */
        e->stopped_due = false;
        *ret = (struct effect){.kind = EFFECT_STOPPED};
        return true;
    }
    *ret = (struct effect){.kind = EFFECT_NONE};
    return false;
}
