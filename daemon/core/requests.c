#include "daemon/core/requests.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/core/engine_impl.h"
#include "daemon/core/work.h"
#include "proto/err.h"

static bool may_operate(const struct engine *e, const struct conn *c)
{
    return c->peer.uid == 0 || c->peer.uid == e->params.daemon_uid;
}

static void request_free(struct engine *e, struct request *r)
{
    work_set_timer(e, &r->timer, HEAP_NEVER);
    list_drop(&r->waiting);
    list_remove(&r->node);
    mem_free(r->text);
    mem_free(r);
}

void request_drop_all(struct engine *e, struct conn *c)
{
    while (!list_empty(&c->requests))
        request_free(e, CONTAINER_OF(c->requests.first, struct request, node));
}

/* The answer; takes `text` over. */
static void request_answer(struct engine *e, struct request *r, int status, char *text, size_t len)
{
    work_set_timer(e, &r->timer, HEAP_NEVER);
    list_drop(&r->waiting);
    r->answered = true;
    r->status = status;
    r->text = text;
    r->len = len;
    conn_touch(e, r->conn);
}

static void request_refuse(struct engine *e, struct request *r, int status, const char *sentence)
{
    size_t n = strlen(sentence);
    char *text = mem_alloc(n + 1);
    if (text != NULL)
        memcpy(text, sentence, n + 1);
    request_answer(e, r, status, text, text != NULL ? n : 0);
}

static void request_answer_json(struct engine *e, struct request *r, int status, struct json_writer *w)
{
    if (json_writer_ok(w)) {
        request_answer(e, r, status, w->text, w->len);
        return;
    }
    json_writer_fini(w);
    request_refuse(e, r, DDBS_E_OUT_OF_MEMORY, "no memory for the answer; ask again");
}

static void answer_status(struct engine *e, struct request *r)
{
    struct json_writer w;
    json_writer_init(&w, REQUEST_TEXT_MAX);
    status_write(e, &w);
    request_answer_json(e, r, DDBS_OK, &w);
}

static void answer_self(struct engine *e, struct request *r)
{
    struct json_writer w;
    json_writer_init(&w, REQUEST_TEXT_MAX);
    status_write_self(e, &w, r->conn);
    request_answer_json(e, r, DDBS_OK, &w);
}

static void answer_version(struct engine *e, struct request *r)
{
    struct json_writer w;
    json_writer_init(&w, REQUEST_TEXT_MAX);
    json_open_object(&w, NULL);
    json_put_cstr(&w, "server", e->params.server);
    json_put_u64(&w, "protocol", MSG_VERSION);
    json_close_object(&w);
    request_answer_json(e, r, DDBS_OK, &w);
}

static void answer_flush(struct engine *e, struct request *r, int status)
{
    struct json_writer w;
    json_writer_init(&w, REQUEST_TEXT_MAX);
    json_open_object(&w, NULL);
    json_put_u64(&w, "pending", status_pending(e, r->serial));
    json_put_u64(&w, "failed", e->ledger.failed - r->failed);
    json_close_object(&w);
    request_answer_json(e, r, status, &w);
}

/* {timeout_ms: n}; without it a flush waits as long as its client does. */
static bool flush_timeout(struct span arguments, uint64_t *ret_ms)
{
    struct mp_cursor c = mp_open(arguments);
    uint32_t pairs = 0;
    uint64_t ms = HEAP_NEVER;
    if (arguments.n > 0 && mp_read_map(&c, &pairs) != DDBS_OK)
        return false;
    for (uint32_t i = 0; i < pairs; i++) {
        struct span key;
        if (mp_read_str(&c, &key) != DDBS_OK)
            return false;
        bool known = span_equal(key, span_of("timeout_ms", 10));
        if (!known || mp_read_uint(&c, &ms) != DDBS_OK)
            return false;
    }
    *ret_ms = ms;
    return true;
}

static void open_flush(struct engine *e, struct request *r, struct span arguments)
{
    uint64_t timeout_ms;
    if (!flush_timeout(arguments, &timeout_ms)) {
        request_refuse(e, r, DDBS_E_INVALID_ARGUMENT, "flush takes {timeout_ms: milliseconds} and nothing else");
        return;
    }
    r->serial = e->next_serial;
    r->failed = e->ledger.failed;
    if (e->drain != DRAIN_NO && e->drain != DRAIN_HANDOVER) {
        answer_flush(e, r, DDBS_E_SHUTTING_DOWN);
        return;
    }
    list_push_back(&e->flushes, &r->waiting);
    if (timeout_ms != HEAP_NEVER)
        work_set_timer(e, &r->timer,
                       timeout_ms < HEAP_NEVER - e->now.mono_ms ? e->now.mono_ms + timeout_ms : HEAP_NEVER);
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next)
        target_touch(e, CONTAINER_OF(n, struct target, in_engine));
}

static void answer_describe(struct engine *e, struct request *r, const struct target *t)
{
    struct json_writer w;
    json_writer_init(&w, REQUEST_TEXT_MAX);
    status_write_table(e, &w, t);
    request_answer_json(e, r, DDBS_OK, &w);
}

void request_answer_asking(struct engine *e, struct target *t)
{
    while (!list_empty(&t->asking))
        answer_describe(e, CONTAINER_OF(t->asking.first, struct request, waiting), t);
}

