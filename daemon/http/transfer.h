/* transfer: one job on its way: body, signature, curl handle, answer, result.
 * Owner: made by the main thread, lent to the lane's thread by mailbox, back again with the result; the main thread
 * frees it.
 * Happy path: transfer_new -> transfer_send -> transfer_finish -> transfer_free. Failure modes: memory, signing; the
 * result then says so and nothing was sent.
 * Invariants: the body lives until the transfer is off the multi handle (curl does not copy it); it is built, hashed
 * and signed on the lane's thread.
 */
#ifndef HTTP_TRANSFER_H
#define HTTP_TRANSFER_H

#include <curl/curl.h>

#include "daemon/aws/sigv4.h"
#include "daemon/base/list.h"
#include "daemon/dynamo/job.h"
#include "daemon/http/answer.h"
#include "daemon/http/mailbox.h"
#include "proto/must_use.h"

struct transfer {
    struct mailbox_msg msg; /* between the threads */
    struct list_node node;  /* lane's thread: waiting or running */
    struct job *job;
    struct job_result result; /* set by transfer_finish or transfer_fail */
    CURL *easy;               /* lent by the lane while it runs */
    char *block;              /* header lines, then the body */
    struct span body;
    struct sigv4_lines lines;
    struct curl_slist headers[SIGV4_LINES + 2];
    struct answer answer;
    char curl_error[CURL_ERROR_SIZE];
    uint64_t started_ns;
    int64_t offset_s; /* what its signature added to the clock */
    bool resigned;    /* it was sent a second time with a corrected clock */
};

/* What every transfer of a lane needs for signing. */
struct transfer_signing {
    struct sigv4_signer signer;
    const struct creds *creds;
    const struct endpoint *endpoint;
    int64_t offset_s; /* how far the service's clock is ahead of ours, as far as known */
    bool answered;    /* the endpoint has answered in HTTP before */
    bool ca_doubted;  /* the last request found no connection */
};

/* NULL if memory ran out. */
struct transfer *transfer_new(struct job *job) MUST_USE;
void transfer_free(struct transfer *t);

/* Build the body (the first time), sign with the time now, and put all of it on t->easy. False: t->result says why,
 * nothing was sent. */
bool transfer_send(struct transfer *t, struct transfer_signing *s) MUST_USE;

/* The transfer ended with `code`: classify the answer. True: its result stands. False: only the clock was wrong; the
 * offset is corrected, send it again at once. */
bool transfer_finish(struct transfer *t, struct transfer_signing *s, CURLcode code, long timeout_ms) MUST_USE;

/* End it without an answer: TRANSIENT with this text. */
void transfer_fail(struct transfer *t, bool maybe_written, const char *text);

#endif
