/* model_client: a client of the rig's engine that keeps to the protocol, and checks what the daemon reports. Its
 * records are distinguishable; it sends them within the credit and in sequence order. Used by the fuzzers.
 * Owner: struct rig keeps the sessions, each connection its own part. A connection that sent nothing through this file
 * (the unit tests' own) has no session and is not checked.
 * Invariants: a record is derived from its session, its seq and two bytes of style, so it can be rebuilt for a resend
 * and recognized in a job. A record reported as written was in a successful answer; what a token or ABORTED covers has
 * been reported before.
 */
#ifndef TESTS_LIB_MODEL_CLIENT_H
#define TESTS_LIB_MODEL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/dynamo/job.h"
#include "proto/span.h"

enum {
    MODEL_UIDS = 4,
    MODEL_SESSIONS = 16, /* 4 per uid */
    MODEL_SEQS = 512,    /* per session */
    MODEL_TABLES = 4,
    MODEL_TOKENS = 64,
};

/* What happened to a seq: put by the client; sent on some connection; recognizable in a job; in DynamoDB; reported. */
enum { SEQ_PUT = 1, SEQ_SENT = 2, SEQ_TRACED = 4, SEQ_WRITTEN = 8, SEQ_SETTLED = 16 };

struct model_session {
    bool known;      /* sent HELLO, with the values below */
    bool distrusted; /* not checked any more */
    unsigned table;
    bool discard;
    uint32_t last_seq;
    uint32_t abort_upto;
    uint8_t seq[MODEL_SEQS];   /* SEQ_* */
    uint8_t style[MODEL_SEQS]; /* how the record is built */
    uint8_t pad[MODEL_SEQS];
};

/* A connection's part of the model. */
struct model_conn {
    unsigned uid;                  /* 0..MODEL_UIDS-1; it uses only this uid's sessions */
    struct model_session *session; /* NULL: none, or not checked */
    bool hello_said, bye_said;
    uint64_t wants; /* cost of the next record if it has to wait, as sent in BLOCKED */
    bool blocked;
    uint32_t sent_upto;
    uint8_t sent[MODEL_SEQS];
    uint64_t tokens[MODEL_TOKENS], token_upto[MODEL_TOKENS];
    uint32_t token_count;
    uint64_t last_token;
};

struct model_hello {
    unsigned session; /* 0..3, of the connection's uid */
    unsigned table;   /* MODEL_TABLES: none */
    bool discard;
    uint64_t max_window;
};

struct rig;
struct rig_conn;

/* The name of a table. Its key is "id" of type S; the last table has type N. */
const char *model_table(unsigned table);
void model_schema(const char *table, struct key_schema *ret);

/* ---- client to daemon ---- */

/* Send HELLO. A second HELLO on a connection breaks the protocol: the session is not checked from then on. */
void model_client_hello(struct rig_conn *c, const struct model_hello *h);

/* Put records, after a gap in the sequence numbers, and send what credit allows. At most MODEL_SEQS per session. */
void model_client_write(struct rig_conn *c, uint32_t count, uint32_t gap, uint8_t style, uint8_t pad);

/* Send the unsettled records that were not yet sent on this connection, in order, as far as credit goes (R1). */
void model_client_pump(struct rig_conn *c);

/* FLUSH up to the last record sent, minus `back`. */
void model_client_flush(struct rig_conn *c, uint64_t back);
void model_client_abort(struct rig_conn *c, uint64_t back);
void model_client_blocked(struct rig_conn *c, uint64_t cost);
void model_client_bye(struct rig_conn *c);

/* REQUEST one of the verbs, with a number as argument. */
void model_client_request(struct rig_conn *c, unsigned verb, uint8_t value);

/* Send arbitrary bytes. The session is not checked from then on. */
void model_client_raw(struct rig_conn *c, struct span bytes);

/* ---- daemon to client ---- */

/* DynamoDB stored this item. */
void model_client_written(struct rig *r, struct span item);

/* The daemon reported a record as failed, or first..last as settled: those not failed must be written. */
void model_client_failed(struct rig_conn *c, uint64_t seq);
void model_client_settled(struct rig_conn *c, uint64_t first, uint64_t last);

/* FLUSHED or ABORTED came: everything up to there must have been reported. */
void model_client_flushed(struct rig_conn *c, uint64_t token);
void model_client_aborted(struct rig_conn *c, uint64_t upto);

#endif
