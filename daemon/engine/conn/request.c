#include "daemon/engine/conn/request.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/engine/conn/conn.h"
#include "daemon/engine/work/state.h"
#include "daemon/engine/work/timer.h"
#include "daemon/engine/work/work.h"
#include "proto/err.h"
#include "proto/msg_encode.h"

/* The frame's bytes are gone when the turn comes. False: no memory. */
static bool request_copy(struct request *r, struct span verb, struct span arguments)
{
    static const uint8_t invalid[] = {0xc1}; /* no msgpack value begins so */
    if (arguments.n > REQUEST_ARGUMENTS_MAX)
        arguments = span_of(invalid, sizeof invalid);
    r->copy = mem_alloc(verb.n + arguments.n + 1);
    if (r->copy == NULL)
        return false;
    memcpy(r->copy, verb.p, verb.n);
    if (arguments.n > 0)
        memcpy(r->copy + verb.n, arguments.p, arguments.n);
    r->verb = span_of(r->copy, verb.n);
    r->arguments = span_of(r->copy + verb.n, arguments.n);
    return true;
}

void request_forget_copy(struct request *r)
{
    mem_free(r->copy);
    r->copy = NULL;
    r->verb = r->arguments = span_of(NULL, 0);
}

void request_open(struct engine *e, struct conn *c, const struct msg_request *m)
{
    struct request *r = mem_zalloc(sizeof *r);
    if (r == NULL || !request_copy(r, m->verb, m->arguments)) {
        mem_free(r);
        conn_fail(e, c, DDBS_E_OUT_OF_MEMORY, "no memory for a request; connect again");
        return;
    }
    r->conn = c;
    r->id = m->id;
    r->serial = e->next_serial;
    r->failed = e->ledger.failed;
    r->timer.kind = TIMER_FLUSH;
    list_push_back(&c->requests, &r->node);
    list_push_back(&e->new_requests, &r->waiting);
}

static void request_free(struct engine *e, struct request *r)
{
    work_set_timer(e, &r->timer, HEAP_NEVER);
    list_drop(&r->waiting);
    list_remove(&r->node);
    mem_free(r->copy);
    mem_free(r->text);
    mem_free(r);
}

void request_drop_all(struct engine *e, struct conn *c)
{
    while (!list_empty(&c->requests))
        request_free(e, CONTAINER_OF(c->requests.first, struct request, node));
}

void request_answer(struct engine *e, struct request *r, int status, char *text, size_t len)
{
    assert(!r->answered && r->conn != NULL);
    work_set_timer(e, &r->timer, HEAP_NEVER);
    list_drop(&r->waiting);
    r->answered = true;
    r->status = status;
    r->text = text;
    r->len = len;
    conn_touch(e, r->conn);
}

void request_refuse(struct engine *e, struct request *r, int status, const char *sentence)
{
    size_t n = strlen(sentence);
    char *text = mem_alloc(n + 1);
    if (text != NULL)
        memcpy(text, sentence, n + 1);
    request_answer(e, r, status, text, text != NULL ? n : 0);
}

void request_answer_json(struct engine *e, struct request *r, int status, struct json_writer *w)
{
    if (json_writer_ok(w)) {
        request_answer(e, r, status, w->text, w->len);
        return;
    }
    json_writer_fini(w);
    request_refuse(e, r, DDBS_E_OUT_OF_MEMORY, "no memory for the answer; ask again");
}

/* Answers may leave in any order; the pieces of one answer stay in order. */
static struct request *request_next(const struct conn *c)
{
    for (struct list_node *n = c->requests.first; n != NULL; n = n->next) {
        struct request *r = CONTAINER_OF(n, struct request, node);
        if (r->answered)
            return r;
    }
    return NULL;
}

bool request_has_output(const struct conn *c)
{
    return request_next(c) != NULL;
}

void request_encode(struct engine *e, struct conn *c, struct mp_writer *w)
{
    enum { HEAD = 64 };
    struct request *r;
    while ((r = request_next(c)) != NULL && w->need + HEAD < w->cap) {
        size_t room = w->cap - w->need - HEAD;
        assert(r->at <= r->len && r->len <= REQUEST_TEXT_MAX);
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
