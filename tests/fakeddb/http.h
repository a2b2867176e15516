/* http: parses HTTP/1.1 requests in place, and writes the head of an answer.
 * Owner: the caller's buffer; spans point into it. Pure.
 * Invariants: a head is at most HTTP_HEAD_MAX bytes and HTTP_HEADERS_MAX fields; a body needs a Content-Length.
 * Source: RFC 9112.
 */
#ifndef FAKEDDB_HTTP_H
#define FAKEDDB_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fakeddb/text.h"

enum { HTTP_HEAD_MAX = 16 * 1024, HTTP_HEADERS_MAX = 64, HTTP_BODY_MAX = 16 * 1024 * 1024, REQUEST_ID_LEN = 52 };

struct http_header {
    struct span name, value; /* value without surrounding blanks */
};

struct http_request {
    struct span method, path, query;
    bool keep_alive, expect_continue, chunked;
    uint64_t content_length;
    int nheaders;
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t head_len;  /* including the empty line */
    struct span body; /* set by the server once it is complete */
};

enum http_verdict { HTTP_OK, HTTP_MORE, HTTP_BAD, HTTP_HEAD_TOO_LARGE };

/* Parse a head. HTTP_MORE: the empty line has not come yet. */
enum http_verdict http_parse(struct span in, struct http_request *ret);

/* The n-th header (from 0) of that name, compared without case; NULL if there is none. */
const struct http_header *http_header_find(const struct http_request *r, struct span name, int n);

/* Its value, or an empty span. */
struct span http_value(const struct http_request *r, const char *name);

struct http_answer {
    int status;
    uint32_t crc32;
    size_t length;
    bool close;
    int64_t now_s; /* for Date */
    char request_id[REQUEST_ID_LEN + 1];
};

void http_put_head(const struct http_answer *a, struct text *out);

#endif
