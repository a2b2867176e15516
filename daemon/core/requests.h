/* requests: REQUEST and REPLY (PROTOCOL L4): what an operator or any client may ask.
 * Owner: the connection lists its open requests; a request owns its answer.
 * Invariants: at most CONN_REQUESTS_MAX a connection, each until its last answer byte is encoded; an answer is at most
 * REQUEST_TEXT_MAX bytes.
 */
#ifndef CORE_REQUESTS_H
#define CORE_REQUESTS_H

#include "daemon/base/json_write.h"
#include "daemon/core/conn.h"

struct target;

enum { REQUEST_TEXT_MAX = 1024 * 1024 };

struct request {
    struct list_node node;    /* conn->requests */
    struct list_node waiting; /* engine->flushes */
    struct timer timer;
    struct conn *conn;
    uint64_t id;
    uint64_t serial; /* host-wide flush: every record up to this one ... */
    uint64_t failed; /* ... and how many had failed when it came */
    bool answered;
    int status;
    char *text; /* owned */
    size_t len, at;
};

/* A REQUEST arrived. */
void request_open(struct engine *e, struct conn *c, const struct msg_request *m);

/* The schema of a target was asked for and DynamoDB has answered, or could not: tell those who wait for it. */
void request_answer_asking(struct engine *e, struct target *t);

/* Answer host-wide flushes whose records have all settled. */
void request_check_flushes(struct engine *e);
void request_on_timer(struct engine *e, struct request *r);

/* The daemon is about to hand records back to their clients: it cannot vouch for them, so open flushes end as
 * SHUTTING_DOWN. */
void request_refuse_flushes(struct engine *e);

/* Free all requests of a connection. */
void request_drop_all(struct engine *e, struct conn *c);

/* Append chunks of answered requests to w while they fit. */
void request_encode(struct engine *e, struct conn *c, struct mp_writer *w);
bool request_has_output(const struct conn *c);

/* ---- status.c ---- */

/* The JSON of `status` and of `self`. */
void status_write(struct engine *e, struct json_writer *w);
void status_write_self(struct engine *e, struct json_writer *w, const struct conn *c);

/* The JSON of `describe`: state, trouble and key schema of a table. */
void status_write_table(struct engine *e, struct json_writer *w, const struct target *t);

/* Records accepted up to `serial` and still without an outcome. */
uint64_t status_pending(const struct engine *e, uint64_t serial);

#endif
