/* rig: an engine without a shell: a virtual clock, connections whose bytes are arrays, jobs that the test answers.
 * Owner: the test embeds struct rig; rig_close proves that the engine left no block behind.
 * Invariants: engine_check is asked after every call of the engine; a pump ends only when nothing is left to do now,
 * and the engine's deadline then lies in the future; what the daemon says is decoded strictly (frames, UTF-8) and
 * written down as text:
 *     welcome 65536; credit N; settled UPTO [a-b] !SEQ:code:maybe; flushed T; aborted N; goaway R; error CODE;
 *     reply ID STATUS BYTES; notice R; closed
 */
#ifndef TESTS_CORE_RIG_H
#define TESTS_CORE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/core/engine.h"

enum {
    RIG_CONNS = 160,
    RIG_JOBS = 256,
    RIG_SEQS = 4096,
    RIG_HEARD = 256 * 1024,
    RIG_UID = 1000,
    RIG_EPOCH = 77,
};

/* What the client at the other end would know. */
struct rig_conn {
    struct rig *rig;
    uint64_t id;
    struct peer peer;
    bool open;         /* EFFECT_CLOSE has not come */
    bool reading;      /* EFFECT_READ_* */
    bool wants_write;  /* EFFECT_WRITE */
    bool slow;         /* the test keeps the socket full: nothing is taken */
    bool hung;
    bool eof_due;
    size_t chunk;      /* the daemon reads at most so many bytes at a time; 0: all it can */
    uint8_t *to;       /* bytes for the daemon */
    size_t to_len, to_cap;
    uint8_t *from;     /* bytes of the daemon that are no whole frame yet */
    size_t from_len, from_cap;
    uint64_t from_total;
    uint64_t limit, used, upto;
    uint64_t epoch;            /* of WELCOME */
    uint64_t filled;           /* rig_fill: the last seq */
    uint8_t outcome[RIG_SEQS]; /* 0 none, 1 written, 2 failed; by the first mention */
    uint64_t settled, failed;  /* counts of those */
    char last_failure[600];    /* its text */
    char last_error[600];
    char last_notice[600];
    char *payload;             /* of the last REPLY that was complete */
    size_t payload_len, payload_cap;
    bool payload_more;
    char heard[RIG_HEARD];
    size_t heard_len;
};

struct rig {
    struct config config;
    struct engine *e;
    struct moment now;
    int64_t live; /* mem_live() before */
    struct rig_conn *conns[RIG_CONNS];
    uint32_t conn_count;
    struct job *jobs[RIG_JOBS];
    uint32_t job_count;
    bool stopped;
    uint64_t logs;
    char log[16 * 1024]; /* the lines, each with \n */
    size_t log_len;
    char text[8 * 1024]; /* of rig_jobs */
    char written[64 * 1024]; /* keys in the order in which DynamoDB took them: "k1 k2 " */
    size_t written_len;
};

/* An engine with these settings ("defaults.linger=0", ...); a NULL ends them. key_schema is "id:S" unless set. */
void rig_open(struct rig *r, ...) __attribute__((sentinel));

/* The same; false if the engine could not be made (memory). The settings are a NULL-terminated list. */
bool rig_try_open(struct rig *r, const char *const *settings);

/* Answer what is out, free the engine, and prove that all its blocks are gone. */
void rig_close(struct rig *r);

/* ---- connections ---- */

/* A new connection; NULL if engine_conn_open failed. Not pumped. */
struct rig_conn *rig_connect(struct rig *r, uint32_t uid);

/* Connect, HELLO for the session number on a table (NULL: asking), pump: WELCOME was heard and forgotten. */
struct rig_conn *rig_writer(struct rig *r, uint8_t session, const char *table);
struct rig_conn *rig_asker(struct rig *r, uint32_t uid);
struct rig_conn *rig_writer_of(struct rig *r, uint32_t uid, uint8_t session, const char *table);

/* Bytes for the daemon; it sees them at the next pump. */
void rig_send(struct rig_conn *c, const void *bytes, size_t n);

void rig_hello(struct rig_conn *c, uint8_t session, const char *table, bool discard);

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

/* The client closed (after the bytes that are still on their way), or the peer vanished (now). */
void rig_eof(struct rig_conn *c);
void rig_hangup(struct rig_conn *c);

/* What the daemon said since the last call, "; " between messages. Valid until the connection's next message. */
const char *rig_heard(struct rig_conn *c);

/* ---- time and jobs ---- */

/* Events, turns and effects until nothing is left to do at this moment. */
void rig_pump(struct rig *r);

/* Let so much time pass, stopping at every deadline on the way. */
void rig_advance(struct rig *r, uint64_t ms);

/* The jobs that are out, as text: "k1 k2 | k3", a DescribeTable as "?table", a delete as "-k1". */
const char *rig_jobs(struct rig *r);

/* Answer job `i` and pump. */
void rig_answer(struct rig *r, uint32_t i, const struct job_result *result);
void rig_outcome(struct rig *r, uint32_t i, enum job_outcome outcome);

/* The oldest job went well. */
void rig_done(struct rig *r);

/* Answer job 0 with DONE and the schema "name:type". */
void rig_described(struct rig *r, const char *name, char type);

/* Every job goes well until none is out and none follows within the longest backoff. */
void rig_finish(struct rig *r);

/* Assert that job i's items at these positions come back unprocessed, the others are written. */
void rig_unprocessed(struct rig *r, uint32_t i, uint64_t mask);

#define assert_heard(c, text) assert_string_equal(rig_heard(c), (text))
#define assert_jobs(r, text) assert_string_equal(rig_jobs(r), (text))

#endif
