/* rig: an engine without a shell: a virtual clock, connections backed by arrays, jobs that the test answers. Used by
 * the engine's unit tests, its fuzzers and the allocation failure tests.
 * Owner: the test embeds struct rig; rig_close checks that the engine leaked no block.
 * Invariants: the rig keeps to engine.h's contract and checks the engine's side of it. engine_check runs after every
 * call; a pump ends only when nothing is left to do now, and the engine's deadline is then in the future; a job is as
 * job.h says and does not change while it is in flight. The daemon's messages are decoded strictly, passed to the model
 * client, and recorded as text:
 *     welcome 65536; credit N; settled UPTO [a-b] !SEQ:code:maybe; flushed T; aborted N; goaway R; error CODE;
 *     reply ID STATUS BYTES; notice R; closed
 */
#ifndef TESTS_LIB_RIG_H
#define TESTS_LIB_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/engine/engine.h"
#include "proto/mp_write.h"
#include "proto/msg.h"
#include "tests/lib/model_client.h"

enum {
    RIG_CONNS = 160,
    RIG_JOBS = 256,
    RIG_SEQS = 4096,
    RIG_UID = 1000,
    RIG_DAEMON_UID = 99,
    RIG_EPOCH = 77,
    RIG_TO_MAX = 4 * 1024 * 1024,
    RIG_ALL = 0, /* no limit for a read or a write */
};

/* A connection, as its client sees it. */
struct rig_conn {
    struct rig *rig;
    uint64_t id;
    struct peer peer;

    /* the socket */
    bool open;        /* EFFECT_CLOSE has not come yet */
    bool reading;     /* EFFECT_READ_* */
    bool wants_write; /* EFFECT_WRITE */
    bool held;        /* the test keeps the daemon from reading */
    bool slow;        /* the test keeps the socket full: no output is taken */
    bool hung, eof_due, eof_told;
    bool cut;                  /* it was slow or had a take_max at some time, so a frame may be cut */
    bool paced;                /* with a limit: one read and one write per pump */
    bool fed, taken;           /* in this pump */
    size_t feed_max, take_max; /* bytes per read and per write, or RIG_ALL */
    uint8_t *to_base, *to;     /* bytes for the daemon: to..to + to_len */
    size_t to_len, to_cap;
    uint8_t *from; /* the daemon's output that is not a whole frame yet */
    size_t from_len, from_cap;
    uint64_t from_total;

    /* what the daemon sent */
    bool welcomed, goaway, ended; /* WELCOME, GOAWAY, ERROR came */
    int error;                    /* of ERROR, or of engine_conn_open */
    uint64_t epoch;               /* of WELCOME */
    uint64_t limit, used, upto;
    uint8_t outcome[RIG_SEQS];           /* 0 none, 1 written, 2 failed; the first mention counts */
    uint64_t settled, failed;            /* how many of each */
    char last_failure[MSG_TEXT_MAX + 1]; /* message of the last failure */
    char last_error[MSG_TEXT_MAX + 1];
    char last_notice[MSG_TEXT_MAX + 1];
    char *payload; /* of the last complete REPLY */
    size_t payload_len, payload_cap;
    bool payload_more;
    char *heard;
    size_t heard_len, heard_cap;

    uint64_t filled; /* rig_fill: the last seq sent */
    struct model_conn model;
};

struct rig {
    struct config config;
    struct engine *e;
    struct moment now;
    int64_t live; /* mem_live() at the start */
    struct rig_conn *conns[RIG_CONNS];
    uint32_t conn_count;
    struct job *jobs[RIG_JOBS]; /* jobs in flight, oldest first */
    uint64_t prints[RIG_JOBS];  /* hash of each job at its start */
    uint32_t job_count;
    bool draining, stopped;
    bool mute;          /* record nothing: the transcripts, `written` and `log` stay empty */
    uint32_t stops_max; /* deadlines at which one rig_advance stops before it leaps; 0: stops at all */
    uint64_t logs;
    struct model_session sessions[MODEL_SESSIONS];
    size_t log_len, written_len;
    char log[16 * 1024];     /* log lines, each with \n */
    char written[64 * 1024]; /* keys in the order in which DynamoDB stored them: "k1 k2 " */
    char text[8 * 1024];     /* result of rig_jobs */
};

/* ---- life cycle ---- */

/* Open an engine with these settings ("defaults.linger=0", ...), terminated by NULL. key_schema defaults to "id:S". */
void rig_open(struct rig *r, ...) __attribute__((sentinel));

/* The same, with a NULL-terminated array of settings. False if the engine could not be created (memory). */
bool rig_try_open(struct rig *r, const char *const *settings);

/* The same in steps: an empty configuration, some settings, the engine. */
void rig_begin(struct rig *r);
void rig_set(struct rig *r, const char *setting);
bool rig_start(struct rig *r, uint64_t seed);

