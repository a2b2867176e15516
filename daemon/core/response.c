/* response: from transport facts, status, headers and body to one job_result. See response.h. */
#include "daemon/core/response_part.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "daemon/core/text.h"
#include "proto/utf8.h"

enum { STATUS_OK = 200 };

/* Cut a character that snprintf halved; if there is worse, give up everything that is not ASCII. */
static void text_make_utf8(char *text)
{
    size_t n = strlen(text);
    for (size_t drop = 0; drop < 4 && drop <= n; drop++) {
        if (utf8_valid((const uint8_t *)text, n - drop)) {
            text[n - drop] = '\0';
            return;
        }
    }
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            *text = '?';
    }
}

void response_say(struct job_result *ret, const char *format, ...)
{
    char text[4 * JOB_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    }
    text_make_utf8(text);
    text_shorten(ret->text, sizeof ret->text, span_of(text, strlen(text)));
}

void response_broken(const struct job *job, const char *why, struct job_result *ret)
{
    ret->outcome = JOB_TRANSIENT;
    ret->maybe_written = job->kind == JOB_WRITE;
    memset(ret->unprocessed, 0, sizeof ret->unprocessed);
    response_say(ret, "broken answer: %s", why);
}

struct span response_string(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_string(member))
        return span_of(NULL, 0);
    return span_of(json_string_value(member), json_string_length(member));
}

static void request_id_copy(struct span id, char out[JOB_REQUEST_ID])
{
    size_t n = 0;
    for (; n < id.n && n < JOB_REQUEST_ID - 1 && id.p[n] > 0x20 && id.p[n] < 0x7f; n++)
        out[n] = (char)id.p[n];
    out[n] = '\0';
}

static void judge_transport(const struct job *job, const struct response *r, struct job_result *ret)
{
    bool lost = r->transport == TRANSPORT_LOST;
    ret->outcome = lost ? JOB_TRANSIENT : JOB_UNREACHABLE;
    ret->maybe_written = lost && job->kind == JOB_WRITE;
    ret->unanswered = lost && r->status == 0;
    response_say(ret, "%s", r->transport_text != NULL ? r->transport_text : job_outcome_name(ret->outcome));
}

/* The service's checksum covers the body as it was sent. */
static bool checksum_fits(const struct response *r)
{
    return !r->crc_given || r->crc == (uint32_t)crc32_z(crc32_z(0, NULL, 0), r->body.p, r->body.n);
}

void response_judge(const struct job *job, const struct response *r, struct job_result *ret)
{
    *ret = (struct job_result){.retry_after_ms = r->retry_after_ms};
    request_id_copy(r->request_id, ret->request_id);
    if (r->transport != TRANSPORT_OK)
        judge_transport(job, r, ret);
    else if (!checksum_fits(r))
        response_broken(job, "the body does not fit its x-amz-crc32 checksum", ret);
    else if (r->status != STATUS_OK)
        response_judge_error(job, r, ret);
    else if (job->kind == JOB_WRITE)
        response_judge_write(job, r->body, ret);
    else
        response_judge_describe(job, r->body, ret);
}
