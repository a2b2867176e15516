/* shell: an engine's shell for the fuzzers: a virtual clock, a few connections whose sockets are arrays, jobs that the
 * input answers. It keeps to engine.h's contract and holds the engine to its own.
 * Owner: the target embeds one struct shell for all its inputs; shell_open begins each anew.
 * Invariants: engine_check holds after every call of the engine; what the daemon says is decoded strictly, and believed
 * only where it was done: a record that is reported as written was in an answer, a token is answered behind its records
 * (of a session that honest.h alone spoke for); a job is as job.h says and does not change while it is out.
 */
#ifndef TESTS_FUZZ_SHELL_H
#define TESTS_FUZZ_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/core/engine.h"
#include "proto/frame.h"

enum {
    SHELL_CONNS = 8,
    SHELL_JOBS = 80,
    SHELL_UIDS = 4,
    SHELL_SESSIONS = 16, /* 4 for each uid */
    SHELL_SEQS = 512,    /* outcomes are kept up to here */
    SHELL_TABLES = 4,
    CONN_TOKENS = 64,
    SHELL_TO_MAX = 4 * 1024 * 1024,
    SHELL_ALL = 0, /* no limit to a read or a write */
    SHELL_EPOCH = 77,
};

/* What became of a seq: put by the client, sent on some connection, can be told in a job; in DynamoDB; reported. */
enum { SEQ_PUT = 1, SEQ_SENT = 2, SEQ_TRACED = 4, SEQ_WRITTEN = 8, SEQ_SETTLED = 16 };

/* A session of an honest client (honest.h). */
struct shell_session {
    bool known;  /* it said HELLO: with these */
    bool honest; /* else it is not judged any more */
    unsigned table;
    bool discard;
    uint32_t last_seq;
    uint32_t abort_upto;
    uint8_t seq[SHELL_SEQS];   /* SEQ_* */
    uint8_t style[SHELL_SEQS]; /* what the record is made of */
    uint8_t pad[SHELL_SEQS];
};

struct shell;

struct shell_conn {
    struct shell *shell;
    uint64_t id;
    unsigned uid;       /* 0..SHELL_UIDS-1 */
    bool open, reading; /* EFFECT_CLOSE has not come; EFFECT_READ_* */
    bool wants_write;
    bool eof_due, eof_told, hung;
    bool held, slow;           /* the input lets it not be read, not be written */
    bool limited;              /* it was slow, or had a take_max, at some time */
    size_t feed_max, take_max; /* bytes a turn, or SHELL_ALL */
    uint8_t *to;               /* bytes for the daemon: to_at..to_len */
    size_t to_at, to_len, to_cap;
    uint8_t from[FRAME_HEADER + FRAME_DAEMON_MAX]; /* the head of a frame */
    size_t from_len;
    bool welcomed, goaway, ended; /* WELCOME, GOAWAY, ERROR came */
    int error;                    /* why it ended, or why it never was */
    uint64_t limit, used;
    uint64_t wants; /* what the next record costs, if it has to wait; BLOCKED says so */
    bool blocked;
    struct shell_session *session; /* NULL: it has none, or is not judged */
    uint32_t sent_upto;            /* on this connection */
    uint64_t tokens[CONN_TOKENS], token_upto[CONN_TOKENS];
    uint32_t token_count;
    uint64_t last_token;
    bool hello_said, bye_said;
    uint8_t sent[SHELL_SEQS]; /* on this connection */
};

struct shell_job {
    struct job *job;
    uint64_t print; /* of all that it says, as it was lent */
};

struct shell {
    struct config config;
    struct engine *e;
    struct moment now;
    int64_t live; /* mem_live before */
    struct shell_conn conns[SHELL_CONNS];
    struct shell_session sessions[SHELL_SESSIONS];
    struct shell_job jobs[SHELL_JOBS];
    uint32_t job_count;
    bool draining, stopped;
};

/* Begin an input: an engine with the settings of this variant (a byte, any). False: memory ran out. */
bool shell_open(struct shell *s, uint8_t variant);

/* Whatever waits is healed, must move within its time, and the daemon must stop; then free all and check that no block
 * is left. */
void shell_close(struct shell *s);

/* Make slot's connection (its older one must be closed). */
void shell_connect(struct shell *s, struct shell_conn *c, unsigned uid);

/* Bytes for the daemon. More than SHELL_TO_MAX are forgotten, with the rest of what this connection says. */
void shell_send(struct shell_conn *c, struct span bytes);

/* Events, turns and effects until nothing moves at this time. */
void shell_turn(struct shell *s);

/* Time passes: with a turn at each deadline on the way, or in one leap. */
void shell_pass(struct shell *s, uint64_t ms);
void shell_leap(struct shell *s, uint64_t ms);

/* The peer vanishes; with its last bytes if `loses`. */
void shell_hangup(struct shell *s, struct shell_conn *c, bool loses);

/* SIGTERM. */
void shell_drain(struct shell *s);

/* engine_check, and what every state must hold. To be called after every call of the engine. */
void shell_check(struct shell *s);

/* ---- shell_jobs.c ---- */

/* EFFECT_START: judge the job and keep it. */
void shell_job_start(struct shell *s, struct job *job);

/* Answer job i (nothing if there is none). */
void shell_job_answer(struct shell *s, uint32_t i, const struct job_result *result);

/* An answer that is all right. */
void shell_job_good(const struct job *job, struct job_result *ret);

/* The table of that number, and its key: "id" of type S, but N for the last. */
const char *shell_table(unsigned table);
void shell_schema(const char *table, struct key_schema *ret);

/* ---- shell_ear.c ---- */

/* Bytes of the daemon. */
void shell_hear(struct shell_conn *c, struct span bytes);

#endif