/* {table: name}, and nothing else. */
static bool describe_table(struct span arguments, struct span *ret_name)
{
    struct mp_cursor c = mp_open(arguments);
    uint32_t pairs;
    struct span key;
    if (arguments.n == 0 || mp_read_map(&c, &pairs) != DDBS_OK || pairs != 1 || mp_read_str(&c, &key) != DDBS_OK)
        return false;
    return span_equal(key, span_of("table", 5)) && mp_read_str(&c, ret_name) == DDBS_OK && target_name_ok(*ret_name);
}

/* The schema that is known, or the one that DynamoDB is asked for now. */
static void open_describe(struct engine *e, struct request *r, struct span arguments)
{
    struct span name;
    struct target *t;
    if (!describe_table(arguments, &name)) {
        request_refuse(e, r, DDBS_E_INVALID_ARGUMENT,
                       "describe takes {table: name}, the name of a DynamoDB table or its ARN");
        return;
    }
    int rc = target_get(e, name, &t);
    if (rc != DDBS_OK) {
        request_refuse(e, r, rc, rc == DDBS_E_BUSY ? "too many tables are in use at once" : "no memory; ask again");
        return;
    }
    if (t->queue.schema_known || t->state == TARGET_PAUSED) {
        answer_describe(e, r, t);
        return;
    }
    list_push_back(&t->asking, &r->waiting);
    if (t->state == TARGET_UNKNOWN && t->hold.until_ms <= e->now.mono_ms)
        target_describe_again(e, t);
    else if (t->state == TARGET_UNKNOWN)
        request_answer_asking(e, t); /* it was asked for a moment ago and did not answer */
}

static bool verb_is(const struct msg_request *m, const char *verb)
{
    return span_equal(m->verb, span_of(verb, strlen(verb)));
}

static void request_run(struct engine *e, struct request *r, const struct msg_request *m)
{
    bool operates = verb_is(m, "status") || verb_is(m, "flush");
    if (operates && !may_operate(e, r->conn))
        request_refuse(e, r, DDBS_E_NOT_PERMITTED, "only root and the daemon's own user may ask this; use sudo");
    else if (verb_is(m, "ping"))
        request_answer(e, r, DDBS_OK, NULL, 0);
    else if (verb_is(m, "version"))
        answer_version(e, r);
    else if (verb_is(m, "self"))
        answer_self(e, r);
    else if (verb_is(m, "describe"))
        open_describe(e, r, m->arguments);
    else if (verb_is(m, "status"))
        answer_status(e, r);
    else if (verb_is(m, "flush"))
        open_flush(e, r, m->arguments);
    else
        request_refuse(e, r, DDBS_E_UNSUPPORTED_OP,
                       "this verb is not known; known are ping, version, self, describe, status, flush");
}

void request_open(struct engine *e, struct conn *c, const struct msg_request *m)
{
    struct request *r = mem_zalloc(sizeof *r);
    if (r == NULL) {
        conn_fail(e, c, DDBS_E_OUT_OF_MEMORY, "no memory for a request; connect again");
        return;
    }
    r->conn = c;
    r->id = m->id;
    r->timer.kind = TIMER_FLUSH;
    list_push_back(&c->requests, &r->node);
    request_run(e, r, m);
}

static bool flush_done(const struct engine *e, const struct request *r)
{
    for (struct list_node *n = e->target_list.first; n != NULL; n = n->next) {
        const struct target *t = CONTAINER_OF(n, struct target, in_engine);
        if (!list_empty(&t->queue.all) &&
            CONTAINER_OF(t->queue.all.first, struct record, in_target)->serial <= r->serial)
            return false;
    }
    return true;
}

void request_check_flushes(struct engine *e)
{
    struct list_node *next;
    for (struct list_node *n = e->flushes.first; n != NULL; n = next) {
        next = n->next;
        struct request *r = CONTAINER_OF(n, struct request, waiting);
        if (flush_done(e, r))
            answer_flush(e, r, DDBS_OK);
    }
}

void request_refuse_flushes(struct engine *e)
{
    while (!list_empty(&e->flushes))
        answer_flush(e, CONTAINER_OF(e->flushes.first, struct request, waiting), DDBS_E_SHUTTING_DOWN);
}

void request_on_timer(struct engine *e, struct request *r)
{
    if (r->waiting.head != NULL)
        answer_flush(e, r, DDBS_E_TIMED_OUT);
}

bool request_has_output(const struct conn *c)
{
    for (struct list_node *n = c->requests.first; n != NULL; n = n->next)
        if (CONTAINER_OF(n, struct request, node)->answered)
            return true;
    return false;
}

/* The answers leave in any order between requests, each one's chunks in order. */
static struct request *request_next(struct conn *c)
{
    for (struct list_node *n = c->requests.first; n != NULL; n = n->next) {
        struct request *r = CONTAINER_OF(n, struct request, node);
        if (r->answered)
            return r;
    }
    return NULL;
}

void request_encode(struct engine *e, struct conn *c, struct mp_writer *w)
{
    enum { HEAD = 64 };
    struct request *r;
    while ((r = request_next(c)) != NULL && w->need + HEAD < w->cap) {
        size_t room = w->cap - w->need - HEAD;
        size_t rest = r->len - r->at;
        size_t n = rest < room ? rest : room;
        msg_encode_reply(w, &(struct msg_reply){.id = r->id,
                                                .more = n < rest,
                                                .status = span_of(err_name(r->status), strlen(err_name(r->status))),
                                                .payload = span_of(r->text != NULL ? r->text + r->at : "", n)});
        r->at += n;
        if (r->at == r->len)
            request_free(e, r);
    }
}
