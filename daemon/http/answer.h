/* answer: collects an HTTP answer as it arrives: the relevant headers, and the body up to a maximum.
 * Owner: embedded in a transfer; answer_fini frees the body. No I/O.
 * Invariants: the body never grows beyond body_max. A new status line discards what came before it.
 */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/dynamo/response.h"
#include "proto/must_use.h"

enum { ANSWER_ERROR_TYPE = 128 };

struct answer {
    char *body;
    size_t body_len, body_cap, body_max;
    bool too_long; /* the body is longer than body_max */
    bool no_memory;
    bool crc_given;
    uint32_t crc;
    uint32_t retry_after_ms;
    uint64_t date_s; /* the Date header, UTC seconds since 1970; 0: none */
    char request_id[JOB_REQUEST_ID];
    char error_type[ANSWER_ERROR_TYPE];
};

void answer_init(struct answer *a, size_t body_max);
void answer_fini(struct answer *a);

/* Discard what was received but keep the memory. Call before the request is sent again. */
void answer_reset(struct answer *a);

/* Take one header line, with or without its line end. */
void answer_header(struct answer *a, const char *line, size_t n);

/* Append a piece of the body. False: too_long or no_memory is set, and the transfer must end. */
bool answer_body(struct answer *a, const char *p, size_t n) MUST_USE;

/* The whole answer as response_classify takes it; spans point into `a`. */
struct response answer_response(const struct answer *a, int status);

#endif
