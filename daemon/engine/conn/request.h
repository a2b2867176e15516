/* request: a REQUEST and its REPLY at the connection that asked (PROTOCOL L4): queued when it arrives, answered in the
 * turn (verb.h), encoded piece by piece. Owner: the connection lists its open requests; a request owns its answer.
 * Invariants: at most CONN_REQUESTS_MAX per connection, each until the last byte of its answer is encoded; an answer is
 * at most REQUEST_TEXT_MAX bytes. An unanswered request waits on one list: engine->new_requests, engine->flushes or
 * target->describe_requests.
 */
#ifndef ENGINE_CONN_REQUEST_H
#define ENGINE_CONN_REQUEST_H

#include "daemon/base/json.h"
#include "daemon/base/list.h"
#include "daemon/engine/work/timer.h"
#include "proto/mp_write.h"
#include "proto/msg.h"

struct conn;
struct engine;

enum {
    REQUEST_TEXT_MAX = 1024 * 1024,
    REQUEST_ARGUMENTS_MAX = 1280, /* no verb takes more: longer ones are not kept, and become what no verb takes */
};

struct request {
    struct list_node node;    /* conn->requests */
    struct list_node waiting; /* in the list that it waits on, see above */
    struct timer timer;
    struct conn *conn;
    uint64_t id;
    uint64_t serial; /* last record that the engine received before it */
    uint64_t failed; /* failed records of the whole engine by then */
    bool answered;
    int status;
    char *text; /* owned */
    size_t len, at;
    struct span verb, arguments; /* in `copy` */
    uint8_t *copy;               /* owned: verb, then arguments; NULL once a verb has seen them */
};

/* A REQUEST arrived: queue it for the turn. */
void request_open(struct engine *e, struct conn *c, const struct msg_request *m);

/* Answer it; takes ownership of `text`. */
void request_answer(struct engine *e, struct request *r, int status, char *text, size_t len);

/* Answer with a sentence that explains the refusal. */
void request_refuse(struct engine *e, struct request *r, int status, const char *sentence);

/* Answer with the JSON in w, which is consumed. */
void request_answer_json(struct engine *e, struct request *r, int status, struct json_writer *w);

/* A verb has seen it: free what was kept of its frame. */
void request_forget_copy(struct request *r);

/* Free all requests of a connection. */
void request_drop_all(struct engine *e, struct conn *c);

/* Append pieces of answered requests to w while they fit. */
void request_encode(struct engine *e, struct conn *c, struct mp_writer *w);

/* True if an answer is left to encode. */
bool request_has_output(const struct conn *c);

#endif
