/* transfer: one job in flight: body, signature, curl handle, answer, result.
 * Owner: the main thread creates and frees it. In between it is lent to the lane's thread through the mailboxes.
 * Happy path: transfer_new -> transfer_send -> transfer_finish -> transfer_free. Failure modes: no memory, or signing
 * fails; the result says so, and nothing was sent.
 * Invariants: the body lives until the transfer is off the multi handle, because curl does not copy it. It is built,
 * hashed and signed on the lane's thread.
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
    struct mailbox_msg msg; /* passes it between the threads */
    struct list_node node;  /* lane's thread: on the waiting or the running list */
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
    int64_t offset_s; /* what was added to the local clock for its signature */
    bool resigned;    /* it was signed and sent again with a corrected clock */
};

/* What all transfers of a lane share: signing, and what is known about the endpoint. */
struct transfer_signing {
    struct sigv4_signer signer;
    const struct creds *creds;
    const struct endpoint *endpoint;
    int64_t offset_s; /* how far the service's clock is ahead of ours; 0 until known */
    bool answered;    /* the endpoint has sent an HTTP answer before */
    bool ca_doubted;  /* the last request was UNREACHABLE: curl shall soon read the CA file again */
};

/* NULL if memory ran out. */
struct transfer *transfer_new(struct job *job) MUST_USE;
void transfer_free(struct transfer *t);

/* Build the body (the first time), sign with the current time, and set both on t->easy. False: nothing was sent, and
 * t->result says why. */
bool transfer_send(struct transfer *t, struct transfer_signing *s) MUST_USE;

/* The transfer ended with `code`: classify the answer. True: t->result is final. False: only the clock was wrong; the
 * offset is corrected, and the transfer must be sent again at once. */
bool transfer_finish(struct transfer *t, struct transfer_signing *s, CURLcode code, long timeout_ms) MUST_USE;

/* Set the result to TRANSIENT with this text, for a transfer without an answer. */
void transfer_fail(struct transfer *t, bool maybe_written, const char *text);

#endif
