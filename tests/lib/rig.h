/* rig: an engine without a shell: a virtual clock, connections whose sockets are arrays, jobs that the test answers.
 * The engine's unit tests, its fuzzers and the failing allocations drive it.
 * Owner: the test embeds struct rig; rig_close proves that the engine left no block behind.
 * Invariants: it keeps to engine.h's contract and holds the engine to its own: engine_check after every call; a pump
 * ends only when nothing is left to do now, and the engine's deadline then lies in the future; a job is as job.h says,
 * and does not change while it is out; what the daemon says is decoded strictly, told to the model client, and written
 * down as text:
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
    RIG_ALL = 0, /* no limit to a read or a write */
};

/* What the client at the other end would know. */
struct rig_conn {
    struct rig *rig;
    uint64_t id;
    struct peer peer;

    /* the socket */
    bool open;        /* EFFECT_CLOSE has not come */
    bool reading;     /* EFFECT_READ_* */
    bool wants_write; /* EFFECT_WRITE */
    bool held;        /* the test lets the daemon not read */
    bool slow;        /* the test keeps the socket full: nothing is taken */
    bool hung, eof_due, eof_told;
    bool cut;                  /* a frame may have been cut: it was slow, or had a take_max, at some time */
    bool paced;                /* with a limit, one read and one write a pump */
    bool fed, taken;           /* in this pump */
    size_t feed_max, take_max; /* bytes of one read, one write; or RIG_ALL */
    uint8_t *to_base, *to;     /* bytes for the daemon: to..to + to_len */
    size_t to_len, to_cap;
    uint8_t *from; /* bytes of the daemon that are no whole frame yet */
    size_t from_len, from_cap;
    uint64_t from_total;

    /* what the daemon said */
    bool welcomed, goaway, ended; /* WELCOME, GOAWAY, ERROR came */
    int error;                    /* of ERROR, or of engine_conn_open */
    uint64_t epoch;               /* of WELCOME */
    uint64_t limit, used, upto;
    uint8_t outcome[RIG_SEQS];           /* 0 none, 1 written, 2 failed; by the first mention */
    uint64_t settled, failed;            /* counts of those */
    char last_failure[MSG_TEXT_MAX + 1]; /* its text */
    char last_error[MSG_TEXT_MAX + 1];
    char last_notice[MSG_TEXT_MAX + 1];
    char *payload; /* of the last REPLY that was complete */
    size_t payload_len, payload_cap;
    bool payload_more;
    char *heard;
    size_t heard_len, heard_cap;

    uint64_t filled; /* rig_fill: the last seq */
    struct model_conn model;
};

struct rig {
    struct config config;
    struct engine *e;
    struct moment now;
    int64_t live; /* mem_live() before */
    struct rig_conn *conns[RIG_CONNS];
    uint32_t conn_count;
    struct job *jobs[RIG_JOBS]; /* the oldest first */
    uint64_t prints[RIG_JOBS];  /* of all that a job says, as it was lent */
    uint32_t job_count;
    bool draining, stopped;
    bool mute;          /* nothing is written down: the transcripts, `written` and `log` stay empty */
    uint32_t stops_max; /* of one rig_advance, which leaps then; 0: it stops at every deadline */
    uint64_t logs;
    struct model_session sessions[MODEL_SESSIONS];
    size_t log_len, written_len;
    char log[16 * 1024];     /* the lines, each with \n */
    char written[64 * 1024]; /* keys in the order in which DynamoDB took them: "k1 k2 " */
    char text[8 * 1024];     /* of rig_jobs */
};

/* ---- life ---- */

/* An engine with these settings ("defaults.linger=0", ...); a NULL ends them. key_schema is "id:S" unless set. */
void rig_open(struct rig *r, ...) __attribute__((sentinel));

/* The same; false if the engine could not be made (memory). The settings are a NULL-terminated list. */
bool rig_try_open(struct rig *r, const char *const *settings);

/* The same in steps: a configuration without any setting, some settings, the engine. */
void rig_begin(struct rig *r);
void rig_set(struct rig *r, const char *setting);
bool rig_start(struct rig *r, uint64_t seed);

/* SIGTERM. Not pumped. */
void rig_drain(struct rig *r);

/* Answer what is out, free the engine, and prove that all its blocks are gone. */
void rig_close(struct rig *r);

/* engine_check. The rig asks it itself after each of its own calls. */
void rig_check(struct rig *r);

/* ---- connections ---- */

