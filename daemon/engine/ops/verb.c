#include "daemon/engine/ops/verb.h"

#include <string.h>

#include "daemon/engine/conn/conn.h"
#include "daemon/engine/conn/request.h"
#include "daemon/engine/ops/flush.h"
#include "daemon/engine/ops/status.h"
#include "daemon/engine/target/schema.h"
#include "daemon/engine/target/target.h"
#include "daemon/engine/value/limiter.h"
#include "daemon/engine/work/state.h"
#include "proto/err.h"

static bool may_operate(const struct engine *e, const struct conn *c)
{
    return c->peer.uid == 0 || c->peer.uid == e->params.daemon_uid;
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

static void answer_describe(struct engine *e, struct request *r, const struct target *t)
{
    struct json_writer w;
    json_writer_init(&w, REQUEST_TEXT_MAX);
    status_write_table(e, &w, t);
    request_answer_json(e, r, DDBS_OK, &w);
}

void verb_answer_described(struct engine *e)
{
    struct list_node *n;
    while ((n = list_pop_front(&e->described)) != NULL) {
        struct target *t = CONTAINER_OF(n, struct target, in_described);
        while (!list_empty(&t->describe_requests))
            answer_describe(e, CONTAINER_OF(t->describe_requests.first, struct request, waiting), t);
    }
}

/* {table: name}, and nothing else. */
static bool describe_table(struct span arguments, struct span *ret_name)
{
    struct mp_cursor c = mp_read_open(arguments);
    uint32_t pairs;
    struct span key;
    if (arguments.n == 0 || mp_read_map(&c, &pairs) != DDBS_OK || pairs != 1 || mp_read_str(&c, &key) != DDBS_OK)
        return false;
    return span_equal(key, span_of("table", 5)) && mp_read_str(&c, ret_name) == DDBS_OK && target_name_ok(*ret_name);
}

/* Answer with the known schema, or read it from DynamoDB first. */
static void open_describe(struct engine *e, struct request *r)
{
    struct span name;
    struct target *t;
    if (!describe_table(r->arguments, &name)) {
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
    list_push_back(&t->describe_requests, &r->waiting);
    if (t->state == TARGET_UNKNOWN && !limiter_cools_down(&t->limiter, e->now.mono_ms))
        schema_describe_again(e, t);
    else if (t->state == TARGET_UNKNOWN)
        answer_describe(e, r, t); /* a DescribeTable has just failed: not again during the cooldown */
}

static bool verb_is(const struct request *r, const char *verb)
{
    return span_equal(r->verb, span_of(verb, strlen(verb)));
}

static void verb_run(struct engine *e, struct request *r)
{
    bool operates = verb_is(r, "status") || verb_is(r, "flush");
    if (operates && !may_operate(e, r->conn))
        request_refuse(e, r, DDBS_E_NOT_PERMITTED, "only root and the daemon's own user may ask this; use sudo");
    else if (verb_is(r, "ping"))
        request_answer(e, r, DDBS_OK, NULL, 0);
    else if (verb_is(r, "version"))
        answer_version(e, r);
    else if (verb_is(r, "self"))
        answer_self(e, r);
    else if (verb_is(r, "describe"))
        open_describe(e, r);
    else if (verb_is(r, "status"))
        answer_status(e, r);
    else if (verb_is(r, "flush"))
        flush_open(e, r);
    else
        request_refuse(e, r, DDBS_E_UNSUPPORTED_OP,
                       "this verb is not known; known are ping, version, self, describe, status, flush");
}

void verb_run_all(struct engine *e)
{
    struct list_node *n;
    while ((n = list_pop_front(&e->new_requests)) != NULL) {
        struct request *r = CONTAINER_OF(n, struct request, waiting);
        verb_run(e, r);
        request_forget_copy(r);
    }
}
