#include "daemon/engine/ops/status.h"

#include <stdio.h>

#include "daemon/config/config.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/notice.h"
#include "daemon/engine/record/failure_log.h"
#include "daemon/engine/record/record.h"
#include "daemon/engine/record/session.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/target/wait_reason.h"
#include "daemon/engine/value/ledger.h"
#include "daemon/engine/value/pool.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

/* `clients` lists at most this many connections; the counters cover all. */
enum { STATUS_CLIENTS_MAX = 1000, STATUS_SCHEMA_VERSION = 1 };

static void put_ledger(struct json_writer *w, const char *name, const struct ledger *l)
{
    json_open_object(w, name);
    json_put_u64(w, "accepted", l->accepted);
    json_put_u64(w, "written", l->written);
    json_put_u64(w, "failed", l->failed);
    json_put_u64(w, "superseded", l->superseded);
    json_put_u64(w, "withdrawn", l->withdrawn);
    json_put_u64(w, "queued", l->queued);
    json_put_u64(w, "in_flight", l->in_flight);
    json_close_object(w);
}

static const char *conn_state_name(enum conn_state s)
{
    static const char *const names[] = {"hello", "writing", "asking", "leaving", "closing"};
    return names[s];
}

static const char *target_state_name(enum target_state s)
{
    static const char *const names[] = {"unknown", "describing", "open", "settling", "paused"};
    return names[s];
}

static void put_session(const struct engine *e, struct json_writer *w, const struct conn *c)
{
    const struct session *s = c->session;
    char id[9];
    snprintf(id, sizeof id, "%02x%02x%02x%02x", s->id[0], s->id[1], s->id[2], s->id[3]); /* never the whole id (R2) */
    json_put_cstr(w, "session", id);
    json_put_cstr(w, "table", s->queue->name);
    json_put_cstr(w, "reason", reason_name(notice_reason(e, c)));
    json_put_u64(w, "accepted", s->ledger.accepted);
    json_put_u64(w, "written", s->ledger.written);
    json_put_u64(w, "failed", s->ledger.failed);
    json_put_u64(w, "withdrawn", s->ledger.withdrawn);
    json_put_u64(w, "queued", s->ledger.queued);
    json_put_u64(w, "in_flight", s->ledger.in_flight);
    json_put_u64(w, "window", c->window_size);
    json_put_u64(w, "credit", window_left(&c->writer.window));
    json_put_u64(w, "flushes", c->writer.token_count);
}

static void put_conn(const struct engine *e, struct json_writer *w, const char *name, const struct conn *c)
{
    json_open_object(w, name);
    json_put_u64(w, "connection", c->writer.serial);
    json_put_u64(w, "uid", c->peer.uid);
    json_put_i64(w, "pid", c->peer.pid);
    json_put_cstr(w, "client", c->client);
    json_put_cstr(w, "state", conn_state_name(c->state));
    if (c->session != NULL)
        put_session(e, w, c);
    json_close_object(w);
}

static void put_trouble(const struct engine *e, struct json_writer *w, const struct target *t)
{
    bool waits = !list_empty(&t->queue.all) || t->state == TARGET_PAUSED || t->limiter.failures > 0;
    json_put_cstr(w, "reason", reason_name(waits ? wait_reason_of(e, t) : REASON_NONE));
    if (t->state != TARGET_PAUSED)
        return;
    json_put_cstr(w, "code", err_name(t->pause.code));
    json_put_cstr(w, "text", t->pause.text);
}

static void put_last_failure(const struct engine *e, struct json_writer *w, const struct target *t)
{
    const struct failure_log *b = &t->queue.failure_log;
    if (b->code == DDBS_OK)
        return;
    json_open_object(w, "last_failure");
    json_put_cstr(w, "code", err_name(b->code));
    json_put_cstr(w, "text", b->text);
    json_put_u64(w, "age_s", (e->now.mono_ms - b->at_ms) / 1000);
    json_close_object(w);
}

static void put_target(const struct engine *e, struct json_writer *w, const struct target *t)
{
    json_open_object(w, NULL);
    json_put_cstr(w, "table", t->name);
    json_put_cstr(w, "state", target_state_name(t->state));
    put_trouble(e, w, t);
    json_put_u64(w, "accepted", t->queue.ledger.accepted);
    json_put_u64(w, "written", t->queue.ledger.written);
    json_put_u64(w, "failed", t->queue.ledger.failed);
    json_put_u64(w, "superseded", t->queue.ledger.superseded);
    json_put_u64(w, "withdrawn", t->queue.ledger.withdrawn);
    json_put_u64(w, "queued", t->queue.ledger.queued);
    json_put_u64(w, "in_flight", t->queue.ledger.in_flight);
    json_put_u64(w, "requests_in_flight", t->in_flight);
    json_put_u64(w, "requests", t->requests);
    json_put_u64(w, "retries", t->queue.retries);
    json_put_u64(w, "writers", t->queue.sessions.count);
    json_put_u64(w, "record_bytes", t->queue.budget.held[POOL_RECORD]);
    put_last_failure(e, w, t);
    json_close_object(w);
}

