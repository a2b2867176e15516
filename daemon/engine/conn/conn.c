#include "daemon/engine/conn/conn.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/config/config.h"
#include "daemon/engine/value/budget.h"
#include "daemon/engine/value/event.h"
#include "daemon/engine/value/log.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/timer.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"
#include "proto/utf8.h"

enum {
    HELLO_TIMEOUT_MS = 5000,
    FRAME_TIMEOUT_MS = 10000,
    ACK_STALL_SHORT_MS = 5000, /* while the record pool is short */
    CONN_OPERATOR_PLACES = 16,
};

struct conn *conn_find(struct engine *e, uint64_t id)
{
    size_t slot = id & 0xffff;
    struct conn *c = slot < e->conn_places ? e->conns[slot] : NULL;
    if (c == NULL || c->id != id || c->ended) {
        e->stale_events++;
        return NULL;
    }
    return c;
}

void conn_touch(struct engine *e, struct conn *c)
{
    if (!c->ended)
        work_touch_conn(e, &c->writer.in_dirty);
}

static bool conn_wants_input(const struct conn *c)
{
    return c->state != CONN_CLOSING && c->state != CONN_LEAVING && c->in.wait == WAIT_NOTHING && !c->in.eof;
}

void conn_update_reading(struct engine *e, struct conn *c)
{
    if (c->ended)
        return;
    bool differs = conn_wants_input(c) != c->reading;
    if (differs && c->in_read.head == NULL)
        list_push_back(&e->read_changes, &c->in_read);
    else if (!differs)
        list_drop(&c->in_read);
}

/* Unsent output is kept whole in front of the ERROR, so that the peer can still parse the frames. */
static void conn_put_last_words(struct conn *c, int code, const char *text)
{
    assert(c->out_pos <= c->out_len && c->out_len <= CONN_OUT);
    memmove(c->out, c->out + c->out_pos, c->out_len - c->out_pos);
    c->out_len -= c->out_pos;
    c->out_pos = 0;
    struct mp_writer w = mp_write_open(c->out + c->out_len, CONN_OUT - c->out_len);
    msg_encode_error(&w, code, text);
    if (mp_write_fits(&w))
        c->out_len += (uint32_t)w.need;
}

/* Release nothing here: the caller is still using what the connection holds. */
static void conn_mark(struct engine *e, struct conn *c)
{
    c->writer.gone = true;
    if (c->in_ending.head == NULL)
        list_push_back(&e->ending, &c->in_ending);
}

void conn_fail(struct engine *e, struct conn *c, int code, const char *text)
{
    assert(code < 0 && text[0] != '\0');
    if (c->state == CONN_CLOSING)
        return;
    log_write_text(&e->log, LOG_LEVEL_WARNING, span_of(text, strlen(text)),
                   "event=connection_refused connection=%llu uid=%u pid=%d code=%s",
                   (unsigned long long)c->writer.serial, c->peer.uid, c->peer.pid, err_name(code));
    c->state = CONN_CLOSING;
    c->closing_ms = e->now.mono_ms;
    if (c->hung_up || c->in.eof)
        c->ended = true;
    else
        conn_put_last_words(c, code, text);
    conn_mark(e, c);
}

void conn_failf(struct engine *e, struct conn *c, int code, const char *format, ...)
{
    char text[MSG_ERRMSG];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* The text may quote any bytes from the peer; what ERROR carries must be UTF-8. */
    if (!utf8_valid((const uint8_t *)text, strlen(text)))
        for (char *p = text; *p != '\0'; p++)
            *p = (unsigned char)*p < 0x80 ? *p : '?';
    conn_fail(e, c, code, text);
}

void conn_end(struct engine *e, struct conn *c)
{
    c->state = CONN_CLOSING;
    c->ended = true;
    conn_mark(e, c);
}

void conn_leave(struct engine *e, struct conn *c)
{
    c->state = CONN_LEAVING;
    c->closing_ms = e->now.mono_ms;
    c->bye = true;
    conn_mark(e, c);
}

