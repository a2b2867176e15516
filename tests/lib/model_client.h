/* model_client: what a client that keeps to the protocol says to the rig's engine, and what it may believe: records
 * that can be told apart, within the credit and in the order of their numbers. The fuzzers play it.
 * Owner: struct rig keeps the sessions, each connection its own part. A connection of which nothing was said here (the
 * unit tests' own) has no session, and nothing is judged.
 * Invariants: a record is made of its session, its seq and two bytes of style, so that it can be made again for a
 * resend, and found in a job; what is reported as written was in an answer, and what a token or ABORTED covers has been
 * reported before.
 */
#ifndef TESTS_LIB_MODEL_CLIENT_H
#define TESTS_LIB_MODEL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/dynamo/job.h"
#include "proto/span.h"

enum {
    MODEL_UIDS = 4,
    MODEL_SESSIONS = 16, /* 4 for each uid */
    MODEL_SEQS = 512,    /* of a session */
    MODEL_TABLES = 4,
    MODEL_TOKENS = 64,
};

/* What became of a seq: put by the client, sent on some connection, can be found in a job; in DynamoDB; reported. */
enum { SEQ_PUT = 1, SEQ_SENT = 2, SEQ_TRACED = 4, SEQ_WRITTEN = 8, SEQ_SETTLED = 16 };

struct model_session {
    bool known;      /* it said HELLO: with these */
    bool distrusted; /* it is not judged any more */
    unsigned table;
    bool discard;
    uint32_t last_seq;
    uint32_t abort_upto;
    uint8_t seq[MODEL_SEQS];   /* SEQ_* */
    uint8_t style[MODEL_SEQS]; /* what the record is made of */
    uint8_t pad[MODEL_SEQS];
};

/* A connection's part. */
struct model_conn {
    unsigned uid;                  /* 0..MODEL_UIDS-1, whose sessions it may name */
    struct model_session *session; /* NULL: it has none, or is not judged */
    bool hello_said, bye_said;
    uint64_t wants; /* what the next record costs, if it has to wait; BLOCKED says so */
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

/* The table of that number, and its key: "id" of type S, but N for the last. */
const char *model_table(unsigned table);
void model_schema(const char *table, struct key_schema *ret);

/* ---- what it says ---- */

/* HELLO; on a connection that said one already it is a breach, and the session is not believed any more. */
void model_client_hello(struct rig_conn *c, const struct model_hello *h);

/* Put records, after a gap in the numbers, and send what may be sent. No more than MODEL_SEQS of a session. */
void model_client_write(struct rig_conn *c, uint32_t count, uint32_t gap, uint8_t style, uint8_t pad);

/* Send the records without an outcome that were not sent on this connection yet, in order, as far as credit goes
 * (R1). */
void model_client_pump(struct rig_conn *c);

/* Up to the last record sent but `back`. */
void model_client_flush(struct rig_conn *c, uint64_t back);
void model_client_abort(struct rig_conn *c, uint64_t back);
void model_client_blocked(struct rig_conn *c, uint64_t cost);
void model_client_bye(struct rig_conn *c);

/* One of the verbs, with a number for an argument. */
void model_client_request(struct rig_conn *c, unsigned verb, uint8_t value);

/* Any bytes. The session is not believed from here on. */
void model_client_raw(struct rig_conn *c, struct span bytes);

/* ---- what it is told ---- */

/* DynamoDB took this item. */
void model_client_written(struct rig *r, struct span item);

/* The daemon reports a record as failed, or all of first..last as settled: the others of them must be written. */
void model_client_failed(struct rig_conn *c, uint64_t seq);
void model_client_settled(struct rig_conn *c, uint64_t first, uint64_t last);

/* FLUSHED, ABORTED: the daemon says that all up to there has been reported. */
void model_client_flushed(struct rig_conn *c, uint64_t token);
void model_client_aborted(struct rig_conn *c, uint64_t upto);

#endif