/* Start a drain (SIGTERM). Does not pump. */
void rig_drain(struct rig *r);

/* Answer the jobs in flight, free the engine, and check that all its blocks are freed. */
void rig_close(struct rig *r);

/* Run engine_check. The rig does so after each of its own calls. */
void rig_check(struct rig *r);

/* ---- connections ---- */

/* A new connection, or NULL if engine_conn_open failed. Does not pump. */
struct rig_conn *rig_connect(struct rig *r, uint32_t uid);

/* The same in steps: a connection slot, then a connection in it (its previous one must be closed). */
struct rig_conn *rig_conn_new(struct rig *r);
int rig_conn_open(struct rig_conn *c, uint32_t uid);

/* Forget the closed connections. */
void rig_forget_closed(struct rig *r);

/* Connect, send HELLO for a session number and a table (NULL: asking), pump, and clear WELCOME from the transcript. */
struct rig_conn *rig_writer(struct rig *r, uint8_t session, const char *table);
struct rig_conn *rig_asker(struct rig *r, uint32_t uid);
struct rig_conn *rig_writer_of(struct rig *r, uint32_t uid, uint8_t session, const char *table);

/* The client closes after the bytes that are still in flight, or the peer vanishes at once (with or without a pump). */
void rig_eof(struct rig_conn *c);
void rig_hangup(struct rig_conn *c);
void rig_vanish(struct rig_conn *c);

/* The transcript since the last call, "; " between messages. Valid until the connection's next message. */
const char *rig_heard(struct rig_conn *c);

/* ---- time ---- */

/* Deliver events, turns and effects until nothing is left to do at this instant. */
void rig_pump(struct rig *r);

/* Let time pass, stopping at every deadline; or in one leap, without a pump. */
void rig_advance(struct rig *r, uint64_t ms);
void rig_leap(struct rig *r, uint64_t ms);

/* ---- client to daemon (rig_send.c); the daemon sees it at the next pump ---- */

/* Queue bytes for the daemon. Beyond RIG_TO_MAX they are dropped, as is all later input: the connection ends. */
void rig_send(struct rig_conn *c, const void *bytes, size_t n);

/* Queue what was encoded; it must have fitted. */
void rig_send_written(struct rig_conn *c, const struct mp_writer *w);

void rig_hello(struct rig_conn *c, uint8_t session, const char *table, bool discard);
void rig_hello_with(struct rig_conn *c, uint8_t session, const char *table, bool discard, uint64_t max_window);

/* WRITE of `count` puts with keys "<key><seq>". With count == 1, a key that starts with '=' is used as it is. */
void rig_write(struct rig_conn *c, uint64_t first_seq, uint32_t count, const char *key);

/* One put with key `key` and `pad` bytes of filler. Returns its cost. */
uint64_t rig_put(struct rig_conn *c, uint64_t seq, const char *key, size_t pad);

/* A WRITE frame around the given [op, item] bytes. */
void rig_write_raw(struct rig_conn *c, uint64_t first_seq, uint32_t count, const void *records, size_t n);

/* Open writers of a table, with sessions from `session` on and peer `uid`, that put records of 60 KB until one of them
 * waits for memory. Returns that one. Do not answer jobs meanwhile. */
struct rig_conn *rig_fill(struct rig *r, uint32_t uid, uint8_t session, const char *table);

void rig_flush(struct rig_conn *c, uint64_t token, uint64_t upto);
void rig_abort(struct rig_conn *c, uint64_t upto);
void rig_blocked(struct rig_conn *c, uint64_t cost);
void rig_bye(struct rig_conn *c);
void rig_request(struct rig_conn *c, uint64_t id, const char *verb);
/* The same with one argument: a number (text == NULL) or a text. */
void rig_request_with(struct rig_conn *c, uint64_t id, const char *verb, const char *name, uint64_t value,
                      const char *text);

/* ---- the lane (rig_jobs.c) ---- */

/* EFFECT_START: check the job and keep it. */
void rig_job_start(struct rig *r, struct job *job);

/* The jobs in flight as text: "k1 k2 | k3"; a DescribeTable as "?table", a delete as "-k1". */
const char *rig_jobs(struct rig *r);

/* Answer job `i`; rig_answer also pumps. */
void rig_job_end(struct rig *r, uint32_t i, const struct job_result *result);
void rig_answer(struct rig *r, uint32_t i, const struct job_result *result);
void rig_outcome(struct rig *r, uint32_t i, enum job_outcome outcome);

/* The oldest job succeeds. */
void rig_done(struct rig *r);

/* Answer job 0, a DescribeTable, with the schema "name:type". */
void rig_described(struct rig *r, const char *name, char type);

/* Let every job succeed until none is in flight and none follows within the longest backoff. */
void rig_finish(struct rig *r);

/* Job i's items at these positions are returned unprocessed; the others are written. */
void rig_unprocessed(struct rig *r, uint32_t i, uint64_t mask);

#endif
