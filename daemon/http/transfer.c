/* transfer: one job in flight. See transfer.h. */
#include "daemon/http/transfer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/dynamo/body.h"
#include "daemon/dynamo/response.h"
#include "daemon/http/skew.h"
#include "daemon/http/transport.h"
#include "daemon/os/clock.h"
#include "proto/err.h"

/* How long curl may cache the CAs that it has read. While connecting fails, it reads them again every few seconds
 * (20 ms of CPU each): the file may have been corrected, or memory ran out while it was read. */
static const long CA_TRUSTED_S = 24 * 3600, CA_DOUBTED_S = 3;

struct transfer *transfer_new(struct job *job)
{
    struct transfer *t = mem_zalloc(sizeof *t);
    if (t == NULL)
        return NULL;
    t->job = job;
    answer_init(&t->answer, job->response_max);
    return t;
}

void transfer_free(struct transfer *t)
{
    if (t == NULL)
        return;
    assert(t->easy == NULL);
    answer_fini(&t->answer);
    mem_free(t->block);
    mem_free(t);
}

void transfer_fail(struct transfer *t, bool maybe_written, const char *text)
{
    t->result = (struct job_result){.outcome = JOB_TRANSIENT, .maybe_written = maybe_written};
    snprintf(t->result.text, sizeof t->result.text, "%s", text);
}

/* Allocate header lines and body as one block, and write the body. */
static bool block_build(struct transfer *t, const struct creds *creds)
{
    size_t lines_cap = SIGV4_LINES_ROOM + creds->token_len;
    t->block = mem_alloc(lines_cap + t->job->body_len);
    if (t->block == NULL)
        return false;
    char *body = t->block + lines_cap;
    char *end = body_write(t->job, body);
    assert((size_t)(end - body) == t->job->body_len);
    t->body = span_of(body, t->job->body_len);
    t->lines = (struct sigv4_lines){.text = t->block, .cap = lines_cap};
    return true;
}

static int sign(struct transfer *t, struct transfer_signing *s)
{
    char target[SIGV4_TARGET_MAX + 1];
    snprintf(target, sizeof target, "DynamoDB_20120810.%s", job_operation(t->job->kind));
    struct sigv4_request request = {
        .host = s->endpoint->host,
        .region = s->endpoint->region,
        .service = "dynamodb",
        .target = target,
        .body = t->body,
    };
    t->offset_s = s->offset_s;
    return sigv4_sign(&s->signer, s->creds, &request, clock_wall_s() + (uint64_t)t->offset_s, &t->lines);
}

/* Link the signed lines and two header removals into a list, which curl reads but does not copy. */
static struct curl_slist *headers_link(struct transfer *t)
{
    static char no_expect[] = "Expect:", no_accept[] = "Accept:"; /* with Expect curl waits for "100 Continue" */
    uint32_t n = 0;
    for (; n < t->lines.count; n++)
        t->headers[n].data = t->lines.line[n];
    t->headers[n++].data = no_expect;
    t->headers[n++].data = no_accept;
    for (uint32_t i = 0; i < n; i++)
        t->headers[i].next = i + 1 < n ? &t->headers[i + 1] : NULL;
    return t->headers;
}

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
    struct transfer *t = user;
    answer_header(&t->answer, line, size * n);
    return size * n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    struct transfer *t = user;
    return answer_body(&t->answer, bytes, size * n) ? size * n : 0;
}

static bool ca_cache_set(CURL *easy, bool doubted)
{
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, doubted ? CA_DOUBTED_S : CA_TRUSTED_S);
    return rc == CURLE_OK || rc == CURLE_NOT_BUILT_IN || rc == CURLE_UNKNOWN_OPTION; /* not all TLS backends cache */
}

static bool options_set(struct transfer *t, const struct transfer_signing *s)
{
    CURL *easy = t->easy;
    t->curl_error[0] = '\0';
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->curl_error) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_link(t)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t->body.p) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK && ca_cache_set(easy, s->ca_doubted);
}

bool transfer_send(struct transfer *t, struct transfer_signing *s)
{
    if (t->block == NULL && !block_build(t, s->creds)) {
        transfer_fail(t, false, "the daemon has no memory for the request");
        return false;
    }
    answer_reset(&t->answer);
    t->started_ns = clock_mono_ns();
    if (sign(t, s) != DDBS_OK) {
        transfer_fail(t, false, "the request could not be signed");
        return false;
    }
    if (!options_set(t, s)) {
        transfer_fail(t, false, "the HTTP library has no memory for the request");
        return false;
    }
    return true;
}

static struct response response_read(const struct transfer *t, const struct transfer_signing *s, CURLcode code,
                                     long timeout_ms, char *text, size_t text_cap)
{
    long status = 0, sent = 0, os_error = 0, ca_verdict = 0;
    long local_port = 0; /* set once TCP is connected; curl sets the connect time only after TLS */
    curl_off_t resolve_us = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_error);
    curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &ca_verdict);
    curl_easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolve_us);
    curl_easy_getinfo(t->easy, CURLINFO_LOCAL_PORT, &local_port);
    struct response r = answer_response(&t->answer, (int)status);
    struct transport_facts facts = {
        .code = code,
        .sent = sent > 0,
        .answered = status != 0 || s->answered,
        .tls = s->endpoint->tls,
        .resolved = resolve_us > 0,
        .connected = local_port > 0,
        .ca_verdict = ca_verdict,
        .host = s->endpoint->host,
        .detail = t->curl_error,
        .os_error = (int)os_error,
        .answer_too_long = t->answer.too_long,
        .answer_max = t->answer.body_max,
        .timeout_ms = timeout_ms,
    };
    r.transport = transport_classify(&facts, text, text_cap);
    r.transport_text = text;
    return r;
}

bool transfer_finish(struct transfer *t, struct transfer_signing *s, CURLcode code, long timeout_ms)
{
    char text[JOB_TEXT];
    struct response r = response_read(t, s, code, timeout_ms, text, sizeof text);
    s->answered |= r.status != 0;
    s->ca_doubted = r.transport == TRANSPORT_UNREACHABLE;
    t->result = (struct job_result){0};
    response_classify(t->job, &r, &t->result);
    t->result.latency_ms = (uint32_t)((clock_mono_ns() - t->started_ns) / 1000000u);
    int64_t offset = t->offset_s;
    if (t->resigned || t->result.outcome == JOB_DONE || r.transport != TRANSPORT_OK ||
        !skew_correct(t->result.text, t->answer.date_s, clock_wall_s(), &offset))
        return true;
    s->offset_s = offset;
    t->resigned = true;
    return false;
}