void conn_free(struct engine *e, struct conn *c)
{
    assert(c->ended && c->in_ending.head == NULL && c->writer.in_dirty.head == NULL);
    assert(c->session == NULL && c->in.buffer == NULL && c->in.large_record == NULL && c->in.in_waiting.head == NULL);
    e->conns[c->id & 0xffff] = NULL;
    list_drop(&c->in_close);
    list_remove(&c->in_engine);
    if (c->user != c->unbound_user)
        budget_leave(c->user);
    budget_leave(c->unbound_user);
    mem_free(c);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The timeout of an incomplete frame does not run while the engine itself has stopped reading. */
static uint64_t conn_frame_due(const struct conn *c)
{
    return c->in.begun_ms != 0 && c->in.wait == WAIT_NOTHING ? c->in.begun_ms + FRAME_TIMEOUT_MS : HEAP_NEVER;
}

/* C6. A client that has left reads nothing any more, but what it had sent is still delivered (P2). */
static uint64_t conn_stall_due(const struct engine *e, const struct conn *c)
{
    if (c->writer.acks.failure_since_ms == 0 || c->hung_up || c->in.eof)
        return HEAP_NEVER;
    uint64_t stall = e->config->ack_stall_ms;
    if (pool_short(&e->pools[POOL_RECORD]))
        stall = earlier(stall, ACK_STALL_SHORT_MS);
    return c->writer.acks.failure_since_ms + stall;
}

/* The limit drops when memory becomes short, so unread failures are checked every few seconds. */
static uint64_t conn_stall_next_check(const struct engine *e, const struct conn *c)
{
    uint64_t due = conn_stall_due(e, c);
    return due == HEAP_NEVER ? due : earlier(due, e->now.mono_ms + ACK_STALL_SHORT_MS);
}

void conn_arm_timer(struct engine *e, struct conn *c)
{
    if (c->ended)
        return;
    uint64_t due = HEAP_NEVER;
    if (c->state == CONN_HELLO)
        due = c->opened_ms + HELLO_TIMEOUT_MS;
    else if (c->state == CONN_CLOSING || c->state == CONN_LEAVING)
        due = c->closing_ms + LAST_WORDS_TIMEOUT_MS;
    else
        due = earlier(conn_frame_due(c), conn_stall_next_check(e, c));
    work_set_timer(e, &c->timer, due);
}

void conn_on_timer(struct engine *e, struct conn *c)
{
    uint64_t now = e->now.mono_ms;
    if (c->state == CONN_CLOSING || c->state == CONN_LEAVING) {
        conn_end(e, c);
    } else if (c->state == CONN_HELLO && now >= c->opened_ms + HELLO_TIMEOUT_MS) {
        conn_fail(e, c, DDBS_E_TIMED_OUT, "no complete HELLO within 5 s of connecting");
    } else if (now >= conn_frame_due(c)) {
        conn_fail(e, c, DDBS_E_TIMED_OUT, "a frame was begun and not completed within 10 s");
    } else if (now >= conn_stall_due(e, c)) {
        log_write(&e->log, LOG_LEVEL_WARNING,
                  "event=ack_stall connection=%llu uid=%u pid=%d text=\"the client does not read its failures\"",
                  (unsigned long long)c->writer.serial, c->peer.uid, c->peer.pid);
        conn_end(e, c);
    } else {
        conn_arm_timer(e, c);
    }
}

static size_t conn_free_slot(const struct engine *e)
{
    for (size_t i = 0; i < e->conn_places; i++) {
        size_t slot = (e->next_conn + i) % e->conn_places;
        if (e->conns[slot] == NULL)
            return slot;
    }
    return SIZE_MAX;
}

/* C5: some slots are kept for operators, and one uid may have half. NULL: it may stay. */
static const char *conn_refusal(const struct engine *e, const struct conn *c)
{
    size_t places = e->conn_places - CONN_SPARE_PLACES;
    bool operates = c->peer.uid == 0 || c->peer.uid == e->params.daemon_uid;
    size_t kept = places / 4 < CONN_OPERATOR_PLACES ? places / 4 : CONN_OPERATOR_PLACES;
    if (e->conn_list.count > places - (operates ? 0 : kept))
        return "the daemon has as many clients as max_clients allows; close some or raise it";
    if (!operates && c->unbound_user->holders > places / 2)
        return "this user has half of the daemon's connections; close some or raise max_clients";
    return NULL;
}

int conn_open(struct engine *e, struct peer peer, uint64_t *ret_id)
{
    size_t slot = conn_free_slot(e);
    if (slot == SIZE_MAX)
        return DDBS_E_BUSY;
    struct conn *c = mem_zalloc(sizeof *c);
    if (c == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    c->unbound_user = c->user = budget_join(&e->unbound, peer.uid);
    if (c->unbound_user == NULL) {
        mem_free(c);
        return DDBS_E_OUT_OF_MEMORY;
    }
    assert(e->conn_list.count < e->conn_places);
    c->writer.serial = ++e->next_conn;
    c->id = c->writer.serial << 16 | slot;
    c->peer = peer;
    c->opened_ms = e->now.mono_ms;
    c->reading = true;
    c->timer.kind = TIMER_CONN;
    e->conns[slot] = c;
    list_push_back(&e->conn_list, &c->in_engine);
    const char *refusal = conn_refusal(e, c);
    if (refusal != NULL)
        conn_fail(e, c, DDBS_E_BUSY, refusal);
    else if (e->drain == DRAIN_DONE)
        conn_fail(e, c, DDBS_E_SHUTTING_DOWN, "the daemon is stopping; connect again to the next one");
    else
        conn_arm_timer(e, c);
    *ret_id = c->id;
    return DDBS_OK;
}