void status_write_table(struct engine *e, struct json_writer *w, const struct target *t)
{
    json_open_object(w, NULL);
    json_put_cstr(w, "table", t->name);
    json_put_cstr(w, "state", target_state_name(t->state));
    put_trouble(e, w, t);
    json_open_array(w, "key_schema");
    for (uint8_t i = 0; t->queue.schema_known && i < t->queue.schema.count; i++) {
        json_open_object(w, NULL);
        json_put_text(w, "name", t->queue.schema.attr[i].name, t->queue.schema.attr[i].name_len);
        json_put_text(w, "type", &t->queue.schema.attr[i].type, 1);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

static bool ledgers_balance(const struct engine *e)
{
    bool ok = ledger_balanced(&e->ledger);
    for (struct list_node *n = e->session_list.first; n != NULL && ok; n = n->next)
        ok = ledger_balanced(&CONTAINER_OF(n, struct session, in_engine)->ledger);
    for (struct list_node *n = e->target_list.first; n != NULL && ok; n = n->next)
        ok = ledger_balanced(&CONTAINER_OF(n, struct target, in_engine)->queue.ledger);
    return ok;
}

static bool target_troubled(const struct target *t)
{
    return t->state == TARGET_PAUSED || (!list_empty(&t->queue.all) && t->limiter.failures > 1);
}

static void put_health(struct engine *e, struct json_writer *w)
{
    bool balanced = ledgers_balance(e);
    bool degraded = e->drain != DRAIN_NO;
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next)
        degraded |= target_troubled(CONTAINER_OF(n, struct target, in_engine));
    json_put_cstr(w, "health", !balanced ? "broken" : degraded ? "degraded" : "ok");
    json_open_array(w, "reasons");
    if (!balanced)
        json_put_cstr(w, NULL, "the ledgers do not balance: a defect of ddbsidecar");
    if (e->drain != DRAIN_NO)
        json_put_cstr(w, NULL, reason_name(REASON_DRAINING));
    if (!list_empty(&e->waiting_users))
        json_put_cstr(w, NULL, reason_name(REASON_MEMORY));
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        const struct target *t = CONTAINER_OF(n, struct target, in_engine);
        if (!target_troubled(t))
            continue;
        char text[MSG_TABLE_MAX + 64];
        snprintf(text, sizeof text, "%s: %s", t->name, reason_name(wait_reason_of(e, t)));
        json_put_cstr(w, NULL, text);
    }
    json_close_array(w);
}

static void put_memory(const struct engine *e, struct json_writer *w)
{
    static const char *const names[POOL_COUNT][2] = {{"record_bytes", "record_bytes_max"},
                                                     {"body_bytes", "body_bytes_max"},
                                                     {"input_bytes", "input_bytes_max"},
                                                     {"long_bytes", "long_bytes_max"}};
    json_open_object(w, "memory");
    json_put_u64(w, "memory_max", e->config->memory_max);
    for (int k = 0; k < POOL_COUNT; k++) {
        json_put_u64(w, names[k][0], e->pools[k].used);
        json_put_u64(w, names[k][1], e->pools[k].size);
    }
    json_put_u64(w, "connection_bytes_reserved", e->conn_places * sizeof(struct conn)); /* C5: 4 KiB each */
    json_close_object(w);
}

static void put_credentials(const struct engine *e, struct json_writer *w)
{
    bool refused = false;
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        const struct target *t = CONTAINER_OF(n, struct target, in_engine);
        refused |= t->state == TARGET_PAUSED && t->pause.code == DDBS_E_CREDENTIALS;
    }
    json_open_object(w, "credentials");
    json_put_cstr(w, "source", "environment");
    json_put_cstr(w, "state", refused ? "refused" : "ok");
    json_close_object(w);
}

void status_write(struct engine *e, struct json_writer *w)
{
    json_open_object(w, NULL);
    json_put_u64(w, "schema_version", STATUS_SCHEMA_VERSION);
    put_health(e, w);
    json_put_cstr(w, "server", e->params.server);
    json_put_u64(w, "epoch", e->params.epoch);
    json_put_u64(w, "uptime_s", (e->now.mono_ms - e->started.mono_ms) / 1000);
    json_put_cstr(w, "endpoint", e->params.endpoint);
    json_put_cstr(w, "region", e->params.region);
    put_ledger(w, "ledger", &e->ledger);
    json_put_u64(w, "requests", e->requests);
    json_put_u64(w, "retries", e->retries);
    json_put_u64(w, "unreported_failures", e->unreported);
    json_put_u64(w, "connections", e->conn_list.count);
    json_put_u64(w, "sessions", e->session_list.count);
    json_open_array(w, "clients");
    uint64_t listed = 0;
    for (struct list_node *n = e->conn_list.first; n != NULL && listed < STATUS_CLIENTS_MAX; n = n->next, listed++)
        put_conn(e, w, NULL, CONTAINER_OF(n, struct conn, in_engine));
    json_close_array(w);
    json_open_array(w, "tables");
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next)
        put_target(e, w, CONTAINER_OF(n, struct target, in_engine));
    json_close_array(w);
    put_credentials(e, w);
    put_memory(e, w);
    json_close_object(w);
}

void status_write_self(struct engine *e, struct json_writer *w, const struct conn *c)
{
    put_conn(e, w, NULL, c);
}

uint64_t status_pending(const struct engine *e, uint64_t serial)
{
    uint64_t pending = 0;
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        const struct target *t = CONTAINER_OF(n, struct target, in_engine);
        for (struct list_node *m = t->queue.all.first;
             m != NULL && CONTAINER_OF(m, struct record, in_target)->serial <= serial; m = m->next)
            pending++;
    }
    return pending;
}
