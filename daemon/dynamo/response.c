/* response: classification of an answer. See response.h. */
#include "daemon/dynamo/response.h"

#include <zlib.h>

#include "daemon/dynamo/response_describe.h"
#include "daemon/dynamo/response_error.h"
#include "daemon/dynamo/response_json.h"
#include "daemon/dynamo/response_part.h"
#include "daemon/dynamo/response_write.h"

enum { STATUS_OK = 200 };

static void request_id_copy(struct span id, char out[JOB_REQUEST_ID])
{
    size_t n = 0;
    for (; n < id.n && n < JOB_REQUEST_ID - 1 && id.p[n] > 0x20 && id.p[n] < 0x7f; n++)
        out[n] = (char)id.p[n];
    out[n] = '\0';
}

static void transport_classify(const struct job *job, const struct response *r, struct job_result *ret)
{
    bool lost = r->transport == TRANSPORT_LOST;
    ret->outcome = lost ? JOB_TRANSIENT : JOB_UNREACHABLE;
    ret->maybe_written = lost && job->kind == JOB_WRITE;
    ret->unanswered = lost && r->status == 0;
    response_part_set_text(ret, "%s", r->transport_text != NULL ? r->transport_text : job_outcome_name(ret->outcome));
}

/* x-amz-crc32 is the CRC of the body as it was sent. */
static bool checksum_fits(const struct response *r)
{
    return !r->crc_given || r->crc == (uint32_t)crc32_z(crc32_z(0, NULL, 0), r->body.p, r->body.n);
}

void response_init(void)
{
    response_json_init();
}

void response_classify(const struct job *job, const struct response *r, struct job_result *ret)
{
    *ret = (struct job_result){.retry_after_ms = r->retry_after_ms};
    request_id_copy(r->request_id, ret->request_id);
    if (r->transport != TRANSPORT_OK)
        transport_classify(job, r, ret);
    else if (!checksum_fits(r))
        response_part_set_broken(job, "the body does not fit its x-amz-crc32 checksum", ret);
    else if (r->status != STATUS_OK)
        response_error_classify(job, r->status, r->error_type, r->body, ret);
    else if (job->kind == JOB_WRITE)
        response_write_classify(job, r->body, ret);
    else
        response_describe_classify(job, r->body, ret);
}
