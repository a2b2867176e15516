/* answer_reader: an HTTP/1.1 answer from its bytes: status line, header fields, and the body in whatever framing.
 * Owner: embedded in a connection; begun anew for each answer. Pure: bytes in, events out; no socket, no allocation.
 * Invariants: everything before and after the body, interim answers and trailers included, is bounded together by
 * ANSWER_READER_HEAD_MAX bytes, the line of a chunk by 256; after READER_DONE or READER_BROKEN nothing more is read.
 * Source: RFC 9112. Stricter than it asks: what two readers could understand in two ways is refused (both
 * Content-Length and Transfer-Encoding, two lengths, folded lines, a coding other than chunked, blanks before a colon,
 * control characters). Looser in one thing: a line may end with LF alone.
 */
#ifndef HTTP_ANSWER_READER_H
#define HTTP_ANSWER_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/must_use.h"
#include "proto/span.h"

enum {
    ANSWER_READER_HEAD_MAX = 64 * 1024,
    ANSWER_READER_LINE_MAX = 4096, /* a longer field loses the end of its value; one that frames the body is refused */
};

enum reader_event_kind {
    READER_MORE,   /* all bytes are used up and the answer is not whole: give more, or say that they ended */
    READER_STATUS, /* a final status line came: `status` */
    READER_FIELD,  /* a header field: `name` and `value`, without blanks around */
    READER_BODY,   /* a piece of the body: `value` */
    READER_DONE,   /* the answer is whole; bytes may be left over */
    READER_BROKEN, /* it is no answer: `text` says why */
};

struct reader_event {
    enum reader_event_kind kind;
    int status;
    struct span name, value; /* valid until the next call */
    const char *text;        /* static */
};

enum reader_state {
    READER_AT_STATUS,
    READER_AT_FIELD,
    READER_AT_BODY,     /* of body_left bytes */
    READER_AT_BODY_END, /* which is the end of the connection */
    READER_AT_CHUNK_SIZE,
    READER_AT_CHUNK,     /* of body_left bytes */
    READER_AT_CHUNK_END, /* the line end behind one */
    READER_AT_TRAILER,
    READER_AT_END,
    READER_FAILED,
};

struct answer_reader {
    enum reader_state state;
    int status;
    bool http10;
    bool length_given, chunked, close, keep_alive;
    uint64_t length;
    uint64_t body_left;
    uint32_t head_bytes; /* of all lines so far */
    uint32_t line_len;   /* of the line that is not whole yet */
    bool line_cut;       /* it is longer than the buffer */
    char line[ANSWER_READER_LINE_MAX];
};

/* Begin the next answer. */
void answer_reader_init(struct answer_reader *r);

/* Read on in *bytes, which is moved behind what was used. The next event; READER_MORE only when *bytes is empty. */
struct reader_event answer_reader_next(struct answer_reader *r, struct span *bytes);

/* The connection ended: READER_DONE if that is how the body ends, else READER_BROKEN. */
struct reader_event answer_reader_end(struct answer_reader *r) MUST_USE;

/* After READER_DONE: true if the connection may carry another request. */
bool answer_reader_keeps(const struct answer_reader *r);

/* True once a byte of an answer came. */
bool answer_reader_begun(const struct answer_reader *r);

#endif