/* A new connection; NULL if engine_conn_open failed. Not pumped. */
struct rig_conn *rig_connect(struct rig *r, uint32_t uid);

/* The same in steps: a place for connections, and a connection on it (its older one must be closed). */
struct rig_conn *rig_conn_new(struct rig *r);
int rig_conn_open(struct rig_conn *c, uint32_t uid);

/* Forget the connections that are closed. */
void rig_forget_closed(struct rig *r);

/* Connect, HELLO for the session number on a table (NULL: asking), pump: WELCOME was heard and forgotten. */
struct rig_conn *rig_writer(struct rig *r, uint8_t session, const char *table);
struct rig_conn *rig_asker(struct rig *r, uint32_t uid);
struct rig_conn *rig_writer_of(struct rig *r, uint32_t uid, uint8_t session, const char *table);

/* The client closed (after the bytes that are still on their way), or the peer vanished (now; pumped, or not). */
void rig_eof(struct rig_conn *c);
void rig_hangup(struct rig_conn *c);
void rig_vanish(struct rig_conn *c);

/* What the daemon said since the last call, "; " between messages. Valid until the connection's next message. */
const char *rig_heard(struct rig_conn *c);

/* ---- time ---- */

/* Events, turns and effects until nothing is left to do at this moment. */
void rig_pump(struct rig *r);

/* Let so much time pass, stopping at every deadline on the way; or in one leap, not pumped. */
void rig_advance(struct rig *r, uint64_t ms);
void rig_leap(struct rig *r, uint64_t ms);

/* ---- what the client sends (rig_send.c); the daemon sees it at the next pump ---- */

/* Bytes for the daemon. More than RIG_TO_MAX are forgotten, with the rest of what this connection says: it ends. */
void rig_send(struct rig_conn *c, const void *bytes, size_t n);

/* What was encoded; it must have fitted. */
void rig_send_written(struct rig_conn *c, const struct mp_writer *w);

void rig_hello(struct rig_conn *c, uint8_t session, const char *table, bool discard);
void rig_hello_with(struct rig_conn *c, uint8_t session, const char *table, bool discard, uint64_t max_window);

/* WRITE of `count` puts, keys "<key><seq>"; with count == 1 and '=' before the key it is the key itself. */
void rig_write(struct rig_conn *c, uint64_t first_seq, uint32_t count, const char *key);

/* One put of key `key` with `pad` more bytes of data. Returns its cost. */
uint64_t rig_put(struct rig_conn *c, uint64_t seq, const char *key, size_t pad);

/* WRITE frame around given [op, item] bytes. */
void rig_write_raw(struct rig_conn *c, uint64_t first_seq, uint32_t count, const void *records, size_t n);

/* Writers of a table, sessions from `session` on, that put records of 60 KB until one of them has to wait for memory:
 * that one. Its peer is `uid`. Answer nothing meanwhile. */
struct rig_conn *rig_fill(struct rig *r, uint32_t uid, uint8_t session, const char *table);

void rig_flush(struct rig_conn *c, uint64_t token, uint64_t upto);
void rig_abort(struct rig_conn *c, uint64_t upto);
void rig_blocked(struct rig_conn *c, uint64_t cost);
void rig_bye(struct rig_conn *c);
void rig_request(struct rig_conn *c, uint64_t id, const char *verb);
/* The same with one argument: a number (text == NULL) or a text. */
void rig_request_with(struct rig_conn *c, uint64_t id, const char *verb, const char *name, uint64_t value,
                      const char *text);

/* ---- the lane's side (rig_jobs.c) ---- */

/* EFFECT_START: judge the job and keep it. */
void rig_job_start(struct rig *r, struct job *job);

/* The jobs that are out, as text: "k1 k2 | k3", a DescribeTable as "?table", a delete as "-k1". */
const char *rig_jobs(struct rig *r);

/* Answer job `i`; and pump. */
void rig_job_end(struct rig *r, uint32_t i, const struct job_result *result);
void rig_answer(struct rig *r, uint32_t i, const struct job_result *result);
void rig_outcome(struct rig *r, uint32_t i, enum job_outcome outcome);

/* The oldest job went well. */
void rig_done(struct rig *r);

/* Answer job 0 with DONE and the schema "name:type". */
void rig_described(struct rig *r, const char *name, char type);

/* Every job goes well until none is out and none follows within the longest backoff. */
void rig_finish(struct rig *r);

/* Job i's items at these positions come back unprocessed, the others are written. */
void rig_unprocessed(struct rig *r, uint32_t i, uint64_t mask);

#endif
