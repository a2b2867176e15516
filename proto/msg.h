/* msg: every message of the protocol as a C struct; msg_decode reads them from frames, msg_encode writes frames.
 * Owner: the caller's stack; spans in decoded messages borrow from the frame and live as long as its bytes.
 * Invariant: strings are bounded by the constants below.
 */
#ifndef PROTO_MSG_H
#define PROTO_MSG_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/mp_read.h"
#include "proto/span.h"

enum { MSG_VERSION = 1 };

enum msg_type {
    MSG_HELLO = 1,
    MSG_WRITE = 2,
    MSG_BLOCKED = 3,
    MSG_FLUSH = 4,
    MSG_ABORT = 5,
    MSG_BYE = 6,
    MSG_REQUEST = 7,
    MSG_WELCOME = 33,
    MSG_CREDIT = 34,
    MSG_SETTLED = 35,
    MSG_FLUSHED = 36,
    MSG_ABORTED = 37,
    MSG_GOAWAY = 38,
    MSG_ERROR = 39,
    MSG_REPLY = 40,
    MSG_NOTICE = 41,
};

enum {
    MSG_SESSION_BYTES = 16,
    MSG_TABLE_MAX = 1024, /* table name or ARN */
    MSG_CLIENT_MAX = 128, /* name and version of the client library or the server */
    MSG_TEXT_MAX = 512,   /* any message text */
    MSG_NAME_MAX = 64,    /* an option, feature, verb, reason or code name */
    MSG_VERSIONS_MAX = 16,
    MSG_TAGS_MAX = 1024, /* bytes of the tags map */
    MSG_REPLY_CHUNK = 60 * 1024,
    MSG_COST_OVERHEAD = 256, /* C1: cost of a record = bytes of its [op, item] + this */
};

enum msg_op { OP_PUT = 0, OP_DELETE = 1 };

/* HELLO [1, versions, session, client, pid, table|nil, options, tags, features] */
struct msg_hello {
    uint64_t versions[MSG_VERSIONS_MAX];
    uint32_t version_count;
    uint8_t session[MSG_SESSION_BYTES];
    struct span client;
    uint64_t pid;
    struct span table;      /* n == 0: nil on the wire, an asking connection (M1) */
    bool discard;           /* on_eof == "discard" (default "deliver") */
    uint64_t max_window;    /* 0: absent */
    struct span bad_option; /* decode only: the first option that is unknown or refused in version 1
                             * ("supersede", "deadline_ms"); n == 0: none */
    struct span tags;       /* the raw msgpack map, at most MSG_TAGS_MAX; encode: n == 0 means an empty map */
};

/* WRITE [2, first_seq, [[op, item], ...]]. msg_decode_write opens it, msg_decode_write_next steps through the records,
 * msg_decode_write_end closes it. first_seq >= 1 (upto 0 in SETTLED means "none"), count >= 1, and the last seq fits 64
 * bits. */
struct msg_write {
    uint64_t first_seq;
    uint32_t count;
    uint32_t extra;           /* elements after the records, ignored (F3) */
    struct mp_cursor records; /* at the first [op, item] */
};

struct msg_welcome {
    uint64_t version;
    uint64_t epoch;
    uint64_t connection;
    uint64_t max_frame;
    uint64_t max_record; /* largest cost of one record, in bytes as counted by C1 */
    uint64_t credit;     /* the first absolute limit */
    struct span server;  /* "ddbsidecard 0.1.0" */
};

struct msg_range {
    uint64_t first, last;
};

/* One failed record inside SETTLED: [seq, code, message, maybe_written]. */
struct msg_failure {
    uint64_t seq;
    int code; /* DDBS_E_*; an unknown name decodes as DDBS_E_INTERNAL */
    struct span message;
    bool maybe_written;
};

/* SETTLED [35, upto, [[first, last], ...], [[seq, code, message, maybe_written], ...], superseded]. msg_decode_settled
 * opens it; msg_decode_settled_range and msg_decode_settled_failure step through its lists. */
struct msg_settled {
    uint64_t upto;
    uint32_t range_count;
    struct mp_cursor ranges; /* from the first range to the end of the list */
    uint32_t failure_count;
    struct mp_cursor failures; /* from the first failure to the end of the list */
    uint64_t superseded;       /* how many of the seqs that this frame settles were superseded */
};

/* Input of msg_encode_settled. */
struct msg_outcomes {
    uint64_t upto;
    const struct msg_range *ranges;
    uint32_t range_count;
    const struct msg_failure *failures;
    uint32_t failure_count;
    uint64_t superseded;
};

struct msg_error {
    int code;
    struct span code_name; /* as sent */
    struct span message;
    bool retryable;
};

struct msg_request {
    uint64_t id;
    struct span verb;
    struct span arguments; /* raw msgpack map; encode: n == 0 means an empty map */
};

struct msg_reply {
    uint64_t id;
    bool more;
    struct span status;  /* "ok" or an error code's name */
    struct span payload; /* bytes (bin on the wire); JSON text, or a plain sentence if status is not ok */
};

struct msg_notice {
    struct span reason;
    struct span message;
};

#endif
